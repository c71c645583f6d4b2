package parity

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// AuditRecord compares the two regions behind a record, whoever built them: it walks from the records to the load balancers
// that they name, and reads the networks around these. Without a declaration nothing says what is right: the secondary is to
// be as the primary. Open makes the account of a region; home is any, for Route 53.
func AuditRecord(ctx context.Context, host string, home *account.Account, open func(region string) (*account.Account, error), o Options) (*Report, error) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	known, err := fetchNames(ctx, home, host, host)
	if err != nil {
		return nil, err
	}
	pair, err := known.pair()
	if err != nil {
		return nil, err
	}
	places := map[understudy.Side]place{}
	for n, side := range understudy.Sides {
		a, err := open(regionOf(pair[n]))
		if err != nil {
			return nil, err
		}
		places[side] = place{Account: a, side: side, balancer: pair[n], tags: o.Tags}
	}
	p, err := read(ctx, places, host, "", known)
	if err != nil {
		return nil, err
	}
	return Compare(*p, nil), nil
}

// pair returns the DNS names of the two load balancers that a name's records lead to, the primary's first: by the failover
// records' own words, and of other policies in the order of the records.
func (n *names) pair() ([2]string, error) {
	var found []string
	for _, part := range []r53types.ResourceRecordSetFailover{r53types.ResourceRecordSetFailoverPrimary, r53types.ResourceRecordSetFailoverSecondary, ""} {
		for _, r := range n.records {
			if to := targetOf(r); r.Failover == part && regionOf(to) != "" && !slices.Contains(found, to) {
				found = append(found, to)
			}
		}
	}
	if n.zone == "" {
		return [2]string{}, fmt.Errorf("no public hosted zone of this account has %s", n.host)
	}
	if len(found) != 2 {
		return [2]string{}, fmt.Errorf("%s leads to %d load balancers, and two are compared%s", n.host, len(found), strings.Join(append([]string{""}, found...), " "))
	}
	if regionOf(found[0]) == regionOf(found[1]) {
		return [2]string{}, errors.New("both load balancers of " + n.host + " are in " + regionOf(found[0]))
	}
	return [2]string{found[0], found[1]}, nil
}

// regionOf reads the region from a load balancer's DNS name: name-1234567890.us-east-1.elb.amazonaws.com, and of network load
// balancers name-0123456789abcdef.elb.us-east-1.amazonaws.com
// (https://docs.aws.amazon.com/general/latest/gr/elb.html).
func regionOf(dns string) string {
	for _, form := range balancerNames {
		if m := form.FindStringSubmatch(dns); m != nil {
			return m[1]
		}
	}
	return ""
}

var balancerNames = []*regexp.Regexp{
	regexp.MustCompile(`\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.elb\.amazonaws\.com(?:\.cn)?$`),
	regexp.MustCompile(`\.elb\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.amazonaws\.com(?:\.cn)?$`),
}
