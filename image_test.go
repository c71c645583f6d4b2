package understudy_test

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

func TestWhatSelectsARegionsImage(t *testing.T) {
	for in, want := range map[string][2]string{
		good: {"image of amazon named al2023-ami-2023.*-x86_64", "image of amazon named al2023-ami-2023.*-x86_64"},
		good + "  base: {owners: [self], names: [web-*, web]}\n": {"image of self named web-* or web", "image of self named web-* or web"},
		good + "  parameter: /golden/web:prod\n":                 {"image that parameter /golden/web:prod names", "image that parameter /golden/web:prod names"},
		strings.NewReplacer("10.10.0.0/16", "10.10.0.0/16, image: ami-0a1b2c3d", "10.20.0.0/16", "10.20.0.0/16, image: 'resolve:ssm:web'").Replace(good): {
			"image ami-0a1b2c3d", "image that parameter web names"},
	} {
		d, err := parse(in)
		if err != nil {
			t.Fatalf("%v\n%s", err, in)
		}
		for i, side := range understudy.Sides {
			if got := d.Origin(side).String(); got != want[i] {
				t.Errorf("the %s has the %s, want the %s, of\n%s", side, got, want[i], in)
			}
		}
	}
}

func TestMistakesInImages(t *testing.T) {
	both := strings.NewReplacer("10.10.0.0/16", "10.10.0.0/16, image: ami-0a1b2c3d", "10.20.0.0/16", "10.20.0.0/16, image: ami-0a1b2c3e").Replace(good)
	for in, want := range map[string]string{
		strings.Replace(good, "10.10.0.0/16", "10.10.0.0/16, image: ami-0a1b2c3d", 1): "found an image for the primary alone; " +
			"allowed: an image for each region, or for none",
		strings.Replace(good, "10.20.0.0/16", "10.20.0.0/16, image: ami-0a1b2c3d", 1): "found an image for the secondary alone; " +
			"allowed: an image for each region, or for none",
		both + "  parameter: /golden\n":                       "found image.base or image.parameter beside the regions' own images; allowed: one of them",
		both + "  base: {names: [web]}\n":                     "found image.base or image.parameter beside the regions' own images; allowed: one of them",
		good + "  base: {names: [web]}\n  parameter: /gold\n": "found image.parameter beside image.base; allowed: one of them",
		good + "  baked: false\n  rebake: weekly\n":           "found weekly of an image that is not baked; allowed: never, or image.baked true",
		good + "  baked: false\n  install: '" + strings.Repeat("i", 11<<10-20) + "'\ninstance: {user_data: '" + strings.Repeat("u", 4<<10) + "'}\n": "" +
			"bytes, with the environment and the scripts of an image that is not baked; allowed: 16384 bytes at most, as EC2 takes",
	} {
		if _, err := parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// parts reads user data as MIME has it, or takes all of it for one part.
func parts(t *testing.T, data string) (kinds, texts []string) {
	t.Helper()
	if !strings.HasPrefix(data, "Content-Type: ") {
		return []string{""}, []string{data}
	}
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for all := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := all.NextPart()
		if err == io.EOF {
			return kinds, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			body = base64.NewDecoder(base64.StdEncoding, p)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		kinds, texts = append(kinds, strings.TrimSuffix(p.Header.Get("Content-Type"), `; charset="utf-8"`)), append(texts, string(text))
	}
}

// What an image would have had is made at the first boot, beside what else is declared of user data, whatever stands in that.
func TestUserDataOfAnImageThatIsNotBaked(t *testing.T) {
	for said, want := range map[string]string{"": "", "#cloud-config\nx: --understudy\n": "text/cloud-config", "echo Grüße": "text/x-shellscript"} {
		d, err := parse(good + "  baked: false\n  install: echo installed\n")
		if err != nil {
			t.Fatal(err)
		}
		d.Instance.UserData = said
		kinds, texts := parts(t, d.UserData())
		if last := kinds[len(kinds)-1]; last != want || len(kinds) > 2 {
			t.Errorf("%q is in the parts %q", said, kinds)
		}
		if len(texts) == 2 && !strings.Contains(texts[1], strings.TrimSpace(said)) {
			t.Errorf("%q became %q", said, texts[1])
		}
		if !strings.HasPrefix(texts[0], "#!/bin/sh\nset -e\n") {
			t.Errorf("a script begins %.30q", texts[0])
		}
	}
}

// TestFirstBootOfAnImageThatIsNotBaked runs the real script in a shell, in another folder than an instance's.
func TestFirstBootOfAnImageThatIsNotBaked(t *testing.T) {
	dir := t.TempDir()
	d, err := parse(strings.Replace(good, "hello &", "echo 'it''s run'", 1) + "  baked: false\n  install: echo installed\n")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-c", strings.ReplaceAll(d.UserData(), "/var/lib/cloud", dir)).CombinedOutput()
	if string(out) != "installed\nits run\n" || err != nil {
		t.Errorf("it says %q, %v", out, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "scripts/per-boot/understudy")); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("what runs at each boot: %v, %v", info, err)
	}
}
