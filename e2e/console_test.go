package e2e

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/internal/window"
)

// console starts a console that ends with the test, and returns its address and the file that leads a browser to it.
func (s *stage) console(args ...string) (at *url.URL, file string) {
	s.t.Helper()
	cmd := exec.Command(binary, append([]string{"console", "--dir", s.dir}, args...)...)
	cmd.Env, cmd.Stderr = s.environment(), os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			s.t.Errorf("the console: %v", err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(s.dir), "understudy", "console", "*")); len(left) > 0 {
			s.t.Errorf("left: %v", left)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		at, err = url.Parse(strings.TrimSuffix(words[4], ";"))
		if _, path, ok := strings.Cut(lines.Text(), "file://"); ok && err == nil {
			return at, path
		}
	}
	s.t.Fatal("the console says nothing")
	return nil, ""
}

// A drill is started from the page, watched, and its report opened; a region is lost and brought back; and no instance reaches the page.
func TestConsoleDrivesADrill(t *testing.T) {
	t.Parallel()
	s := patient(t)
	s.env["UNDERSTUDY_HOME"] = s.dir
	at, file := s.console("-f", s.declaration(), "--local")
	w := window.Open(t)
	w.Do("enter", w.Go("file://"+file), w.Says("#leads", primary+", the primary"))

	steps := []window.Step{w.Click(".buttons button")}
	for check := range strings.SplitSeq(busy, ",") {
		steps = append(steps, w.Click(fmt.Sprintf(`#ask [name="--force"][value=%s]`, check)))
	}
	w.Do("start a drill", append(steps, w.Click("#ask-do"))...)
	w.Do("see it run", w.Says("#course", primary+" is lost by invert"), w.Says("main", secondary+": 40"))
	w.Do("see it end", w.Says("#course", "It has ended."), w.Says(".commands", "done: understudy drill --yes"))
	report := window.Value[string](w, `fetch(document.querySelector('a[href^="/document/"]').href).then(r => r.text())`)
	if !strings.Contains(report, "What happened") {
		t.Errorf("the report is %.200s", report)
	}
	w.Do("the history", w.Run(`location.hash = 'history'`), w.Says("main", "invert"))
	w.Do("parity", w.Run(`location.hash = 'parity'`), w.Says("main", "The regions are equal."))

	lose := fmt.Sprintf(`[...document.querySelectorAll('.buttons button')].find(b => b.textContent === %q).click()`, "Lose "+secondary)
	back := strings.Replace(lose, "Lose", "Bring back", 1)
	w.Do("lose the standby", w.Run(`location.hash = 'overview'`), w.Says(".buttons", "Lose "+secondary), w.Run(lose), w.Click("#ask-do"),
		w.Says(".region.secondary", "Its API does not answer"))
	w.Do("bring it back", w.Run(back), w.Click("#ask-do"), w.Until(`!document.querySelector('.region.secondary').innerText.includes('does not answer')`))
	s.everyKindIsBrowsed(w)
	s.noInstanceReaches(w, at)
}

// everyKindIsBrowsed lists every kind of resources on the page: what a stack is made of is there, and nothing else is taken for it.
func (s *stage) everyKindIsBrowsed(w *window.Window) {
	s.t.Helper()
	found := window.Value[map[string]int](w, `Promise.all(now.about.data.kinds.map(k => get('/read/resources?region=`+primary+`&kind=' + k.name)
		.then(all => [k.name, all.error ? -1 : all.filter(x => x.id && x.detail).length]))).then(Object.fromEntries)`)
	want := map[string]int{
		"vpcs": 2, "subnets": 7, "gateways": 2, "nat-gateways": 0, "route-tables": 4, "groups": 4, "addresses": 0, "instances": 4, "images": 1,
		"templates": 1, "target-groups": 1, "balancers": 1, "fleets": 1, "alarms": 0, "zones": 1, "checks": 4,
	}
	// The network, groups and subnets of the account's default VPC are there, too. Instances that have ended are listed for a while.
	delete(found, "instances")
	delete(want, "instances")
	if diff := cmp.Diff(want, found); diff != "" {
		s.t.Errorf("(-want +found)\n%s", diff)
	}
}

// noInstanceReaches lets an instance try the console's port at every address that it could be at, and reads on the page what it has found.
func (s *stage) noInstanceReaches(w *window.Window, at *url.URL) {
	s.t.Helper()
	const try = `#!/bin/bash
for a in 127.0.0.1 127.0.0.53 169.254.169.254 169.254.169.253 10.10.0.1 10.10.0.2 %[2]s %[3]s; do
	if timeout 1 bash -c "</dev/tcp/$a/%[1]s"; then echo "tried $a: reached"; fi
done 2>/dev/null
echo "tried all"
`
	script := fmt.Sprintf(try, at.Port(), host(s.env["AWS_ENDPOINT_URL"]), strings.Split(s.env["UNDERSTUDY_RESOLVER"], ":")[0])
	image := s.aws(primary, "ec2", "describe-images", "--owners", "self", "--query", "Images[0].ImageId")
	subnet := s.aws(primary, "ec2", "describe-subnets", "--filters", "Name=tag:understudy:role,Values=public-a", "--query", "Subnets[0].SubnetId")
	id := s.aws(primary, "ec2", "run-instances", "--image-id", image, "--subnet-id", subnet, "--user-data", script, "--query", "Instances[0].InstanceId")
	w.Do("browse", w.Run(`location.hash = 'resources'`), w.Says("main", "running"))
	found := ""
	s.until("the instance has tried", func() bool {
		found = window.Value[string](w,
			fmt.Sprintf(`get('/read/output?region=%s&instance=%s').then(o => o.text || o.error || '')`, primary, id)) // nothing, before it has begun
		return strings.Contains(found, "tried all")
	})
	if strings.Contains(found, "reached") {
		s.t.Errorf("an instance reaches the console:\n%s", found)
	}
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Hostname()
}
