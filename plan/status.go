package plan

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/lock"
	"github.com/understudy/understudy/plan/resource"
)

// Status is the state of a stack at one moment, as AWS reports it.
type Status struct {
	Stack       string                 `json:"stack"`
	Host        string                 `json:"host"` // the failover record's name
	Zone        string                 `json:"zone,omitempty"`
	NameServers []string               `json:"name_servers,omitempty"`
	Regions     []RegionStatus         `json:"regions"`
	Resources   []ResourceStatus       `json:"resources"`         // those of no region
	Missing     []string               `json:"missing,omitempty"` // resources that are declared and not there
	Doubles     []DoubleStatus         `json:"doubles,omitempty"` // things that are there twice
	Lock        *lock.Holder           `json:"lock,omitempty"`    // the run that changes the stack now
	Routing     understudy.Routing     `json:"routing"`
	Switch      *balancing.SwitchState `json:"switch,omitempty"`            // nil without one, or if the secondary does not answer
	Opposite    *balancing.SwitchState `json:"switch_of_primary,omitempty"` // the primary's, where both regions serve
	Unread      []Unread               `json:"unread,omitempty"`            // what could not be read; nothing is said of it above
}

// Unread is something of a stack that could not be read.
type Unread struct {
	What string `json:"what"` // a resource, primary/vpc, or what else a status has
	Why  string `json:"why"`
}

// DoubleStatus is a double: a thing that exists twice, of which the stack does not use this one.
type DoubleStatus struct {
	Resource string   `json:"resource"` // primary/vpc
	ID       string   `json:"id"`
	Of       string   `json:"of,omitempty"`    // the id of the one in use
	Holds    []string `json:"holds,omitempty"` // what keeps up from removing it
}

// RegionStatus is one region of it.
type RegionStatus struct {
	Side      understudy.Side       `json:"side"`
	Region    string                `json:"region"`
	Silent    string                `json:"silent,omitempty"`   // why the region's API does not answer; nothing but its check is then known
	Balancer  string                `json:"balancer,omitempty"` // its DNS name
	Resources []ResourceStatus      `json:"resources"`
	Targets   []TargetStatus        `json:"targets"`
	Check     failover.Measured     `json:"check"`
	Checks    []failover.FoundCheck `json:"checks,omitempty"` // all of them, where there are several
	Needed    int                   `json:"needed,omitempty"` // of these have to pass
	Passing   bool                  `json:"passing"`
	Unchecked bool                  `json:"unchecked,omitempty"` // Check and Passing could not be read
	Dark      bool                  `json:"dark,omitempty"`      // it has no instance until it is to serve, as declared
}

// ResourceStatus is one thing that exists.
type ResourceStatus struct {
	Resource    string                `json:"resource"`
	ID          string                `json:"id"`
	Differences []resource.Difference `json:"differences,omitempty"`
}

// TargetStatus is the health of one instance at its load balancer.
type TargetStatus struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// Whole tells whether everything declared exists, as declared, both regions are healthy, and all of that could be read.
func (s *Status) Whole() bool { return !s.Wrong() && len(s.Unread) == 0 }

// Wrong tells whether something is missing, different, twice, silent or ill, as far as it could be read.
func (s *Status) Wrong() bool {
	differ := func(r ResourceStatus) bool { return len(r.Differences) > 0 }
	for _, r := range s.Regions {
		if !r.Passing && !r.Unchecked && !r.Dark || r.Silent != "" || slices.ContainsFunc(r.Resources, differ) {
			return true
		}
	}
	return slices.ContainsFunc(s.Resources, differ) || len(s.Missing) > 0 || len(s.Doubles) > 0
}

// Status reads what exists. A region that does not answer is reported as silent, what else cannot be read as unread, and the rest
// is reported all the same, since a status is most needed during an outage. The error is the context's.
func (s *Stack) Status(ctx context.Context) (*Status, error) {
	v := takeInventory(s.Declaration, brisk(s.Accounts))
	silent := s.Silent(ctx)
	unknown := func(n *node) bool {
		side, _, _ := strings.Cut(n.id, "/")
		_, beyond := n.resource.(resource.Worldwide)
		if _, theirs := n.resource.(*neighbours); theirs {
			return true
		}
		return silent[understudy.Side(side)] != nil && !beyond
	}
	seen, err := v.graph.survey(ctx, unknown)
	if err != nil {
		return nil, err
	}
	status := &Status{
		Stack: s.Declaration.Name, Host: s.Declaration.Host(), Routing: s.Declaration.Failover.Routing, Zone: v.zone.ID,
		Resources: seen.resources(&v.graph, understudy.Global),
	}
	for _, side := range understudy.Sides {
		r := v.status(ctx, side, seen, status)
		if silent[side] != nil {
			r.Silent = silent[side].Error()
			r.Resources = []ResourceStatus{} // how they differ from what is declared cannot be told
		}
		status.Regions = append(status.Regions, r)
	}
	for _, n := range v.graph.nodes {
		if r, ok := n.resource.(*balancing.SwitchRule); ok && seen.found[n] {
			status.switchAt(r.Side, balancing.SwitchStateOf(r.Position, r.Body))
		}
		if l, ok := n.resource.(*balancing.Listener); ok && l.Switches && seen.found[n] {
			status.switchAt(l.Side, l.State())
		}
		if err := seen.unread[n]; err != nil {
			status.unread(n.id, err)
		} else if _, ok := n.resource.(resource.Awaited); !ok && !seen.found[n] && !unknown(n) {
			status.Missing = append(status.Missing, n.id)
		}
		for _, d := range doublesOf(n) {
			status.Doubles = append(status.Doubles, DoubleStatus{n.id, d.Identity(), d.Of, d.Held})
		}
	}
	if silent[understudy.Secondary] == nil {
		if status.Lock, err = s.Holder(ctx); err != nil {
			status.unread("lock", err)
		}
	}
	if status.NameServers, err = v.zone.NameServers(ctx); err != nil {
		status.unread("name servers", err)
	}
	return status, ctx.Err()
}

