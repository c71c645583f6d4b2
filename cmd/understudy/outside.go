package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/resolvers"
)

// outside is how users reach what was built, if names and ports alone do not lead there. A local cloud
// puts it into the environment; see "understudy cloud env".
type outside struct {
	resolver  string        // host:port of a name server that knows the failover name, or ""
	portShift int           // added to ports below 1024
	speed     float64       // at which the cloud runs; 1 on AWS
	least     time.Duration // the shortest time-out there
	local     bool          // it is a local cloud, which has a speed
	trusts    string        // a file of authorities that users trust beside the system's, or ""
}

func readOutside(getenv func(string) string) (outside, error) {
	o := outside{resolver: getenv("UNDERSTUDY_RESOLVER"), speed: 1, least: cloud.LeastTimeout, trusts: getenv("UNDERSTUDY_CERTIFICATES")}
	var err error
	if v := getenv("UNDERSTUDY_PORT_SHIFT"); v != "" {
		if o.portShift, err = strconv.Atoi(v); err != nil {
			return o, misuse(fmt.Errorf("UNDERSTUDY_PORT_SHIFT: %w", err))
		}
	}
	if v := getenv("UNDERSTUDY_SPEED"); v != "" {
		o.local = true
		if o.speed, err = strconv.ParseFloat(v, 64); err != nil || o.speed <= 0 {
			return o, misuse(fmt.Errorf("UNDERSTUDY_SPEED: %q is not a positive number", v))
		}
	}
	if v := getenv("UNDERSTUDY_LEAST_TIMEOUT"); v != "" {
		if o.least, err = time.ParseDuration(v); err != nil || o.least <= 0 {
			return o, misuse(fmt.Errorf("UNDERSTUDY_LEAST_TIMEOUT: %q is not a positive duration", v))
		}
	}
	return o, nil
}

func (o outside) port(declared int) int {
	if declared < 1024 {
		return declared + o.portShift
	}
	return declared
}

// authorities are those whose certificates users trust: nil is the system's. The file is read when users connect with HTTPS: a cloud
// of before may have none.
func (o outside) authorities(secure bool) (*x509.CertPool, error) {
	if o.trusts == "" || !secure {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without any
	}
	file, err := os.ReadFile(o.trusts)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_CERTIFICATES: %w", err)
	}
	if !pool.AppendCertsFromPEM(file) {
		return nil, fmt.Errorf("UNDERSTUDY_CERTIFICATES: %s has no certificate", o.trusts)
	}
	return pool, nil
}

// pace is the speed of what AWS gives times for.
func (o outside) pace() drill.Settings {
	return drill.Settings{Speed: o.speed, LeastTimeout: o.least} // at speed 1, and so on AWS, LeastTimeout changes nothing
}

// paced gives the settings of a health check this cloud's speed, and users with so many requests a second together.
func (o outside) paced(s drill.Settings, users int, rate float64) drill.Settings {
	pace := o.pace()
	s.Speed, s.LeastTimeout = pace.Speed, pace.LeastTimeout
	s.ClientTimeout, s.ClientEvery = drill.UserTimeout, time.Duration(float64(users)/rate*float64(time.Second))
	return s
}

type lookup = func(context.Context, string) (drill.Answer, error)

// lookups returns the resolvers for the failover name, of IPv4 and of both families, and the one for the load balancers' own names. The second is
// nil on a local cloud: the addresses of IPv6 that it answers with are inside it alone, since loopback has twins of IPv4 alone.
func (o outside) lookups(nameServer string) (names, both, balancers lookup) {
	if o.resolver != "" {
		r := drill.Resolver{Server: o.resolver}
		return r.Lookup, nil, r.Lookup
	}
	r := drill.Resolver{Server: nameServer, Elsewhere: o.elsewhere()}
	return r.Lookup, r.LookupBoth, drill.SystemLookupBoth
}

// asked is whom resolvers ask that others wrote. Others know the names of other zones, for a record that may lead there by a CNAME: on AWS those that
// this machine asks.
func (o outside) asked(zone, nameServer string, leadsOn bool) (up resolvers.Upstream, err error) {
	up = resolvers.Upstream{Zone: zone, Server: cmp.Or(o.resolver, nameServer)}
	switch {
	case !leadsOn:
	case o.resolver != "":
		up.Others = []string{o.resolver}
	default:
		up.Others, err = resolvers.System()
	}
	return up, err
}

