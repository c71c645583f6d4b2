package understudy

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// MostChecks are as many as a stack has beside the first: each is paid for, and probes the service from some fifteen places.
const MostChecks = 8

// check reads what the checkers ask the application for: what moves users by hand, and what drills break, is judged by it.
func check(o *object, d *Declaration) Check {
	c := asking(o, d)
	// "If you want to specify regions, you must specify at least three" (HealthCheckConfig, Regions: an array of 3 to 64 members).
	const fewest = 3
	c.Regions = o.texts("regions", []string{}, checkerRegion)
	switch named := slices.Compact(slices.Sorted(slices.Values(c.Regions))); {
	case len(named) < len(c.Regions):
		o.mistake("regions", "a region twice", "each region once")
	case len(named) > 0 && len(named) < fewest:
		o.mistake("regions", fmt.Sprintf("%d regions", len(named)), fmt.Sprintf("at least %d, or no list for all", fewest))
	}
	c.Latency = o.flag("latency", false)
	if d.listens(d.AskedBy(c)) && !d.AsksService(c) {
		o.wrong("a check that the load balancer answers and not the service",
			"HTTP or HTTPS at the port where users connect, or a host; others stand under failover.checks")
	}
	return c
}

// further reads the checks beside the first, which share its checkers.
func further(o *object, d *Declaration, first Check) (all []Check) {
	for _, one := range o.objects("checks") {
		c := furtherCheck(one, d, first)
		if slices.ContainsFunc(append(all, first), func(b Check) bool { return reflect.DeepEqual(b, c) }) {
			one.wrong("the same check again", "checks of which each asks for something else")
		}
		all = append(all, c)
	}
	if len(all) > MostChecks {
		o.mistake("checks", fmt.Sprintf("%d checks", len(all)), fmt.Sprintf("at most %d", MostChecks))
	}
	return all
}

// healthy reads how many of a region's checks must be; 0 is all of them.
func healthy(o *object, checks int) int {
	n := o.number("healthy", 0, 0, MostChecks+1)
	if n > checks {
		o.mistake("healthy", fmt.Sprintf("%d, of %d checks", n, checks), "at most as many as there are, failover.check among them")
	}
	return n
}

// asking reads what one check asks for.
func asking(o *object, d *Declaration) Check {
	c := Check{Path: o.text("path", "", checkPath), Match: o.text("match", "", matchText), Host: checkHosts(o.object("host"), d),
		Port: o.number("port", 0, 0, 65535), Protocol: o.text("protocol", "", checkProtocol)}
	protocol, port := d.AskedBy(c)
	switch {
	case protocol == CheckTCP && c.Path+c.Match != "":
		o.wrong("a path or a text of a check by TCP", "neither: whether a connection is made is all that it tells")
	case protocol != CheckTCP:
		c.Path = cmp.Or(c.Path, d.Service.Health)
	}
	if c.Host == nil && !d.listens(protocol, port) {
		o.wrong(fmt.Sprintf("a check of %s at port %d, where the load balancer does not listen so", protocol, port),
			"a port of a listener by its protocol, or by TCP, or a host")
	}
	if entry, users := d.Entry(); protocol == strings.ToUpper(entry) && port == users {
		c.Protocol, c.Port = "", 0 // as it is without saying so
	}
	return c
}

// listens tells whether the load balancer listens at a port, and by this protocol.
func (d *Declaration) listens(protocol string, port int) bool {
	scheme, entry := d.Entry()
	if port == entry {
		return protocol == CheckTCP || protocol == strings.ToUpper(scheme)
	}
	return d.HTTPS.Redirects() && port == d.Listener.Port && protocol != CheckHTTPS
}

// checkHosts reads the names by which the regions are asked: both or none, and none that leads to whichever region serves.
func checkHosts(o *object, d *Declaration) map[Side]string {
	found := map[Side]string{}
	for _, side := range Sides {
		if name := o.text(string(side), "", checkHost); name != "" {
			found[side] = name
		}
		if found[side] == d.Host() && d.Host() != "" {
			o.mistake(string(side), fmt.Sprintf("%q, which leads to whichever region serves", d.Host()), "a name that leads to this region alone")
		}
	}
	switch {
	case len(found) == 0:
		return nil
	case len(found) == 1:
		o.wrong("a host of one region", "one of each: {primary: east.hello.test, secondary: west.hello.test}")
	case found[Primary] == found[Secondary]:
		o.mistake(string(Secondary), fmt.Sprintf("the same name twice, %q", found[Secondary]), "a name that leads to this region alone")
	}
	return found
}

var (
	checkProtocol = oneOf("HTTP, HTTPS, TCP or nothing", "", CheckHTTP, CheckHTTPS, CheckTCP)
	checkHost     = upTo(longestName, matching(`(`+label+`(\.`+label+`)+)?`, "a name that leads to this region's load balancer, or nothing"))
)
