package zones

import (
	"context"
	"errors"
	"testing"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
	"github.com/understudy/understudy/resolvers"
)

// Resolvers that others wrote go on with an answer for what they say is left of its TTL, whatever the name server says meanwhile, and have the new one
// then: a drill's users of their kinds follow the name as soon as that, and no sooner.
func TestResolversOfOthersKeepAnAnswerForItsTTL(t *testing.T) {
	const ttl = 3 * time.Second
	for _, program := range resolvers.Programs {
		t.Run(program.Name, func(t *testing.T) {
			t.Parallel()
			judge.Need(t, program.Name)
			s := serve(t, t.TempDir())
			zone := s.zone(t)
			put := func(address string) {
				t.Helper()
				record := set("www.example.com", r53types.RRTypeA, []string{address}, func(r *r53types.ResourceRecordSet) {
					*r.TTL = int64(1000 * ttl / time.Second) // the name server's speed is a thousand
				})
				if _, err := s.change(t, zone, upsert(record)); err != nil {
					t.Fatal(err)
				}
			}
			put("192.0.2.1")
			r, err := program.Start(t.Context(), resolvers.Upstream{Zone: "example.com", Server: s.dns})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			user := drill.Resolver{Server: r.Address, Recursive: true, Timeout: patience.Limit}
			ask := func() drill.Answer {
				t.Helper()
				a, err := user.Lookup(t.Context(), "www.example.com")
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			began := time.Now()
			if a := ask(); a.TTL > ttl || a.Addresses[0].String() != "192.0.2.1" {
				t.Fatalf("at first %+v", a)
			}
			put("192.0.2.2")
			left := ttl
			until(t, "the new address is there", func() bool {
				a := ask()
				if a.Addresses[0].String() == "192.0.2.2" {
					return true
				}
				if a.TTL > left {
					t.Errorf("it says that %s are left of what it kept, after %s", a.TTL, left)
				}
				left = a.TTL
				return false
			})
			// It counts whole seconds: the one in which it asked may have been almost over.
			if kept := time.Since(began); kept < ttl-time.Second {
				t.Errorf("it kept an answer with a TTL of %s for %s", ttl, kept)
			}
			if _, err := user.Lookup(t.Context(), "www.example.org"); err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("asked for a name of another zone, it says %v", err)
			}
		})
	}
}
