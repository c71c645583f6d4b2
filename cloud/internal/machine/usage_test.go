package machine

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

// A busy instance's processor time is counted while its process runs, when a shell has waited for it, and when nobody has.
func TestUsageIsThatOfAllProcesses(t *testing.T) {
	b := newBench(t)
	address, report := b.reporter()
	spec := b.spec(telling(address, `
busy() { while read _ _ _ _ _ _ _ _ _ _ _ _ _ used _ </proc/$BASHPID/stat; [ $used -lt 20 ]; do :; done; }
busy & wait
(setsid bash -c "$(declare -f busy); busy; touch /orphan; read forever < <(sleep 1000)" >/dev/null 2>&1 </dev/null &)
until [ -e /orphan ]; do sleep 0.05; done
echo done`) + "sleep 1000\n")
	m := b.start(spec)
	if got := report(); got != "done\n" {
		t.Fatalf("the instance says %q", got)
	}
	u, err := m.Usage()
	if err != nil {
		t.Fatal(err)
	}
	if least := 400 * time.Millisecond; u.CPU < least {
		t.Errorf("it used %v, at least %v", u.CPU, least)
	}
	again, err := m.Usage()
	if err != nil || again.CPU < u.CPU {
		t.Errorf("and then %v, %v", again.CPU, err)
	}
}

func TestOrphansStayCounted(t *testing.T) {
	first, orphan, child := processID{1, 1}, processID{2, 5}, processID{3, 6}
	var m meter
	if n := m.total(map[processID]processTimes{first: {1, false}, orphan: {10, true}, child: {5, false}}); n != 16 {
		t.Errorf("at first %d", n)
	}
	// The child's parent has waited for it, and so has its 5 ticks and one more.
	if n := m.total(map[processID]processTimes{first: {1, false}, orphan: {16, true}}); n != 17 {
		t.Errorf("after the child %d", n)
	}
	if n := m.total(map[processID]processTimes{first: {1, false}, {2, 9}: {3, true}}); n != 20 {
		t.Errorf("after the orphan %d", n)
	}
}

func TestStatAndInterfacesAreRead(t *testing.T) {
	ticks, started, err := parseStat([]byte("7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0 1 0 777 0 0"))
	if ticks != 127 || started != 777 || err != nil {
		t.Errorf("%d ticks from %d, %v", ticks, started, err)
	}
	if _, _, err := parseStat([]byte("7 (a) S 1")); err == nil {
		t.Error("a short line is read")
	}
	var u Usage
	text := "Inter-| Receive\n face |bytes\n    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n" +
		"  eth0:100 2 0 0 0 0 0 0 300 4 0 0 0 0 0 0\n  eth1: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
	if err := u.addInterfaces(bufio.NewScanner(strings.NewReader(text))); err != nil || u != (Usage{BytesIn: 101, PacketsIn: 3, BytesOut: 301, PacketsOut: 5}) {
		t.Errorf("%+v, %v", u, err)
	}
}
