package plan

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy"
)

// Status is the state of a stack at one moment, as AWS reports it.
type Status struct {
	Stack       string         `json:"stack"`
	Host        string         `json:"host"` // the failover record's name
	Zone        string         `json:"zone,omitempty"`
	NameServers []string       `json:"name_servers,omitempty"`
	Regions     []RegionStatus `json:"regions"`
	Missing     []string       `json:"missing,omitempty"` // resources that are declared and not there
	Doubles     []DoubleStatus `json:"doubles,omitempty"` // things that are there twice
	Lock        *Holder        `json:"lock,omitempty"`    // the run that changes the stack now
	Switch      *SwitchState   `json:"switch,omitempty"`  // nil without one, or if the secondary does not answer
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
	Side      understudy.Side  `json:"side"`
	Region    string           `json:"region"`
	Silent    string           `json:"silent,omitempty"`   // why the region's API does not answer; nothing but its check is then known
	Balancer  string           `json:"balancer,omitempty"` // its DNS name
	Resources []ResourceStatus `json:"resources"`
	Targets   []TargetStatus   `json:"targets"`
	Check     Measured         `json:"check"`
	Passing   bool             `json:"passing"`
}

// ResourceStatus is one thing that exists.
type ResourceStatus struct {
	Resource    string       `json:"resource"`
	ID          string       `json:"id"`
	Differences []Difference `json:"differences,omitempty"`
}

// TargetStatus is the health of one instance at its load balancer.
type TargetStatus struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// Whole tells whether everything declared exists, as declared, and both regions are healthy.
func (s *Status) Whole() bool {
	for _, r := range s.Regions {
		if !r.Passing || r.Silent != "" {
			return false
		}
		for _, res := range r.Resources {
			if len(res.Differences) > 0 {
				return false
			}
		}
	}
	return len(s.Missing) == 0 && len(s.Doubles) == 0
}

// Status reads what exists. A region that does not answer is reported as silent, and the rest is reported all the
// same, since a status is most needed during an outage.
func (s *Stack) Status(ctx context.Context) (*Status, error) {
	v := takeInventory(s.Declaration, s.Accounts)
	silent := s.Silent(ctx)
	unknown := func(n *node) bool {
		side, _, _ := strings.Cut(n.id, "/")
		_, beyond := n.resource.(worldwide)
		return silent[understudy.Side(side)] != nil && !beyond
	}
	found, err := v.graph.examine(ctx, unknown)
	if err != nil {
		return nil, err
	}
	status := &Status{Stack: s.Declaration.Name, Host: s.Declaration.Host(), Zone: v.zone.id}
	for _, side := range understudy.Sides {
		r, err := v.regions[side].status(ctx, &v.graph, found)
		if err != nil {
			return nil, err
		}
		if silent[side] != nil {
			r.Silent = silent[side].Error()
			r.Resources = nil // how they differ from what is declared cannot be told
		}
		status.Regions = append(status.Regions, *r)
	}
	for _, n := range v.graph.nodes {
		if r, ok := n.resource.(*switchRule); ok && found[n] {
			state := switchStateOf(r.position, r.body)
			status.Switch = &state
		}
		if _, ok := n.resource.(awaited); !ok && !found[n] && !unknown(n) {
			status.Missing = append(status.Missing, n.id)
		}
		for _, d := range doublesOf(n) {
			status.Doubles = append(status.Doubles, DoubleStatus{n.id, d.identity(), d.of, d.held})
		}
	}
	if silent[understudy.Secondary] == nil {
		if status.Lock, err = s.Holder(ctx); err != nil {
			return nil, err
		}
	}
	if v.zone.id == "" {
		return status, nil
	}
	out, err := v.zone.Route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &v.zone.id})
	if err != nil {
		return nil, fmt.Errorf("get hosted zone %s: %w", v.zone.id, err)
	}
	if out.DelegationSet != nil {
		status.NameServers = out.DelegationSet.NameServers
	}
	return status, nil
}

// status collects what was found in one region.
func (r *region) status(ctx context.Context, g *graph, found map[*node]bool) (*RegionStatus, error) {
	s := &RegionStatus{Side: r.side, Region: r.Region, Balancer: r.balancer.dnsName, Targets: []TargetStatus{}}
	for _, n := range g.nodes {
		if !found[n] || !strings.HasPrefix(n.id, string(r.side)+"/") {
			continue
		}
		switch res := n.resource.(type) {
		case *passing:
			s.Check, s.Passing = res.seen, res.seen.Passes()
		case awaited, *retired:
		default:
			differences := compare(res.desired(), res.actual())
			if _, is := res.(momentary); is && len(differences) == 0 {
				continue
			}
			s.Resources = append(s.Resources, ResourceStatus{strings.TrimPrefix(n.id, string(r.side)+"/"), identity(res), differences})
		}
	}
	serving := r.listener.serving()
	if serving == nil {
		return s, nil
	}
	all, err := r.Account.Targets(ctx, serving.arn)
	if err != nil {
		return nil, err
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
	return s, nil
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
