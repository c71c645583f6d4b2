package discover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
)

// Loss is how a name is led away from a region by nothing but health checks.
type Loss struct {
	Region string   // that users leave
	To     []string // the regions where they are then
	Checks []string // the ids of the health checks that have to fail
	// Shares tells that other regions serve users too while nothing is lost.
	Shares bool
}

// Lose returns what has to fail so that a name no longer leads to a region: the health checks of those record sets behind which no other
// region is. An empty region is the one of the load balancer that Route 53 asks for first. It is an error if a check is followed by record
// sets of other regions too, or if Route 53 goes on answering with the region, since nothing judges it or nothing else is healthy.
func (t *Tree) Lose(region string) (Loss, error) {
	all := t.Root.Regions()
	if region == "" && len(all) > 0 {
		region = all[0]
	}
	l := Loss{Region: region}
	if !slices.Contains(all, region) {
		return l, fmt.Errorf("%s does not lead to %q, but to %s", t.Host, region, strings.Join(all, ", "))
	}
	ill := map[string]bool{}
	for _, n := range t.order {
		for _, b := range n.Branches {
			if id := aws.ToString(b.Record.HealthCheckId); id != "" && slices.Equal(b.Regions(), []string{region}) && !ill[id] {
				ill[id] = true
				l.Checks = append(l.Checks, id)
			}
		}
	}
	for _, n := range t.order {
		for _, b := range n.Branches {
			if id := aws.ToString(b.Record.HealthCheckId); ill[id] && !slices.Equal(b.Regions(), []string{region}) {
				return l, fmt.Errorf("health check %s decides about %s in other regions too", id, n.Name)
			}
		}
	}
	before := regionsOf(t.Root.answers(nil))
	if !slices.Contains(before, region) {
		return l, fmt.Errorf("%s leads no user to %s while all is well", t.Host, region)
	}
	l.Shares = len(before) > 1
	l.To = regionsOf(t.Root.answers(ill))
	if slices.Contains(l.To, region) {
		return l, fmt.Errorf("%s leads to %s even if every health check of its records fails (%s)", t.Host, region, counted(len(l.Checks)))
	}
	return l, nil
}

func counted(checks int) string {
	if checks == 0 {
		return "they have none"
	}
	return fmt.Sprintf("they have %d", checks)
}

// answers returns the load balancers that Route 53 may answer a name with while these checks fail and all else is well: "How Amazon Route 53
// chooses records when health checking is configured" in its Developer Guide.
func (n *Name) answers(ill map[string]bool) (balancers []string) {
	for _, b := range n.chosen(ill) {
		switch {
		case b.End == Balancer:
			balancers = append(balancers, b.To)
		case b.Next != nil:
			balancers = append(balancers, b.Next.answers(ill)...)
		}
	}
	return balancers
}

// chosen returns the branches that Route 53 draws from.
func (n *Name) chosen(ill map[string]bool) []Branch {
	healthy := slices.DeleteFunc(slices.Clone(n.Branches), func(b Branch) bool { return b.ill(ill) })
	if len(healthy) == 0 {
		healthy = n.Branches // as if all were well
	}
	if first := only(healthy, func(b Branch) bool { return b.Record.Failover == r53types.ResourceRecordSetFailoverPrimary }); len(first) > 0 {
		return first
	}
	// A weight of 0 counts while no other is healthy.
	if weighty := only(healthy, func(b Branch) bool { return b.Record.Weight == nil || *b.Record.Weight > 0 }); len(weighty) > 0 {
		return weighty
	}
	return healthy
}

func only(all []Branch, is func(Branch) bool) []Branch {
	return slices.DeleteFunc(slices.Clone(all), func(b Branch) bool { return !is(b) })
}

// ill tells whether Route 53 takes a branch for unhealthy: by its own check, or by all that its alias leads to.
func (b Branch) ill(checks map[string]bool) bool {
	if checks[aws.ToString(b.Record.HealthCheckId)] {
		return true
	}
	if !b.Evaluates || b.Next == nil || len(b.Next.Branches) == 0 {
		return false
	}
	return !slices.ContainsFunc(b.Next.Branches, func(next Branch) bool { return !next.ill(checks) })
}

// Draws is how often a name has to be asked until the record set with the least share is seldom missed.
func (t *Tree) Draws() int {
	least := 1.0
	for _, n := range t.order {
		total := 0.0
		for _, b := range n.Branches {
			total += float64(aws.ToInt64(b.Record.Weight))
		}
		for _, b := range n.Branches {
			if w := float64(aws.ToInt64(b.Record.Weight)); w > 0 {
				least = min(least, w/total)
			}
		}
	}
	return account.Draws(least)
}
