// Package discover finds what stands behind a name, whoever built it: it walks from a record's name through the record sets of its hosted
// zone to load balancers, and in each region that it meets from there to listeners, target groups, fleets, launch templates, images and the
// network around them. It needs no tags and no declaration, and changes nothing.
//
// The walk over record sets is a pure function (tree.go), reading is apart (zone.go, site.go). Package parity compares what is found, the
// doctor judges it, `understudy init --from` describes it in a declaration, and `understudy adopt` holds it as it stands.
package discover

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
)

// Stack is what stands behind a name.
type Stack struct {
	Zone   Zone
	Tree   *Tree
	Checks map[string]r53types.HealthCheck // those that its record sets name, with the ones that these are calculated from
	Sites  []*Site                         // in the order in which the walk met their load balancers
	Roles  map[string]string               // of health checks in a stack of this program's, by their ids, where they were asked for
}

// Open makes the account of a region.
type Open func(region string) (*account.Account, error)

// Find walks all the way.
func Find(ctx context.Context, host string, home *account.Account, open Open) (*Stack, error) {
	s, err := FindNames(ctx, host, home)
	if err != nil {
		return nil, err
	}
	balancers := s.Tree.Root.Balancers()
	if len(balancers) == 0 {
		return nil, fmt.Errorf("%s leads to no load balancer", s.Tree.Host)
	}
	s.Sites = make([]*Site, len(balancers))
	g, ctx := errgroup.WithContext(ctx)
	for n, dns := range balancers {
		g.Go(func() error {
			a, err := open(RegionOf(dns))
			if err == nil {
				s.Sites[n], err = readSite(ctx, a, dns)
			}
			return err
		})
	}
	return s, g.Wait()
}

// Site returns what is behind the load balancer with a DNS name.
func (s *Stack) Site(dns string) *Site {
	for _, site := range s.Sites {
		if site.DNS() == dns {
			return site
		}
	}
	return nil
}

// Asked returns the checks that ask something for a record set: its own, or where that is calculated, all below it.
func (s *Stack) Asked(r r53types.ResourceRecordSet) []r53types.HealthCheck {
	return s.asked(aws.ToString(r.HealthCheckId), map[string]bool{})
}

func (s *Stack) asked(id string, seen map[string]bool) (found []r53types.HealthCheck) {
	check, ok := s.Checks[id]
	if !ok || seen[id] {
		return nil
	}
	seen[id] = true
	if check.HealthCheckConfig.Type != r53types.HealthCheckTypeCalculated {
		return []r53types.HealthCheck{check}
	}
	for _, child := range check.HealthCheckConfig.ChildHealthChecks {
		found = append(found, s.asked(child, seen)...)
	}
	return found
}
