package parity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// AuditRecord compares the regions behind a record, whoever built them, in pairs: it walks from the records to the load balancers
// that they lead to, and reads the networks around these. Without a declaration nothing says what is right: the secondary is to
// be as the primary. Open makes the account of a region; home is any, for Route 53.
func AuditRecord(ctx context.Context, host string, home *account.Account, open discover.Open, o Options) ([]*Report, error) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	known, err := findNames(ctx, home, host)
	if err != nil {
		return nil, err
	}
	pairs, err := known.pairs()
	if err != nil {
		return nil, err
	}
	var reports []*Report
	compared := map[string]bool{}
	for _, pair := range pairs {
		places, networks, err := placesOf(ctx, pair, open, o)
		if err != nil {
			return nil, err
		}
		if compared[networks] { // it has other load balancers in the same networks, which were compared with them
			continue
		}
		compared[networks] = true
		p, err := read(ctx, places, host, "", known)
		if err != nil {
			return nil, err
		}
		reports = append(reports, Compare(*p, nil))
	}
	return reports, nil
}

// placesOf returns where to read for a pair of load balancers, and the two networks that they are in.
func placesOf(ctx context.Context, pair discover.Pair, open discover.Open, o Options) (map[understudy.Side]place, string, error) {
	places, networks := map[understudy.Side]place{}, []string{}
	for n, side := range understudy.Sides {
		a, err := open(discover.RegionOf(pair.Balancers[n]))
		if err != nil {
			return nil, "", err
		}
		places[side] = place{Account: a, side: side, balancer: pair.Balancers[n], tags: o.Tags}
		id, err := (&fetcher{place: places[side]}).vpcOf(ctx)
		if err != nil {
			return nil, "", fmt.Errorf("read the VPC of %s: %w", a.Region, err)
		}
		networks = append(networks, a.Region+" "+id)
	}
	return places, strings.Join(networks, ", "), nil
}

// pairs returns the load balancers that the name's records lead to, two and two.
func (n *names) pairs() ([]discover.Pair, error) {
	found := n.tree.Root.Balancers()
	pairs := n.tree.Pairs()
	switch {
	case len(pairs) > 0:
		return pairs, nil
	case len(found) < 2:
		return nil, fmt.Errorf("%s leads to %d load balancers, and two are compared%s", n.host, len(found), strings.Join(append([]string{""}, found...), " "))
	}
	return nil, errors.New("all load balancers of " + n.host + " are in " + discover.RegionOf(found[0]))
}

// sideBehind returns the side that all load balancers behind a DNS name are of, "" where they are of both, or of neither.
func (n *naming) sideBehind(dns string) understudy.Side {
	behind := []string{dns}
	if inner := n.inner(dns); inner != nil {
		behind = inner.Balancers()
	}
	sides := map[understudy.Side]bool{}
	for _, b := range behind {
		at := slices.IndexFunc(n.fronts, func(f front) bool { return f.dns == b })
		if at < 0 {
			return ""
		}
		sides[n.fronts[at].side] = true
	}
	for _, side := range understudy.Sides {
		if sides[side] && len(sides) == 1 {
			return side
		}
	}
	return ""
}

// inner returns a name of the zone on the way from the record, nil for any other.
func (n *naming) inner(name string) *discover.Name {
	if n.names == nil || n.tree == nil {
		return nil
	}
	return n.tree.Name(name)
}

// forks tells whether a record leads to load balancers of both sides, or to some that are compared as another pair: then it belongs to
// neither side, and is nobody's in the way.
func (n *naming) forks(r r53types.ResourceRecordSet) bool {
	if n.tree == nil {
		return false
	}
	to := targetOf(r)
	inner := n.inner(to)
	return discover.RegionOf(to) != "" || inner != nil && len(inner.Balancers()) > 0
}

// shownBehind tells where a record leads that does not lead to a load balancer itself.
func (n *naming) shownBehind(r r53types.ResourceRecordSet) string {
	if n.inner(targetOf(r)) != nil {
		return "a name of the zone that leads to this region"
	}
	return shown(r)
}

// recordRole is a record's role: the name and the type.
func recordRole(r r53types.ResourceRecordSet) string {
	return strings.TrimSuffix(aws.ToString(r.Name), ".") + " " + string(r.Type)
}
