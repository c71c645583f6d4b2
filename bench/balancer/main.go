//go:build linux

// Command balancer asks load balancers what wrk and h2load do not: run.sh starts them and reads what it prints, the rate and the 99th
// percentile in microseconds.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"
)

// options are what a way of asking may use.
type options struct {
	at          string // address:port
	length      time.Duration
	connections int
	rate        int // requests a second
	understudy  string
	dir         string
}

var ways = map[string]func(context.Context, options) error{
	"echo": echo, "websocket": askWebSocket, "tls": askTLS, "paced": askPaced, "idle": askIdle, "whole": whole,
}

func main() {
	var o options
	flag.StringVar(&o.at, "at", "", "address:port to ask, or to listen at")
	flag.DurationVar(&o.length, "for", 3*time.Second, "how long")
	flag.IntVar(&o.connections, "connections", 64, "how many at once")
	flag.IntVar(&o.rate, "rate", 10_000, "requests a second, of paced")
	flag.StringVar(&o.understudy, "understudy", "", "path of the program understudy, of whole")
	flag.StringVar(&o.dir, "dir", "", "folder for the cloud, of whole")
	flag.Parse()
	way := ways[flag.Arg(0)]
	if way == nil {
		fmt.Fprintln(os.Stderr, "usage: balancer [flags] echo|websocket|tls|paced|idle|whole")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := way(ctx, o); err != nil {
		fmt.Fprintf(os.Stderr, "bench/balancer %s: %v\n", flag.Arg(0), err)
		os.Exit(1)
	}
}

// repeat has as many workers as connections ask again and again for the time, and prints how many answers a second there were, the
// slowest but one in a hundred, and how many in all. Each worker makes its own function that asks.
func (o options) repeat(worker func() (ask func() error, end func(), err error)) error {
	began := time.Now()
	var work sync.WaitGroup
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	for range o.connections {
		work.Go(func() {
			took, err := o.work(began.Add(o.length), worker)
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, took...), cmp.Or(failed, err)
		})
	}
	work.Wait()
	if failed != nil {
		return failed
	}
	tell(all, time.Since(began))
	return nil
}

func (o options) work(until time.Time, worker func() (func() error, func(), error)) (took []time.Duration, err error) {
	ask, end, err := worker()
	if err != nil {
		return nil, err
	}
	defer end()
	for now := time.Now(); now.Before(until); {
		if err := ask(); err != nil {
			return nil, err
		}
		later := time.Now()
		took = append(took, later.Sub(now))
		now = later
	}
	return took, nil
}

// tell prints the rate, the 99th percentile in microseconds, and the count.
func tell(took []time.Duration, length time.Duration) {
	slices.Sort(took)
	slow := took[min(len(took)-1, len(took)*99/100)]
	fmt.Printf("%.0f %d %d\n", float64(len(took))/length.Seconds(), slow.Microseconds(), len(took))
}
