//go:build linux

// Command checker makes health checks, for bench/checks to measure: as Route 53's checkers do, or with net/http's
// client for comparison. It prints what it finds at the end.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

func main() {
	client := flag.String("client", "monitor", "monitor or nethttp")
	target := flag.String("target", "", "address:port of the endpoint")
	checks := flag.Int("checks", 1, "how many health checks, of 16 checkers each; of nethttp, how many loops")
	speed := flag.Float64("speed", 1, "divides the interval of ten seconds")
	length := flag.Duration("for", time.Second, "how long")
	flag.Parse()
	at, err := netip.ParseAddrPort(*target)
	if err != nil {
		log.Fatalf("checker: -target: %v", err)
	}
	if *client == "nethttp" {
		useClient(at, *checks, *length)
		return
	}
	before := resident()
	m := monitor(at, *checks, tempo.Speed(*speed))
	defer m.Close()
	// What is kept of a check that waits, before the first is asked.
	runtime.GC()
	fmt.Printf("bytes_per_check %d\n", (resident()-before)/int64(*checks))
	if *length == 0 {
		return
	}
	m.Late()
	used := cpu()
	time.Sleep(*length)
	fmt.Printf("late_ms %.3f\ncpu_pct %.1f\nrss_bytes %d\n", float64(m.Late())/1e6, 100*float64(cpu()-used)/float64(*length), resident())
}

// monitor is Route 53's, with its checkers on loopback.
func monitor(at netip.AddrPort, checks int, speed tempo.Speed) *health.Monitor {
	m := health.New(health.Config{Pace: tempo.At(speed), Source: func(n int, _ bool) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 1, byte(n + 1)}) }})
	for i := range checks {
		m.Set(strconv.Itoa(i), r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeHttp, IPAddress: aws.String(at.Addr().String()), Port: aws.Int32(int32(at.Port())),
			ResourcePath: aws.String("/health"), RequestInterval: aws.Int32(10), FailureThreshold: aws.Int32(3),
		})
	}
	return m
}

// useClient checks as a program would that gives it no more thought: a client that keeps no connection.
func useClient(at netip.AddrPort, loops int, length time.Duration) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{}).DialContext}}
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	ended := make(chan struct{})
	for range loops {
		go func() {
			for ctx.Err() == nil {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.String()+"/health", nil)
				if err != nil {
					log.Fatal(err)
				}
				if resp, err := client.Do(req); err == nil {
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}
			ended <- struct{}{}
		}()
	}
	for range loops {
		<-ended
	}
}

// resident is this process's memory, in bytes.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		log.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
