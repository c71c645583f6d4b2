// Drill measures what measuring costs. `drill run PROGRAM ARGUMENTS...` runs a drill, and prints the processor time and the memory of its process
// and of the cloud's processes beside it; `drill ask` sends as many requests by a loop that does nothing else, and prints how long those took;
// `drill tell REPORT` prints how well a drill's users kept to their rate.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/understudy/understudy/drill"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 1 && args[0] == "run":
		return spend(args[1:])
	case len(args) > 0 && args[0] == "ask":
		return ask(args[1:])
	case len(args) == 2 && args[0] == "tell":
		return tell(args[1])
	}
	return fmt.Errorf("run PROGRAM ARGUMENTS..., ask, or tell REPORT")
}

func figure(name string, v float64, unit string) {
	fmt.Printf("figure drill.%s %.4g %s\n", name, v, unit)
}

// spend runs a program, and tells what it and the other processes of the same program, with their children, have used.
func spend(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	file, err := filepath.EvalSymlinks(args[0])
	if err != nil {
		return err
	}
	before, began := beside(file), time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	took, after := time.Since(began).Seconds(), beside(file)
	used := cmd.ProcessState.UserTime().Seconds() + cmd.ProcessState.SystemTime().Seconds()
	theirs := 0.0
	for pid, seconds := range after {
		theirs += seconds - before[pid]
	}
	figure("processor", used, "s")
	figure("processor.cloud", theirs, "s")
	figure("share", 100*used/(used+theirs), "%")
	figure("cores", used/took, "cores")
	figure("memory", float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024, "MiB")
	return nil
}

// beside is the processor time, in seconds, of every process that runs a file, and of those below them, by their numbers.
func beside(file string) map[string]float64 {
	const perSecond = 100 // sysconf(_SC_CLK_TCK), which is so on every Linux that Go runs on
	parent, seconds, all := map[string]string{}, map[string]float64{}, map[string]float64{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid := filepath.Base(filepath.Dir(name))
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // from the third on, proc_pid_stat(5)
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		parent[pid], seconds[pid] = fields[1], (user+system)/perSecond
	}
	for pid := range seconds {
		for p := pid; p != "" && p != "0"; p = parent[p] {
			if exe, err := os.Readlink("/proc/" + p + "/exe"); err == nil && exe == file {
				all[pid] = seconds[pid]
				break
			}
		}
	}
	return all
}

// ask sends requests to a page at a rate, each over a new connection, and no request waits for another.
func ask(args []string) error {
	flags := flag.NewFlagSet("ask", flag.ExitOnError)
	name := flags.String("name", "", "the failover name")
	server := flags.String("server", "", "its name server, HOST:PORT")
	port := flags.String("port", "80", "the page's port")
	path := flags.String("path", "/healthz", "the page")
	rate := flags.Float64("rate", 1000, "requests a second")
	during := flags.Duration("for", 10*time.Second, "for how long")
	flags.Parse(args)
	answer, err := drill.Resolver{Server: *server}.Lookup(context.Background(), *name)
	if err != nil {
		return err
	}
	text := "GET " + *path + " HTTP/1.1\r\nHost: " + *name + "\r\nConnection: close\r\n\r\n"
	var all sync.WaitGroup
	var mu sync.Mutex
	var took []float64
	failed := 0
	due, end := time.Now(), time.Now().Add(*during)
	for ; due.Before(end); due = due.Add(time.Duration(rand.ExpFloat64() * float64(time.Second) / *rate)) { // as many users who do not know of each other
		time.Sleep(time.Until(due))
		address := net.JoinHostPort(answer.Addresses[rand.IntN(len(answer.Addresses))].String(), *port)
		all.Go(func() {
			began := time.Now()
			err := once(address, text)
			ms := time.Since(began).Seconds() * 1000
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed++
				return
			}
			took = append(took, ms)
		})
	}
	all.Wait()
	if failed > 0 || len(took) == 0 {
		return fmt.Errorf("%d of %d requests failed", failed, failed+len(took))
	}
	slices.Sort(took)
	figure("answer.bare.p50", took[len(took)/2], "ms")
	figure("answer.bare.p99", took[len(took)*99/100], "ms")
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return err
	}
	figure("request.bare", float64(own.Utime.Nano()+own.Stime.Nano())/float64(time.Microsecond)/float64(len(took)), "µs of a processor")
	return nil
}

func once(address, text string) error {
	conn, err := net.DialTimeout("tcp", address, 2*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return err
}

func tell(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var r drill.Report
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	figure("requests", float64(r.Requests), "requests")
	figure("rate.kept", 100*r.RateKept/r.Rate, "%")
	figure("late.p99", r.LateMS.P99, "ms")
	figure("answer.p50", r.AnswerMS.P50, "ms")
	figure("answer.p99", r.AnswerMS.P99, "ms")
	for _, n := range r.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	return nil
}
