package simulation

import (
	"net/netip"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// view is what the name servers answer by: the health of each record's check, and of what it is an alias of.
type view struct{ checks, targets [2]bool }

func (v view) index() (i int) {
	for n, b := range [4]bool{v.checks[0], v.checks[1], v.targets[0], v.targets[1]} {
		if b {
			i |= 1 << n
		}
	}
	return i
}

// Answers that are not a side's number.
const (
	nobody = -1 // without a region
	both   = 2  // one side to some, and the other to others
)

// answers is where the name leads in each view: what package routing answers to each, asked once.
type answers [16]int8

// of is the side that the name leads to.
func (a *answers) of(v view) int8 { return a[v.index()] }

const name, zone = "www.simulation.test.", "simulation.test."

// policy is how the pair's records are chosen between.
type policy struct {
	evaluate bool // by target health too
	shared   bool // by weights, or
	nearest  bool // for each client the nearer one; else the primary's while it is well
}

var known sync.Map // of policy to answers

// answersOf asks for every view of a pair.
func answersOf(p policy) *answers {
	if a, ok := known.Load(p); ok {
		return a.(*answers)
	}
	a, _ := known.LoadOrStore(p, p.ask())
	return a.(*answers)
}

// asked are who asks: one in each region, who draws as the weights have it sooner or later.
func (p policy) asked() (all []routing.Client) {
	for roll := range uint64(16) {
		for _, at := range []string{"198.18.33.1", "198.18.38.1"} { // in us-east-1 and us-west-2, by routing.DefaultPlaces
			all = append(all, routing.Client{Addr: netip.MustParseAddr(at), Roll: roll})
		}
	}
	return all
}

func (p policy) ask() *answers {
	regions := [2]string{"us-east-1", "us-west-2"}
	fronts := [2]string{"a." + regions[0] + ".elb.amazonaws.com.", "b." + regions[1] + ".elb.amazonaws.com."}
	addresses := [2]netip.Addr{netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("203.0.113.1")}
	roles := [2]r53types.ResourceRecordSetFailover{r53types.ResourceRecordSetFailoverPrimary, r53types.ResourceRecordSetFailoverSecondary}
	ids := [2]string{"primary", "standby"}
	var sets []*r53types.ResourceRecordSet
	for n, front := range fronts {
		set := &r53types.ResourceRecordSet{
			Name: aws.String(name), Type: r53types.RRTypeA, SetIdentifier: &ids[n], HealthCheckId: &ids[n],
			AliasTarget: &r53types.AliasTarget{DNSName: aws.String(front), HostedZoneId: aws.String("Z"), EvaluateTargetHealth: p.evaluate},
		}
		switch {
		case p.nearest:
			set.Region = r53types.ResourceRecordSetRegion(regions[n])
		case p.shared:
			set.Weight = aws.Int64(1)
		default:
			set.Failover = roles[n]
		}
		sets = append(sets, set)
	}
	base := routing.New(0, 1, nil).WithZones([]routing.HostedZone{{ID: "Z", Name: zone, Records: sets}})
	all := new(answers)
	for i := range all {
		var v view
		for n, at := range []*bool{&v.checks[0], &v.checks[1], &v.targets[0], &v.targets[1]} {
			*at = i&(1<<n) != 0
		}
		var balancers []beacon.LoadBalancer
		for n := range fronts {
			balancers = append(balancers, beacon.LoadBalancer{DNSName: fronts[n], Addresses: addresses[n : n+1], Healthy: v.targets[n]})
		}
		now := base.WithBalancers(balancers).WithHealth(map[string]bool{ids[0]: v.checks[0], ids[1]: v.checks[1]})
		for n, who := range p.asked() {
			side := leads(now.Answer(dns.Question{Name: name, Qtype: dns.TypeA, Qclass: dns.ClassINET}, who), addresses)
			if n == 0 {
				all[i] = side
			} else if side != all[i] {
				all[i] = both
			}
		}
	}
	return all
}

func leads(a routing.Answer, addresses [2]netip.Addr) int8 {
	for _, rr := range a.Answer {
		if record, ok := rr.(*dns.A); ok {
			for n, address := range addresses {
				if record.A.String() == address.String() {
					return int8(n)
				}
			}
		}
	}
	return nobody
}
