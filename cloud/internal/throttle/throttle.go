// Package throttle limits the rate of an account's calls as AWS does, with token buckets.
//
// EC2's are those of "Request throttling for the Amazon EC2 API" (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html,
// read in 2025), a bucket for each operation and region. Route 53 has one bucket for all calls of an account
// (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html). For the other services AWS publishes no
// figures, so their calls are not limited.
//
// Seconds are the machine's own, whatever the speed of the cloud: a client's calls take no less time in a fast cloud.
package throttle

import (
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Call is what the buckets are told of a call.
type Call struct {
	Service   *wire.Service
	Region    string
	Operation string
	Form      url.Values // the parameters of a query API's call, nil for other calls
}

// Buckets hold an account's tokens. A nil *Buckets lets every call in.
type Buckets struct {
	mu   sync.Mutex
	each map[string]*rate.Limiter
}

// New returns full buckets.
func New() *Buckets { return &Buckets{each: map[string]*rate.Limiter{}} }

// size is a bucket: how many tokens it holds, and how many come back in a second.
type size struct {
	burst  int
	refill rate.Limit
}

// demand is what a call takes from one bucket.
type demand struct {
	bucket string
	size
	tokens int
}

// Allow takes a call's tokens, and tells whether they were all there. Where they were not, the call is to be refused, and
// takes none.
func (b *Buckets) Allow(c Call) bool {
	if b == nil {
		return true
	}
	demands := demandsOf(c)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for _, d := range demands {
		if b.bucket(d).TokensAt(now) < float64(d.tokens) {
			return false
		}
	}
	for _, d := range demands {
		b.bucket(d).AllowN(now, d.tokens)
	}
	return true
}

func (b *Buckets) bucket(d demand) *rate.Limiter {
	l := b.each[d.bucket]
	if l == nil {
		l = rate.NewLimiter(d.refill, d.burst)
		b.each[d.bucket] = l
	}
	return l
}

// route53 is how many requests of an account Route 53 takes, of all operations together. AWS does not say how many may come
// at once; here it is those of one second.
var route53 = size{5, 5}

func demandsOf(c Call) []demand {
	switch c.Service {
	case wire.Route53:
		return []demand{{"route53", route53, 1}}
	case wire.EC2:
		return ofEC2(c)
	}
	return nil
}

// ofEC2 are the tokens of a request, and where it is of many instances, those of the instances.
func ofEC2(c Call) []demand {
	name := c.Region + " " + c.Operation
	all := []demand{{name, requestSize(c.Operation), 1}}
	if bare[c.Operation] && unfiltered(c.Form) {
		all[0] = demand{name + " unfiltered", unfilteredSize, 1}
	}
	if s, ok := instances[c.Operation]; ok {
		if n := instancesIn(c); n > 0 && n <= s.burst {
			all = append(all, demand{name + " instances", s, n})
		}
	}
	return all
}

func requestSize(operation string) size {
	if s, ok := uncategorized[operation]; ok {
		return s
	}
	for _, prefix := range []string{"Describe", "List", "Search", "Get"} {
		if strings.HasPrefix(operation, prefix) {
			return size{100, 20}
		}
	}
	return size{50, 5}
}

// unfiltered tells whether a listing names no ids, no filter and no page.
func unfiltered(form url.Values) bool {
	for key := range form {
		switch name, _, _ := strings.Cut(key, "."); name {
		case "Action", "Version", "DryRun", "IncludeAllInstances":
		default:
			return false
		}
	}
	return true
}

// instancesIn counts the instances that a call is about.
func instancesIn(c Call) (n int) {
	if c.Operation == "RunInstances" {
		n, _ = strconv.Atoi(c.Form.Get("MaxCount"))
		return n
	}
	for key := range c.Form {
		if strings.HasPrefix(key, "InstanceId.") {
			n++
		}
	}
	return n
}
