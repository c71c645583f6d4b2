package zones

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	mdns "github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/dns"
	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// answers are what the name servers answer. Each change of zones, health or load balancers makes a new view, which replaces
// the old one as a whole.
type answers struct {
	room   *Room
	server *dns.Server
	logs   queryLogFiles
	view   atomic.Pointer[routing.View]

	mu    sync.Mutex // one view is made at a time, so that older answers never replace newer ones; guards what follows
	keys  dnssecKeys
	trees policyTrees
}

// newAnswers returns answers without the stored zones.
func newAnswers(r *Room, none *routing.View, dir string) *answers {
	a := &answers{
		room: r, server: dns.NewServer(dns.Config{Log: r.Log}), logs: queryLogFiles{dir: dir}, keys: newDNSSECKeys(), trees: newPolicyTrees(),
	}
	a.view.Store(none.WithNameServers(r.serversAt()))
	return a
}

var _ engine = (*answers)(nil)

// Publish implements engine.
func (a *answers) Publish() {
	a.logs.follow(a.room.queryLogs.All(), a.server)
	a.put(func(v *routing.View) *routing.View {
		var all []routing.HostedZone
		for _, z := range a.room.oldestFirst() {
			zone := routing.HostedZone{ID: z.ID, Name: z.Name, Keys: a.keysOf(z.ID), Private: z.private(), Records: a.trees.recordsOf(a.room, z)}
			for _, v := range z.VPCs {
				zone.VPCs = append(zone.VPCs, v.String())
			}
			all = append(all, zone)
		}
		return v.WithZones(all).WithCollections(a.room.collectionsOf()).WithNameServers(a.room.serversAt())
	})
}

// oldestFirst are the zones in the order in which those of one name answer: on AWS each has name servers of its own and the
// domain is delegated to one of them, the one that was there first as a rule.
func (r *Room) oldestFirst() []zone {
	return slices.SortedFunc(slices.Values(r.zones.All()), func(x, y zone) int {
		return cmp.Or(x.Created.Compare(y.Created), strings.Compare(x.ID, y.ID))
	})
}

// judged applies changes of health checks to the answers. Removed checks become unknown: their records count as healthy.
func (a *answers) judged(changes map[string]bool, removed ...string) {
	a.put(func(v *routing.View) *routing.View { return v.WithHealth(changes, removed...) })
}

// put makes a new view from the present one.
func (a *answers) put(change func(*routing.View) *routing.View) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := change(a.view.Load())
	a.view.Store(v)
	a.server.Swap(v)
}

// keysOf are the keys that a zone is signed with, or nil.
func (a *answers) keysOf(id string) *dnssec.Keys {
	row, ok := a.room.signings.Get(id)
	if !ok {
		return nil
	}
	keys, err := a.keys.of(row)
	if err != nil {
		a.room.Log.Error("a zone cannot be signed", "zone", id, "error", err)
	}
	return keys
}

func (a *answers) resolve(name string) []netip.Addr { return a.view.Load().Resolve(name) }

// Test implements engine.
func (a *answers) Test(zone, name string, t r53types.RRType, from routing.Client) (string, []string) {
	reply := a.view.Load().AnswerOf(zone, mdns.Question{Name: records.Presentation(name), Qtype: mdns.StringToType[string(t)], Qclass: mdns.ClassINET}, from)
	var values []string
	for _, rr := range reply.Answer {
		values = append(values, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return mdns.RcodeToString[reply.Rcode], values
}

func (a *answers) close() error {
	err := a.server.Close()
	a.logs.close()
	return err
}
