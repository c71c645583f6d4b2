package userdata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/internal/chance"
)

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

// message is a MIME message of parts, each with its own header.
func message(parts ...string) string {
	return "Content-Type: multipart/mixed; boundary=\"//\"\nMIME-Version: 1.0\n\n--//\n" + strings.Join(parts, "\n--//\n") + "\n--//--\n"
}

const script = "#!/bin/sh\necho a\n"

// said is all that a Boot has, a line each.
func said(b Boot) (all []string) {
	if b.Hostname != "" {
		all = append(all, "hostname "+b.Hostname)
	}
	for _, s := range b.Steps {
		all = append(all, "step "+s.Module+" "+string(s.Every))
	}
	for _, s := range b.Scripts {
		kind := "script "
		if s.User {
			kind = "user script "
		}
		all = append(all, kind+s.Name+" "+string(s.Every)+": "+strings.ReplaceAll(strings.TrimSpace(s.Text), "\n", "|"))
	}
	if b.Final != "" {
		all = append(all, "final")
	}
	for _, n := range b.Notes {
		all = append(all, "note "+n)
	}
	return all
}

func TestFormats(t *testing.T) {
	const ran = "user script part-001 instance: #!/bin/sh|echo a"
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"nothing": {"", nil},
		"spaces":  {" \n\n", nil},
		"script":  {script, []string{ran}},
		"gzip":    {zipped(script), []string{ran}},
		"text": {"echo no\n", []string{`note it is not run: it begins with "echo no", ` +
			`which is neither a script (#! and an interpreter) nor another format of cloud-init's`}},
		"broken":  {"\x1f\x8bnonsense", []string{"note it is not run: unzip: gzip: invalid header"}},
		"bomb":    {zipped(strings.Repeat("a", limit+1)), []string{"note it is not run: unzip: it unfolds to more than 1048576 bytes"}},
		"hook":    {"#cloud-boothook\n#!/bin/sh\necho early\n", []string{"step boothook always"}},
		"include": {"#include\nhttp://example.com/\n", []string{"note #include is not supported: an instance of this cloud reaches nothing outside of it"}},
		"handler": {"#part-handler\n", []string{"note a part of type text/part-handler is not supported"}},
		"jinja":   {"## template: jinja\n#cloud-config\n", []string{"note a part of type text/jinja2 is not supported"}},
		"parts": {message(
			"Content-Type: text/x-shellscript; charset=\"us-ascii\"\nContent-Disposition: attachment; filename=\"../b.sh\"\n\n"+script,
			"Content-Type: text/cloud-config\n\nruncmd: [a, [b, 'c d']]\ntimezone: UTC\n",
			"Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString([]byte(script)),
			"Content-Type: text/x-shellscript-per-boot\nContent-Disposition: attachment; filename=boot\n\n"+script,
			"Content-Type: text/plain\n\n#cloud-boothook\necho early\n",
			"Content-Type: text/cloud-config\n\nruncmd: [later]\n",
			"Content-Type: application/zip\n\nPK\n",
		), []string{
			"step boothook always", "step timezone instance",
			"user script b.sh instance: #!/bin/sh|echo a", "user script part-002 instance: #!/bin/sh|echo a",
			"script boot always: #!/bin/sh|echo a", "user script runcmd instance: #!/bin/sh|later",
			"note a part of type application/zip is not supported",
		}},
		"unending": {message("Content-Type: text/x-shellscript\nContent-Transfer-Encoding: rot13\n\n" + script), []string{
			`note MIME multi-part is not run to its end: unknown Content-Transfer-Encoding "rot13"`,
		}},
		"archive": {"#cloud-config-archive\n- type: text/x-shellscript\n  filename: one\n  content: |\n" +
			"    #!/bin/sh\n    echo a\n- '#cloud-config\n\n  final_message: done'\n- 3\n", []string{
			"user script one instance: #!/bin/sh|echo a", "final", "note #cloud-config-archive: an entry is neither text nor a mapping",
		}},
		"nested":   {strings.Repeat("#cloud-config-archive\n- ", 1) + "\"#cloud-config-archive\\n- |\\n  #!/bin/sh\\n  echo a\\n\"\n", []string{ran}},
		"not yaml": {"#cloud-config\na: [\n", []string{"note #cloud-config is not run: [2:4] sequence end token ']' not found"}},
		"keys": {"#cloud-config\nntp: {enabled: true}\nnonsense: 1\noutput: {all: '| tee'}\n", []string{
			"note nonsense: not supported", "note ntp: the clock is the host's", "note output: all output is on the console",
		}},
		"order": {"#cloud-config\nfinal_message: up\nruncmd: [a]\npackages: [b]\nusers: [c]\nhostname: d\n" +
			"write_files: [{path: /e}, {path: /f, defer: true}]\nbootcmd: [g]\n", []string{
			"hostname d", "step bootcmd always", "step write_files instance", "step users_groups instance",
			"step package_update_upgrade_install instance", "step write_files_deferred instance", "user script runcmd instance: #!/bin/sh|a", "final",
		}},
		"unusable": {"#cloud-config\nwrite_files: [a, {content: b}, {path: /c, encoding: rot13}, {path: /d, permissions: u+x}, {path: /e, source: {uri: x}}]\n" +
			"runcmd: [{a: b}]\nusers: [default, {name: f, doas: [x]}]\n", []string{
			"step users_groups instance", "note write_files: an entry is no mapping", "note write_files: an entry has no path",
			`note write_files: /c: unknown encoding "rot13"`, `note write_files: /d: permissions "u+x" are no octal mode`,
			"note write_files: /e: source is not supported: an instance of this cloud reaches nothing outside of it",
			"note users: the image has no default user", "note users: f: doas: not supported",
			"note runcmd: a command is a mapping; where a text holds a colon and a space, quote it",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(Read([]byte(c.data)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// sh runs a script by the system's shell.
func sh(t *testing.T, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-u")
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, script)
	}
	return string(out)
}

// anything is text in which the shell could find a meaning.
func anything(random *rand.Rand) string {
	const letters = "ab '\"\\$`;&|<>(){}[]*?~#!%\n\té"
	runes := []rune(letters)
	b := make([]rune, random.IntN(40))
	for i := range b {
		b[i] = runes[random.IntN(len(runes))]
	}
	return string(b)
}

func TestFilesHoldExactlyWhatWasWritten(t *testing.T) {
	random, dir := chance.New(t), t.TempDir()
	for range 20 {
		content, name := anything(random), "f"+strings.NewReplacer("/", "", "\n", "").Replace(anything(random))
		path := filepath.Join(dir, "made", name)
		encoded := map[string]string{
			"": content, "b64": base64.StdEncoding.EncodeToString([]byte(content)),
			"gz+b64": base64.StdEncoding.EncodeToString([]byte(zipped(content))),
		}
		for encoding, text := range encoded {
			file := map[string]any{"path": path, "content": text, "permissions": "0640"}
			if encoding != "" {
				file["encoding"] = encoding
			}
			config, err := json.Marshal(map[string]any{"write_files": []any{file, map[string]any{"path": path, "content": "+", "append": true, "permissions": 0o640}}})
			if err != nil {
				t.Fatal(err)
			}
			boot := Read(append([]byte("#cloud-config\n"), config...))
			if len(boot.Steps) != 1 || boot.Notes != nil {
				t.Fatalf("%s\n%+v", config, boot)
			}
			sh(t, boot.Steps[0].Script)
			got, err := os.ReadFile(path)
			if err != nil || string(got) != content+"+" {
				t.Fatalf("%q (%s) holds %q, want %q with a plus, %v", path, encoding, got, content, err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
				t.Fatalf("%v, %v", info.Mode(), err)
			}
		}
	}
}

func TestWordsOfACommandReachItAsTheyAre(t *testing.T) {
	random := chance.New(t)
	for range 20 {
		given := []any{"printf", "%s|"}
		var want strings.Builder
		for range 3 {
			w := "w" + anything(random)
			given = append(given, w)
			want.WriteString(w + "|")
		}
		config, err := json.Marshal(map[string]any{"runcmd": []any{given, nil, "echo; echo end"}})
		if err != nil {
			t.Fatal(err)
		}
		boot := Read(append([]byte("#cloud-config\n"), config...))
		if got := sh(t, boot.Scripts[0].Text); got != want.String()+"\nend\n" {
			t.Fatalf("%s\ngot %q, want %q", config, got, want.String())
		}
	}
}

func TestInstalledPackagesNeedNoNetwork(t *testing.T) {
	fake := t.TempDir()
	write := func(name, script string) {
		if err := os.WriteFile(filepath.Join(fake, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("dpkg-query", `case $4 in here|pinned) printf 'installed=1.0';; *) exit 1;; esac`)
	write("apt-get", `echo apt-get "$@"`)
	for config, want := range map[string]string{
		"packages: [here]": "",
		"packages: [here, new, [pinned, '1.0'], [pinned, '2']]": "apt-get -y install new pinned=2\n",
		"packages: [{apt: [a, here]}, b]\npackage_update: true": "apt-get update\napt-get -y install a b\n",
		"package_upgrade: yes": "apt-get -y dist-upgrade\n",
	} {
		boot := Read([]byte("#cloud-config\n" + config))
		if got := sh(t, "PATH="+fake+":$PATH\n"+boot.Steps[0].Script); got != want {
			t.Errorf("%s: %q, want %q", config, got, want)
		}
	}
}

func TestFinalMessageIsFilledIn(t *testing.T) {
	boot := Read([]byte("#cloud-config\nfinal_message: |\n  It's up after $UPTIME s, $datasource\n"))
	if got := sh(t, boot.Final); !strings.HasPrefix(got, "It's up after ") || strings.Contains(got, "$") {
		t.Errorf("%q", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range []string{
		script, zipped(script), message("Content-Type: text/cloud-config\n\nruncmd: [a]\n", "Content-Type: text/plain\n\n#!/bin/sh\n"),
		"#cloud-config\nusers: [a, {name: b, groups: 'c, d', sudo: [e], passwd: f}]\nchpasswd: {list: 'a:b', expire: no}\nmanage_etc_hosts: true\n",
		"#cloud-config-archive\n- '#!/bin/sh'\n- {type: text/cloud-config, content: 'locale: C'}\n",
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		boot := Read(data)
		for _, s := range boot.Scripts {
			if s.Name == "" || strings.Contains(s.Name, "/") || s.Name == ".." {
				t.Errorf("a script is named %q", s.Name)
			}
		}
	})
}