func (s *Status) switchAt(at understudy.Side, state balancing.SwitchState) {
	if at == understudy.Primary {
		s.Opposite = &state
	} else {
		s.Switch = &state
	}
}

func (s *Status) unread(what string, err error) {
	s.Unread = append(s.Unread, Unread{what, err.Error()})
}

// brisk are the accounts for a reader who wants an answer within seconds.
func brisk(accounts map[understudy.Side]*account.Account) map[understudy.Side]*account.Account {
	quick := map[understudy.Side]*account.Account{}
	for side, a := range accounts {
		quick[side] = a.Brisk()
	}
	return quick
}

// resources lists what was found of one side, and how it differs from what is declared.
func (s *survey) resources(g *graph, side understudy.Side) []ResourceStatus {
	found := []ResourceStatus{}
	for _, n := range g.nodes {
		name, of := strings.CutPrefix(n.id, string(side)+"/")
		if !of || !s.found[n] {
			continue
		}
		var differences []resource.Difference
		if s.complete(n) {
			differences = resource.Compare(n.resource.Desired(), n.resource.Actual())
		}
		switch n.resource.(type) {
		case resource.Awaited, *retired:
			continue
		case resource.Momentary:
			if len(differences) == 0 {
				continue
			}
		}
		found = append(found, ResourceStatus{name, resource.Identity(n.resource), differences})
	}
	return found
}

// status collects what was found in one region.
func (v *inventory) status(ctx context.Context, side understudy.Side, seen *survey, whole *Status) RegionStatus {
	r := v.regions[side]
	s := RegionStatus{Side: side, Region: r.Region, Balancer: r.balancer.DNSName, Resources: seen.resources(&v.graph, side),
		Targets: []TargetStatus{}, Check: r.passing.Seen, Unchecked: seen.unread[r.healthNode] != nil}
	s.Passing = seen.found[r.healthNode] && r.passing.Serves()
	if s.Checks = r.passing.Found; len(s.Checks) > 0 {
		s.Needed = r.Declared.Failover.Needed()
	}
	s.Dark = seen.found[r.fleetNode] && r.fleet.Dark()
	serving := ""
	if g := r.listener.Serving(); g != nil {
		serving = g.ARN
	}
	var err error
	if b := r.balancer.Leads(v.records.Seen[side]); b != nil { // in an earlier network still
		s.Balancer, s.Check = aws.ToString(b.DNSName), r.passing.Other
		serving, err = r.groupWithin(ctx, aws.ToString(b.VpcId))
	}
	if err == nil && serving == "" {
		return s
	}
	var all []elbtypes.TargetHealthDescription
	if err == nil {
		all, err = r.Account.Targets(ctx, serving)
	}
	if err != nil {
		whole.unread(r.id("targets"), err)
	}
	for _, h := range all {
		if h.Target == nil {
			continue
		}
		t := TargetStatus{ID: aws.ToString(h.Target.Id)}
		if h.TargetHealth != nil {
			t.State, t.Reason = string(h.TargetHealth.State), string(h.TargetHealth.Reason)
		}
		s.Targets = append(s.Targets, t)
	}
	return s
}

// groupWithin returns the target group of an earlier network.
func (r *region) groupWithin(ctx context.Context, vpc string) (arn string, err error) {
	groups, err := balancing.TargetGroups(ctx, r.Scope)
	for _, g := range groups {
		if aws.ToString(g.VpcId) == vpc {
			return aws.ToString(g.TargetGroupArn), nil
		}
	}
	return "", err
}

// Silent returns, for each region whose API does not answer, the error. It returns within seconds.
func (s *Stack) Silent(ctx context.Context) map[understudy.Side]error {
	var (
		mu     sync.Mutex
		all    sync.WaitGroup
		silent = map[understudy.Side]error{}
	)
	for side, a := range s.Accounts {
		all.Go(func() {
			if err := a.Silent(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				silent[side] = err
			}
		})
	}
	all.Wait()
	return silent
}
