package report

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

var pictures = flag.String("pictures", "", "write pictures of the page into this folder")

// browser runs Chromium without a window on a file, in a network of its own that leads nowhere, and returns what it prints.
func browser(t *testing.T, file string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience.Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, judge.Need(t, "unshare"), append(append([]string{
		"--user", "--map-root-user", "--net", judge.Need(t, "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--no-first-run", "--user-data-dir=" + t.TempDir(),
	}, args...), "file://"+file)...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	return string(out)
}

// asked is what a page asked for over a network, by the browser's log; what the browser asks for by itself has no site.
func asked(t *testing.T, file string, args ...string) (dom string, urls []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "net.json")
	dom = browser(t, file, append(args, "--dump-dom", "--log-net-log="+log)...)
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\{site=file://[^"]*","url":"(https?:[^"]*)"`).FindAllSubmatch(b, -1) {
		urls = append(urls, string(m[1]))
	}
	return dom, urls
}

// A real browser shows the page, in a window and in print, light and dark and on a telephone, and asks for nothing but the file.
func TestABrowserShowsThePageAndAsksForNothing(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	page := made(t, rehearsed())
	hole := regexp.MustCompile(`(?s)<meta http-equiv.*?>`).ReplaceAll(page, []byte(`<img src="http://192.0.2.1/hole">`))
	if err := errors.Join(os.WriteFile(at("page.html"), page, 0o644), os.WriteFile(at("hole.html"), hole, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, urls := asked(t, at("hole.html")); !slices.Equal(urls, []string{"http://192.0.2.1/hole"}) {
		t.Errorf("a page with a hole has asked for %q", urls)
	}
	dom, urls := asked(t, at("page.html"))
	if len(urls) > 0 {
		t.Errorf("the page has asked for %q", urls)
	}
	for _, part := range []string{"<svg", "Where that time went", "cached answer", `pattern id="hatch"`, "Each kind of user", "no bound", "On the way back",
		"Predicted and measured", "left its prediction",
		"a cache of 30 s of its own"} {
		if !strings.Contains(dom, part) {
			t.Errorf("the browser's page has no %q", part)
		}
	}
	shots := map[string][]string{
		"light.png": {"--window-size=1000,1500"}, "dark.png": {"--window-size=1000,1500", "--blink-settings=preferredColorScheme=0"},
		"phone.png": {"--window-size=500,1500"},
	}
	for name, args := range shots {
		browser(t, at("page.html"), append(args, "--screenshot="+at(name))...)
	}
	browser(t, at("page.html"), "--print-to-pdf="+at("print.pdf"), "--no-pdf-header-footer")
	for _, name := range []string{"light.png", "dark.png", "phone.png", "print.pdf"} {
		b, err := os.ReadFile(at(name))
		if err != nil || len(b) < 10_000 {
			t.Fatalf("%s has %d bytes, %v", name, len(b), err)
		}
		if *pictures != "" {
			if err := os.WriteFile(filepath.Join(*pictures, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	light, _ := os.ReadFile(at("light.png"))
	dark, _ := os.ReadFile(at("dark.png"))
	if bytes.Equal(light, dark) {
		t.Error("the dark page is the light one")
	}
}
