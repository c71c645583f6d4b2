package machine

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Usage is what an instance has used since its start.
type Usage struct {
	CPU                   time.Duration
	BytesIn, BytesOut     uint64
	PacketsIn, PacketsOut uint64
}

// tick is the unit of times in /proc: USER_HZ, which is 100 on all of Linux's architectures that Go has (proc(5)).
const tick = time.Second / 100

// meter remembers what an instance's processes had used when it was last read.
type meter struct {
	mu    sync.Mutex
	spent uint64 // ticks, of processes that are gone and that none of those left has waited for
	last  map[processID]processTimes
}

// processID tells a process from a later one with the same number.
type processID struct {
	pid     int
	started uint64
}

// processTimes are a process's ticks and those of the children that it has waited for. An orphan is the first process's child, which the
// kernel reaps without adding its times to anyone's.
type processTimes struct {
	ticks  uint64
	orphan bool
}

// Usage reads what the instance has used, from /proc, as anyone may. What an orphan used between the last reading and its end is lost.
func (m *Machine) Usage() (u Usage, err error) {
	now := map[processID]processTimes{}
	readTree(m.pid, 0, now)
	u.CPU = time.Duration(m.total(now)) * tick
	f, err := os.Open(fmt.Sprintf("/proc/%d/net/dev", m.pid))
	if err != nil {
		return u, err
	}
	defer f.Close()
	return u, u.addInterfaces(bufio.NewScanner(f))
}

// total is how many ticks an instance has used, of which its processes have some in their books now.
func (m *meter) total(now map[processID]processTimes) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, was := range m.last {
		if _, lives := now[id]; was.orphan && !lives {
			m.spent += was.ticks
		}
	}
	m.last = now
	sum := m.spent
	for _, p := range now {
		sum += p.ticks
	}
	return sum
}

// readTree reads a process and all below it. depth 0 is the first process of an instance. One that ends meanwhile is left out.
func readTree(pid, depth int, into map[processID]processTimes) {
	dir := fmt.Sprintf("/proc/%d", pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return
	}
	ticks, started, err := parseStat(stat)
	if err != nil {
		return
	}
	into[processID{pid, started}] = processTimes{ticks, depth == 1}
	// Every thread has its own children.
	lists, _ := filepath.Glob(dir + "/task/*/children")
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(children)) {
			if child, err := strconv.Atoi(word); err == nil {
				readTree(child, depth+1, into)
			}
		}
	}
}

// parseStat reads a line of /proc/PID/stat: the sum of utime, stime, cutime and cstime, its fields 14 to 17, and starttime, its 22nd. The
// second is a name in parentheses, in which there may be any character.
func parseStat(stat []byte) (ticks, started uint64, err error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const third = 3 // the number of the first field after the name
	if len(fields) <= 22-third {
		return 0, 0, fmt.Errorf("a process's status is %q", stat)
	}
	for n := 14; n <= 17; n++ {
		t, err := strconv.ParseUint(fields[n-third], 10, 64)
		if err != nil {
			return 0, 0, err
		}
		ticks += t
	}
	started, err = strconv.ParseUint(fields[22-third], 10, 64)
	return ticks, started, err
}

// addInterfaces reads /proc/PID/net/dev: of each interface the bytes and packets that came, the first and second number after its name, and
// those that went, the ninth and tenth.
func (u *Usage) addInterfaces(lines *bufio.Scanner) error {
	for lines.Scan() {
		name, numbers, ok := strings.Cut(lines.Text(), ":")
		if !ok || strings.TrimSpace(name) == "lo" {
			continue
		}
		fields := strings.Fields(numbers)
		if len(fields) < 10 {
			return fmt.Errorf("an interface's counters are %q", numbers)
		}
		for n, to := range map[int]*uint64{0: &u.BytesIn, 1: &u.PacketsIn, 8: &u.BytesOut, 9: &u.PacketsOut} {
			v, err := strconv.ParseUint(fields[n], 10, 64)
			if err != nil {
				return err
			}
			*to += v
		}
	}
	return lines.Err()
}