// elsewhere finds what a CNAME leads to, as the one of lookups does.
func (o outside) elsewhere() func(context.Context, string, string) (drill.Answer, error) {
	if o.resolver != "" {
		return nil
	}
	return drill.System
}

// rehearsal prepares a drill of a stack's primary, except its fault and its journal. The users ask for the path that tells the service's
// health, with this many requests a second together.
func rehearsal(ctx context.Context, s *plan.Stack, o outside, users int, rate float64) (*drill.Drill, drill.Pair, error) {
	d, r53 := s.Declaration, s.Accounts[understudy.Primary].Route53
	pair, err := drill.FindPair(ctx, r53, d.Host(), d.Regions[understudy.Primary].Name)
	if err != nil {
		return nil, pair, err
	}
	settings, err := drill.CheckSettings(ctx, r53, pair)
	if err != nil {
		return nil, pair, err
	}
	settings = o.paced(settings, users, rate)
	primary, secondary := d.Regions[understudy.Primary].Name, d.Regions[understudy.Secondary].Name
	names, both, balancers := o.lookups(pair.NameServer)
	locator := &drill.Locator{Lookup: balancers, Names: map[string]string{
		pair.Primary.LoadBalancer: primary, pair.Secondary.LoadBalancer: secondary,
	}}
	asked, err := o.asked(pair.Zone, pair.NameServer, false) // aliases are answered with addresses
	if err != nil {
		return nil, pair, err
	}
	page, err := url.Parse(d.Service.Health)
	if err != nil {
		return nil, pair, err
	}
	authorities, err := o.authorities(d.HTTPS.Declared())
	if err != nil {
		return nil, pair, err
	}
	scheme, port := d.Entry()
	asks := 0
	if d.Failover.Active() {
		asks = draws(d)
	}
	return &drill.Drill{
		Stack:   d.Name,
		URL:     &url.URL{Scheme: scheme, Host: fmt.Sprintf("%s:%d", d.Host(), port), Path: page.Path, RawQuery: page.RawQuery},
		Clients: users,
		Port:    o.port(port), Authorities: authorities,
		Primary: primary, Secondary: secondary, RTO: d.Failover.RTO, Draws: asks,
		Settings: settings, Lookup: names, LookupBoth: both, Region: locator.Region,
		Upstream: asked, Elsewhere: o.elsewhere(),
		Check: func(ctx context.Context) (drill.Checked, error) {
			return halfState(ctx, r53, pair.Primary)
		},
	}, pair, nil
}

// halfState is what Route 53's checkers find of all checks of a record.
func halfState(ctx context.Context, c *route53.Client, h drill.Half) (drill.Checked, error) {
	found, err := checkState(ctx, c, h.HealthCheck, h.HealthCheck)
	for _, id := range h.Beside {
		if err != nil {
			break
		}
		var one drill.Checked
		one, err = checkState(ctx, c, id, id)
		found.Beside = append(found.Beside, one)
	}
	found.Needed = h.Needed
	return found, err
}

// checkState is what Route 53's checkers find, each by its last probe of what one health check asks, and whether the one by which Route 53 judges
// is inverted: the same, or one that is calculated from it.
func checkState(ctx context.Context, c *route53.Client, asks, judges string) (drill.Checked, error) {
	seen, err := account.Observations(ctx, c, asks)
	if err != nil {
		return drill.Checked{}, err
	}
	check, err := c.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &judges})
	if err != nil {
		return drill.Checked{}, err
	}
	found := drill.Checked{Inverted: aws.ToBool(check.HealthCheck.HealthCheckConfig.Inverted)}
	for _, o := range seen {
		if o.StatusReport == nil {
			continue
		}
		found.Seen = append(found.Seen, drill.Observation{
			Checker: string(o.Region) + " " + aws.ToString(o.IPAddress), At: aws.ToTime(o.StatusReport.CheckedTime),
			Passed: strings.HasPrefix(aws.ToString(o.StatusReport.Status), "Success"),
		})
	}
	return found, nil
}
