//go:build linux

// Command checks measures how many health checks one core makes: those of Route 53 here, HAProxy's (option httpchk) and
// those of a loop around net/http's client. run.sh builds the programs and starts this one.
//
// Each program is run in every round for the same time, one after the other and pinned to core 0; the endpoint is this
// program, on core 1, and counts what it answered. What counts is the median of the rounds; and of ratios, the median of
// the ratios of each round.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	b := &bench{}
	flag.StringVar(&b.checker, "checker", "", "path of the program checker")
	flag.StringVar(&b.haproxy, "haproxy", "", "path of haproxy; empty for none")
	flag.StringVar(&b.dir, "dir", "", "folder for temporary files")
	flag.IntVar(&b.rounds, "rounds", 5, "how often everything is measured")
	flag.DurationVar(&b.length, "for", 2*time.Second, "how long each time")
	flag.DurationVar(&b.long, "long", time.Minute, "how long the 10,000 checks are made")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/checks:", err)
		os.Exit(1)
	}
}

type bench struct {
	checker, haproxy, dir string
	rounds                int
	length, long          time.Duration
	target                *target
}

// inFlight is how many checks each program may have under way while it is measured.
const inFlight = 64

func (b *bench) run() (err error) {
	if b.target, err = newTarget(); err != nil {
		return err
	}
	go b.target.run()
	if err := b.rates(); err != nil {
		return err
	}
	if err := b.flying(); err != nil {
		return err
	}
	return b.many()
}

// contender is a program that makes health checks.
type contender struct {
	name    string
	command []string
	rates   []float64 // of each round, a second
}

// rates measures checks a second.
func (b *bench) rates() error {
	at := b.target.at.String()
	all := []*contender{
		{name: "understudy", command: []string{b.checker, "-target", at, "-checks", strconv.Itoa(inFlight / 16), "-speed", "1e9", "-for", "1h"}},
		{name: "nethttp", command: []string{b.checker, "-client", "nethttp", "-target", at, "-checks", strconv.Itoa(inFlight), "-for", "1h"}},
	}
	if b.haproxy != "" {
		config, err := b.haproxyConfig()
		if err != nil {
			return err
		}
		all = append(all, &contender{name: "haproxy", command: []string{b.haproxy, "-db", "-f", config}})
	}
	for range b.rounds {
		for _, c := range all {
			rate, err := b.rate(c.command)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.rates = append(c.rates, rate)
		}
	}
	for _, c := range all {
		fmt.Printf("%-12s %8.0f checks/s (%.0f to %.0f in %d rounds)\n", c.name, median(c.rates), slices.Min(c.rates), slices.Max(c.rates), len(c.rates))
	}
	fmt.Println()
	figure("checks.per_second", median(all[0].rates), "1/s")
	for _, c := range all[1:] {
		ratios := make([]float64, len(c.rates))
		for i, r := range c.rates {
			ratios[i] = all[0].rates[i] / r
		}
		figure("checks.vs_"+c.name, median(ratios), "ratio")
	}
	return nil
}

// haproxyConfig has as many servers be checked as may be under way, each a millisecond after its last check.
func (b *bench) haproxyConfig() (string, error) {
	var w bytes.Buffer
	// HAProxy wants a frontend; nobody asks it.
	fmt.Fprintf(
		&w,
		"global\n nbthread 1\n maxconn 2000\n"+
			"defaults\n mode http\n timeout connect 4s\n timeout check 2s\n timeout client 10s\n timeout server 10s\n"+
			"frontend f\n bind unix@%s\n default_backend b\nbackend b\n option httpchk GET /health\n",
		filepath.Join(b.dir, "frontend"),
	)
	for i := range inFlight {
		fmt.Fprintf(&w, " server s%d %s check inter 1 fastinter 1 downinter 1\n", i, b.target.at)
	}
	path := filepath.Join(b.dir, "haproxy.cfg")
	return path, os.WriteFile(path, w.Bytes(), 0o600)
}

// rate runs a program on core 0 and returns what the target answers a second, after a moment to begin.
func (b *bench) rate(command []string) (float64, error) {
	cmd, err := start(context.Background(), command)
	if err != nil {
		return 0, err
	}
	defer stop(cmd)
	time.Sleep(time.Second / 2)
	before, begin := b.target.answered.Load(), time.Now()
	time.Sleep(b.length)
	made := b.target.answered.Load() - before
	if made == 0 {
		return 0, errors.New("makes no checks")
	}
	return float64(made) / time.Since(begin).Seconds(), nil
}

func start(ctx context.Context, command []string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", "0"}, command...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, cmd.Start()
}

func stop(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}

// flying measures what a check takes while it is under way: 3,200 that nobody answers, less the same ones waiting.
func (b *bench) flying() error {
	const checks = 200
	waiting, err := b.report("-checks", strconv.Itoa(checks), "-for", "1ms")
	if err != nil {
		return err
	}
	b.target.mute.Store(true)
	defer b.target.mute.Store(false)
	// At this speed a check waits for 10 ms, and is under way for the 200 ms that a time-out is at least.
	under, err := b.report("-checks", strconv.Itoa(checks), "-speed", "1000", "-for", "2s")
	if err != nil {
		return err
	}
	figure("checks.bytes_in_flight", (under["rss_bytes"]-waiting["rss_bytes"])/(16*checks), "B")
	return nil
}

// many makes 10,000 checks every ten seconds from 16 checkers each, and then keeps 100,000 without making them.
func (b *bench) many() error {
	found, err := b.report("-checks", "10000", "-for", b.long.String())
	if err != nil {
		return err
	}
	figure("checks.late_worst_pct", found["late_ms"]/10_000*100, "%")
	figure("checks.cpu_pct", found["cpu_pct"], "%")
	figure("checks.rss_mb", found["rss_bytes"]/1e6, "MB")
	kept, err := b.report("-checks", "100000", "-for", "0")
	if err != nil {
		return err
	}
	figure("checks.bytes_per_check", kept["bytes_per_check"], "B")
	return nil
}

// report runs the checker to its end, and returns what it found.
func (b *bench) report(arguments ...string) (map[string]float64, error) {
	var out bytes.Buffer
	cmd := exec.Command("taskset", append([]string{"-c", "0", b.checker, "-target", b.target.at.String()}, arguments...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	found := map[string]float64{}
	lines := bufio.NewScanner(&out)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("the checker says %q", lines.Text())
		}
		found[name] = n
	}
	return found, lines.Err()
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func figure(name string, value float64, unit string) {
	fmt.Printf("figure %s %.4g %s\n", name, value, unit)
}
