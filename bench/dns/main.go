//go:build linux

// Command dns measures name servers against each other: how many questions a second one core of theirs answers, and
// how long one answer takes. run.sh starts them and this program.
//
// Questions are sent and answers received in batches, by sendmmsg(2) and recvmmsg(2), from one core of its own. The
// shapes of traffic are:
//
//	scattered  each question of another source address: a socket sends with another one of 127.0.0.0/8 each time
//	           (IP_PKTINFO), and sockets, so ports, take turns
//	burst      bursts of 32 from one socket, of few, as from large resolvers
//	single     one question at a time, from one socket
//
// Every server is measured in every round, one after the other, so that what else happens on the machine befalls all
// alike. What counts is the median of the rounds; and of ratios, the median of the ratios of each round.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	servers := flag.String("servers", "", "name=address:port of each server, with commas; the first is ours")
	failover := flag.String("failover", "", "the names of those with a failover name behind a health check")
	rounds := flag.Int("rounds", 5, "how often everything is measured")
	only := flag.String("only", "", "measure only workloads whose names hold this")
	length := flag.Duration("for", time.Second, "how long each time")
	rest := flag.Duration("rest", 0, "how long to rest before each, so that the one before has done with what waits in its queue")
	flag.Parse()
	b := &bench{length: *length, rest: *rest, failover: strings.Split(*failover, ",")}
	for _, s := range strings.Split(*servers, ",") {
		name, address, ok := strings.Cut(s, "=")
		if !ok {
			fmt.Fprintln(os.Stderr, "bench/dns: a server is name=address:port, not", s)
			os.Exit(2)
		}
		b.servers = append(b.servers, server{name, address})
	}
	workloads = slices.DeleteFunc(workloads, func(w workload) bool { return !strings.Contains(w.name, *only) })
	for range *rounds {
		if err := b.round(); err != nil {
			fmt.Fprintln(os.Stderr, "bench/dns:", err)
			os.Exit(1)
		}
	}
	b.report()
}

type server struct{ name, address string }

// workload is what is asked, and how.
type workload struct {
	name, shape string
	pattern     string // of names; %d is replaced by numbers
	names       int
}

var workloads = []workload{
	{"failover, scattered", "scattered", "fail.bench.test.", 1},
	{"one name, scattered", "scattered", "www.bench.test.", 1},
	{"9,990 names, scattered", "scattered", "n%05d.bench.test.", 9990},
	{"failover, burst", "burst", "fail.bench.test.", 1},
	{"one name, burst", "burst", "www.bench.test.", 1},
	{"9,990 names, burst", "burst", "n%05d.bench.test.", 9990},
	{"failover, single", "single", "fail.bench.test.", 1},
	{"one name, single", "single", "www.bench.test.", 1},
}

type bench struct {
	servers  []server
	failover []string
	length   time.Duration
	rest     time.Duration
	results  map[string]map[string][]float64 // by workload and server: answers a second, or microseconds an answer
	unsure   map[string]int                  // by workload and server: rounds in which not much more was sent than answered
}

func (b *bench) takesPart(w workload, s server) bool {
	return !strings.HasPrefix(w.name, "failover") || slices.Contains(b.failover, s.name)
}

func (b *bench) round() error {
	if b.results == nil {
		b.results, b.unsure = map[string]map[string][]float64{}, map[string]int{}
		for _, w := range workloads {
			b.results[w.name] = map[string][]float64{}
		}
	}
	for _, w := range workloads {
		for _, s := range b.servers {
			if !b.takesPart(w, s) {
				continue
			}
			time.Sleep(b.rest)
			v, err := b.measure(w, s)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", s.name, w.name, err)
			}
			b.results[w.name][s.name] = append(b.results[w.name][s.name], v)
		}
	}
	return nil
}

func (b *bench) measure(w workload, s server) (float64, error) {
	g, err := newGenerator(s.address, questions(w.pattern, w.names))
	if err != nil {
		return 0, err
	}
	var r rate
	switch w.shape {
	case "single":
		return g.single(b.length)
	case "burst":
		r, err = g.flood(4, false, b.length)
	default:
		r, err = g.flood(64, true, b.length)
	}
	if r.sent < 1.03*r.answered {
		b.unsure[w.name+s.name]++
	}
	return r.answered, err
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}

// best is what a server did in its best round, which is the one that nothing else on the machine disturbed.
func best(w workload, all []float64) float64 {
	if w.shape == "single" {
		return slices.Min(all)
	}
	return slices.Max(all)
}

// ratio is ours to a peer's: the median of the rounds' own.
func ratio(ours, theirs []float64) float64 {
	all := make([]float64, len(ours))
	for i := range all {
		all[i] = ours[i] / theirs[i]
	}
	return median(all)
}

// report prints a table, and then figures. A ratio to a peer is the worst of those of its workloads: one that meets a
// target does so in each of them.
func (b *bench) report() {
	worst := map[string]float64{}
	ours := b.servers[0].name
	for _, w := range workloads {
		fmt.Printf("\n%s\n", w.name)
		of := b.results[w.name]
		for _, s := range b.servers {
			if len(of[s.name]) == 0 {
				continue
			}
			m := median(of[s.name])
			unit, digits, ratio := "answers/s", 0, ratio(of[ours], of[s.name])
			if w.shape == "single" {
				unit, digits = "µs", 1
			}
			note := ""
			if n := b.unsure[w.name+s.name]; n > 0 {
				note = fmt.Sprintf("  (in %d rounds hardly more was asked than answered: it may be capable of more)", n)
			}
			fmt.Printf("  %-10s %9.*f %-9s  lowest %8.*f  highest %8.*f  ours to it %6.2f, at best %6.2f%s\n",
				s.name, digits, m, unit, digits, slices.Min(of[s.name]), digits, slices.Max(of[s.name]), ratio, best(w, of[ours])/best(w, of[s.name]), note)
			if s.name == ours {
				continue
			}
			figure := map[string]string{"scattered": "dns.vs_", "burst": "dns.burst_vs_", "single": "dns.p50_vs_"}[w.shape] + s.name
			if old, ok := worst[figure]; !ok || w.shape != "single" && ratio < old || w.shape == "single" && ratio > old {
				worst[figure] = ratio
			}
		}
	}
	fmt.Println()
	for _, shape := range []string{"dns.vs_", "dns.burst_vs_", "dns.p50_vs_"} {
		for _, s := range b.servers[1:] {
			if v, ok := worst[shape+s.name]; ok {
				fmt.Printf("figure %s%s %.2f ratio\n", shape, s.name, v)
			}
		}
	}
	for _, w := range workloads {
		if w.shape != "scattered" {
			continue
		}
		fmt.Printf("figure dns.%s %.0f answers/s\n", strings.NewReplacer(",", "", " ", "_").Replace(w.name), median(b.results[w.name][ours]))
	}
}
