package plan

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// perBoot is where cloud-init looks for scripts to run at each boot, before user data
// (https://cloudinit.readthedocs.io, module scripts_per_boot).
const perBoot = "/var/lib/cloud/scripts/per-boot"

// digestOf is a digest of what an image is made from: both scripts and the selection of its base, not the base
// image that this selection finds today. An image with the same digest is not made again.
func digestOf(i understudy.Image) string {
	parts := append([]string{"image 1", i.Install, i.Run, number(len(i.Base.Owners))}, i.Base.Owners...)
	return account.Token(append(parts, i.Base.Names...)...)[:32]
}

// The lines by which the builder reports, on its console, how it ended.
func readyLine(digest string) string  { return "understudy: image ready " + digest }
func failedLine(digest string) string { return "understudy: image failed " + digest }

// builderScript is the user data of the instance from which the image is made. It puts the run script where
// cloud-init runs it at every boot, runs the install script, and prints the result on the console. The
// scripts are in base64, so that the shell interprets nothing in them.
func builderScript(i understudy.Image) string {
	digest := digestOf(i)
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n")
	fmt.Fprintf(&b, "trap 'code=$?; [ $code -eq 0 ] || echo \"%s: exit $code\"' EXIT\n", failedLine(digest))
	fmt.Fprintf(&b, "set -e\n")
	fmt.Fprintf(&b, "mkdir -p %s\n", perBoot)
	carry(&b, i.Run, perBoot+"/understudy")
	if strings.TrimSpace(i.Install) != "" {
		carry(&b, i.Install, "/var/lib/cloud/understudy-install")
		fmt.Fprintf(&b, "/var/lib/cloud/understudy-install\n")
	}
	fmt.Fprintf(&b, "sync\necho \"%s\"\n", readyLine(digest))
	return b.String()
}

// carry writes the lines that write a script to an executable file.
func carry(b *strings.Builder, script, file string) {
	if !strings.HasPrefix(script, "#!") {
		script = "#!/bin/sh -e\n" + script
	}
	const width = 76 // of base64 lines, as RFC 2045 has it
	text := base64.StdEncoding.EncodeToString([]byte(script))
	fmt.Fprintf(b, "base64 -d > %s <<'UNDERSTUDY'\n", file)
	for len(text) > width {
		fmt.Fprintln(b, text[:width])
		text = text[width:]
	}
	fmt.Fprintf(b, "%s\nUNDERSTUDY\nchmod 755 %s\n", text, file)
}
