package doctor

import (
	"context"
	"sync"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan"
)

// fact is what a call answered, or why it did not.
type fact[T any] struct {
	value T
	err   error
}

// facts are all that the checks judge, beside the declaration.
type facts struct {
	regions map[understudy.Side]region
	world   world
}

// region is what is known of one region.
type region struct {
	name       string
	silent     error // why its API does not answer; nothing else is known then
	built      fact[bool]
	given      fact[*account.Given] // the network, where it is given
	zones      fact[[]string]       // the first of these are used
	offered    fact[[]string]       // zones that have the declared type
	kind       fact[kind]
	hosts      *alone      // nil where the hosts are declared as the fleet is
	image      fact[*base] // nil where none matches
	encrypts   fact[bool]  // new volumes, by default
	key        fact[string]
	balancing  fact[[]quota]
	scaling    fact[[]quota]
	limits     fact[map[string]int] // what Service Quotas tells, by its codes
	networks   fact[networks]
	elastics   fact[counted]
	nats       fact[map[string]counted] // by their zones
	endpoints  fact[counted]            // those that are gateways
	alarms     fact[counted]
	running    fact[running]
	group      fact[*group] // nil where there is none yet
	tried      []trial
	parameters fact[map[string]string] // the types of the service's parameters, by their names
	keyPair    fact[bool]              // whether the declared one is there
	secured    fact[certificate]       // by the declared certificate, where users connect with HTTPS
}

// certificate is one of Certificate Manager's, and how long it is valid from now on.
type certificate struct {
	status string
	names  []string
	left   time.Duration
}

// kind is an instance type.
type kind struct {
	known         bool
	architectures []string
	vcpus         int
}

// base is an image to start from.
type base struct {
	id, name, architecture string
	root                   int // the size of its root volume in GiB
}

// quota is a number of things that an account may have.
type quota struct {
	what       string
	used, most int
}

// networks are how many there are, the stack's own too.
type networks struct{ vpcs, gateways int }

// counted are how many of something there are, and how many of these are the stack's own.
type counted struct{ all, own int }

// add counts one more.
func (n counted) add(own bool) counted {
	n.all++
	if own {
		n.own++
	}
	return n
}

// running are the vCPUs of what runs of the declared type's family, and how many of these are the stack's own.
type running struct{ all, own int }

// group is an Auto Scaling group as it is now.
type group struct {
	min, desired, inService, max int
	grown                        bool // to serve in the primary's place
}

// trial is a call with DryRun, and what it answered.
type trial struct {
	action string
	err    error
}

// world is what is known beyond the regions.
type world struct {
	quotas    fact[[]quota]
	zones     fact[[]hosted]  // the public ones with the domain's name
	records   fact[[]record]  // of the declared name, in all these zones
	profile   fact[named]     // the declared instance profile
	unmanaged fact[[]string]  // the declared managed policies that are not there
	parent    *fact[[]string] // the domain's name servers as resolvers find them; nil where nobody was asked
}

// hosted is a hosted zone.
type hosted struct {
	id          string
	nameServers []string
}

// record is a record set of the declared name.
type record struct {
	kind, setID string
	failover    bool // an alias with a failover role
}

// read asks both regions and Route 53 at the same time.
func read(ctx context.Context, s *plan.Stack, o Options) facts {
	f := facts{regions: map[understudy.Side]region{}}
	silent := s.Silent(ctx)
	var (
		all sync.WaitGroup
		mu  sync.Mutex
	)
	for _, side := range understudy.Sides {
		all.Go(func() {
			r := region{name: s.Accounts[side].Region, silent: silent[side]}
			if r.silent == nil {
				r = readRegion(ctx, s.Accounts[side], s.Declaration, side)
			}
			mu.Lock()
			defer mu.Unlock()
			f.regions[side] = r
		})
	}
	var machines world
	all.Go(func() { f.world = readWorld(ctx, s.Accounts[understudy.Primary].Route53, s.Declaration, o) })
	all.Go(func() { readProfile(ctx, s.Accounts[understudy.Primary].IAM, s.Declaration, &machines) })
	all.Wait()
	f.world.profile, f.world.unmanaged = machines.profile, machines.unmanaged
	return f
}

// ask keeps an answer.
func ask[T any](all *sync.WaitGroup, into *fact[T], call func() (T, error)) {
	all.Go(func() { into.value, into.err = call() })
}
