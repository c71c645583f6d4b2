package understudy

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
)

// mostUserData is what EC2 takes, before it is encoded in base64 (RunInstances in the Amazon EC2 API Reference).
const mostUserData = 16 << 10

// UserData is the user data of the stack's instances, empty for none.
func (d *Declaration) UserData() string { return d.userData(d.Instance.UserData) }

// userData has beside what is declared the variables, and what an image that is not baked lacks.
func (d *Declaration) userData(said string) string {
	var parts []part
	if e := d.Instance.Environment; len(e) > 0 {
		parts = append(parts, part{"text/cloud-boothook", e.hook()})
	}
	if !d.Image.Baked {
		parts = append(parts, part{"text/x-shellscript", makingHead + d.Image.Making() + RunFile + "\n"})
	}
	if strings.TrimSpace(said) != "" {
		parts = append(parts, partOf(said))
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0].text
	}
	return message(parts)
}

// part is one of several formats in which cloud-init takes user data.
type part struct{ kind, text string }

// partOf takes what is no cloud-config for a script.
func partOf(said string) part {
	switch {
	case strings.HasPrefix(said, "#cloud-config"):
		return part{"text/cloud-config", said}
	case strings.HasPrefix(said, "#!"):
		return part{"text/x-shellscript", said}
	}
	return part{"text/x-shellscript", scriptHead + said}
}

// message is a MIME message of several parts (RFC 2046; cloud-init, "User data formats"), which cloud-init takes in their order.
func message(parts []part) string {
	boundary := "understudy"
	for _, p := range parts {
		for strings.Contains(p.text, "--"+boundary) {
			boundary += "-"
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"%s\"\nMIME-Version: 1.0\n", boundary)
	for _, p := range parts {
		fmt.Fprintf(&b, "\n--%s\nContent-Type: %s; charset=\"utf-8\"\n", boundary, p.kind)
		if strings.ContainsFunc(p.text, func(r rune) bool { return r > unicode.MaxASCII || r == '\r' }) {
			fmt.Fprintf(&b, "Content-Transfer-Encoding: base64\n\n")
			inBase64(&b, p.text)
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(p.text, "\n"))
	}
	fmt.Fprintf(&b, "\n--%s--\n", boundary)
	return b.String()
}

const (
	// perBoot is where cloud-init looks for scripts to run at each boot, before user data
	// (https://cloudinit.readthedocs.io, module scripts_per_boot).
	perBoot = "/var/lib/cloud/scripts/per-boot"
	// RunFile is the script that runs at each boot.
	RunFile     = perBoot + "/understudy"
	installFile = "/var/lib/cloud/understudy-install"
	// environmentRun is the declared script where RunFile calls it with variables.
	environmentRun = "/var/lib/cloud/understudy-run"

	scriptHead = "#!/bin/sh -e\n"      // of a script that names no interpreter
	makingHead = "#!/bin/sh\nset -e\n" // of the one that makes of an instance what the image lacks
	carryHead  = " <<'UNDERSTUDY'\n"   // before a script that is carried, and after it
	carryEnd   = "UNDERSTUDY\nchmod 755 "
)

// Making returns the lines of a shell script that make of an instance what the image is declared to be: they put the run script where
// cloud-init runs it at every boot, and run the install script. The scripts are in base64, so that the shell interprets nothing in them.
func (i Image) Making() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mkdir -p %s\n", perBoot)
	if i.WithEnvironment {
		carry(&b, i.Run, environmentRun)
		carry(&b, runner(environmentRun), RunFile)
	} else {
		carry(&b, i.Run, RunFile)
	}
	if strings.TrimSpace(i.Install) != "" {
		carry(&b, i.Install, installFile)
		fmt.Fprintln(&b, installFile)
	}
	return b.String()
}

// carry writes the lines that write a script to an executable file.
func carry(b *strings.Builder, script, file string) {
	if !strings.HasPrefix(script, "#!") {
		script = scriptHead + script
	}
	fmt.Fprintf(b, "base64 -d > %s%s", file, carryHead)
	inBase64(b, script)
	fmt.Fprintf(b, "%s%s\n", carryEnd, file)
}

func inBase64(b *strings.Builder, text string) {
	const width = 76 // as RFC 2045 has it
	text = base64.StdEncoding.EncodeToString([]byte(text))
	for len(text) > width {
		fmt.Fprintln(b, text[:width])
		text = text[width:]
	}
	fmt.Fprintln(b, text)
}

// refuseUserData holds what all of it comes to against what EC2 takes.
func refuseUserData(d *Declaration, root *object) {
	for key, said := range map[string]string{"instance": d.UserData(), "hosts": d.HostUserData()} {
		if n := len(said); n > mostUserData && (key == "instance" || d.Hosts.UserData != "") {
			root.mistake(key, fmt.Sprintf("user data of %d bytes, with the environment and the scripts of an image that is not baked", n),
				fmt.Sprintf("%d bytes at most, as EC2 takes", mostUserData))
		}
	}
}
