package understudy

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/understudy/understudy/clients"
)

// DefaultFile is the name a declaration goes by where none is given.
const DefaultFile = "understudy.yaml"

// Load reads and checks the declaration in a file. What is wrong in it is returned as Mistakes.
func Load(path string) (*Declaration, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read declaration: %w", err)
	}
	switch a, err := parseAdopted(path, src); {
	case err != nil:
		return nil, err
	case a != nil:
		return nil, AdoptedError{path, a}
	}
	return Parse(path, src, os.ReadFile)
}

// Parse checks a declaration's text. The file's name is for messages, and its folder is where scripts
// named file:PATH are read from. What is wrong is returned as Mistakes.
func Parse(file string, src []byte, readFile func(string) ([]byte, error)) (*Declaration, error) {
	r := &reader{file: file}
	// Some editors begin UTF-8 text with a byte order mark, which YAML allows (1.2, section 5.2).
	body := r.parse(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")))
	if body == nil {
		return nil, r.mistakes.sorted()
	}
	return r.declaration(body, filepath.Dir(file), readFile)
}

// declaration reads the whole tree. Scripts named by relative paths are read from dir.
func (r *reader) declaration(body ast.Node, dir string, readFile func(string) ([]byte, error)) (*Declaration, error) {
	root := r.object(body, "")
	d := &Declaration{
		Name:   root.text("name", "", stackName),
		Domain: root.text("domain", "", domainName),
		Record: root.text("record", "", recordName),
	}
	d.Balancer.Kind = kindOf(root)
	root.require("name", stackName.allowed)
	root.require("domain", domainName.allowed)
	places := map[Side]*object{}
	d.Regions = regions(root.object("regions"), places)
	readZones(root, d, places)
	d.Egress = egress(root, EgressNone)
	d.fillEgress()
	holdNetworks(d, root, places)
	in := root.object("image")
	d.Image = image(in, dir, readFile)
	refuseImages(d, places, in)
	machines := root.object("instance")
	d.Instance = instance(machines, dir, readFile)
	d.Image.WithEnvironment = len(d.Instance.Environment) > 0
	d.Hosts = hosts(root.object("hosts"), d, dir, readFile)
	service := root.object("service")
	d.Service = Service{service.number("port", 8080, 1, 65535), service.text("health", "/", healthPath)}
	d.Listener.Port = root.object("listener").number("port", 80, 1, 65535)
	d.HTTPS = https(root.object("https"), d)
	fleetSize := root.object("fleet")
	d.Fleet = fleet(fleetSize)
	if second, ok := d.Regions[Secondary]; ok {
		second.Fleet = standbySize(places[Secondary], d.Fleet)
		d.Regions[Secondary] = second
	}
	d.Fleet.Scheduled = scheduled(fleetSize, d)
	switching := root.object("failover")
	d.Alarms = alarms(root.object("alarms"), d)
	d.Failover = failover(switching, d)
	d.Target = target(root.object("target"), d)
	targetGroups(root, d)
	front := root.object("balancer")
	d.Balancer = balancer(front, d)
	d.Rules = rules(root, d, true)
	furtherListeners(root, d)
	refuseUnused(root, d)
	refuseOfKind(root, front, d)
	d.Security = security(root.object("security"))
	refuseUnrouted(d, places, switching)
	refuseUserData(d, root)
	refuseEnvironment(d, machines)
	d.Tags = root.labels("tags", mostTags, tagKey, tagValue)
	d.Parity.Ignore = ignored(root.object("parity"))
	d.Drill = drilled(root.object("drill"), d)
	if len(d.Host()) > longestName {
		root.mistake("record", "a name of more than 253 characters", "record and domain of 253 at most")
	}
	r.refuseUnread()
	if err := r.mistakes.sorted(); err != nil {
		return nil, err
	}
	return d, nil
}

// regions reads the two places. Both must be there, apart from each other in name and addresses, for
// traffic between two networks with the same addresses could never be routed.
func regions(o *object, places map[Side]*object) map[Side]Region {
	found := map[Side]Region{}
	for _, side := range Sides {
		places[side] = o.object(string(side))
		if o.require(string(side), "a region: {name: us-east-1, cidr: 10.10.0.0/16}") {
			found[side] = region(places[side])
		}
	}
	p, s, second := found[Primary], found[Secondary], places[Secondary]
	if p.Name != "" && p.Name == s.Name {
		second.mistake("name", fmt.Sprintf("the same region twice, %q", s.Name), "another region than the primary's")
	}
	if p.CIDR.IsValid() && s.CIDR.IsValid() && p.CIDR.Overlaps(s.CIDR) {
		second.mistake("cidr", fmt.Sprintf("%s, which overlaps the primary's %s", s.CIDR, p.CIDR), "a network apart from the primary's")
	}
	return found
}

func region(o *object) Region {
	r := Region{Name: o.text("name", "", regionName)}
	cidr := o.text("cidr", "", network)
	o.unless("cidr", "network")
	r.Network = readNetwork(o.object("network"))
	r.Egress = egress(o, "")
	r.Image = o.text("image", "", regionsImage)
	r.Type = o.object("instance").text("type", "", otherType)
	r.Weight = o.number("weight", defaultWeight, 1, 255)
	o.require("name", regionName.allowed)
	if r.Given() {
		return r
	}
	if cidr == "" {
		if n := o.values["cidr"]; n == nil || n.Type() == ast.NullType {
			o.mistake("cidr", "no "+o.path+"cidr and no network", network.allowed+", or the VPC and the subnets that are there as network")
		}
		return r
	}
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return r
	}
	switch {
	case p.Masked() != p:
		o.mistake("cidr", fmt.Sprintf("%q", p), "the network's own address, "+p.Masked().String())
	case p.Bits() < 16 || p.Bits() > 25:
		// A VPC has a /16 at most, and each subnet of a load balancer a /27 at least: four of those are a /25.
		o.mistake("cidr", fmt.Sprintf("%q", p), "a network from /16 to /25, to be divided into four subnets of /27 or larger")
	case !usable(p.Addr()):
		o.mistake("cidr", fmt.Sprintf("%q", p), "addresses that hosts can have, for example 10.10.0.0/16")
	default:
		r.CIDR = p
	}
	return r
}

// defaultWeight is both regions', which have equal shares then.
const defaultWeight = 100

// refuseUnrouted holds the routing against what only another one heeds.
func refuseUnrouted(d *Declaration, places map[Side]*object, switching *object) {
	f := d.Failover
	for _, side := range Sides {
		if w := d.Regions[side].Weight; f.Routing != RoutingWeighted && w != defaultWeight && w != 0 {
			places[side].mistake("weight", fmt.Sprintf("%d, with failover.routing %s", w, f.Routing), "another weight than 100 with failover.routing weighted only")
		}
	}
	if second := d.Regions[Secondary]; f.Active() && second.Fleet != nil {
		places[Secondary].mistake("fleet", "a size of the secondary's own, with failover.routing "+string(f.Routing),
			"the size under fleet for both: either region carries all users when the other is lost")
	}
	if f.Active() && f.Failback.Manual {
		switching.mistake("failback", "users kept away, with failover.routing "+string(f.Routing),
			"automatic: a region that is healthy again gets its share of the users at once")
	}
}

// usable tells addresses for hosts from those that mean something else (RFC 6890).
func usable(a netip.Addr) bool {
	return !a.IsLoopback() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && a.As4()[0] != 0 && a.As4()[0] < 224
}

// script reads a script written in place or named as file:PATH.
func script(o *object, key string, c constraint, dir string, readFile func(string) ([]byte, error)) string {
	s := o.text(key, "", c)
	path, ok := strings.CutPrefix(s, "file:")
	if !ok {
		return s
	}
	path = strings.TrimSpace(path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	b, err := readFile(path)
	if err != nil {
		o.mistake(key, fmt.Sprintf("a file that cannot be read (%v)", err), c.allowed)
	}
	return string(b)
}

// https reads how users connect with TLS: at all, if each region has a certificate.
func https(o *object, d *Declaration) HTTPS {
	certificates := o.object("certificates")
	h, found := HTTPS{}, map[Side]string{}
	for _, side := range Sides {
		if arn := certificate(certificates, side, d.Regions[side].Name); arn != "" {
			found[side] = arn
		}
	}
	h.Policy = o.text("policy", "ELBSecurityPolicy-TLS13-1-2-2021-06", tlsPolicy)
	h.Port = o.number("port", 443, 1, 65535)
	h.Redirect = Redirect(o.text("redirect", string(byKind(d.Balancer.Kind, RedirectPermanent, RedirectNone)), redirectKind))
	if d.Balancer.Kind == KindNetwork && h.Redirect != RedirectNone {
		o.mistake("redirect", string(h.Redirect)+", with balancer.kind network", "none: a network load balancer redirects nobody")
	}
	switch _, named := o.values["certificates"]; {
	case len(o.pairs) > 0 && !named:
		o.mistake("certificates", "no https.certificates", "a certificate for each region: {primary: ARN, secondary: ARN}")
	case len(found) == 1:
		o.mistake("certificates", "a certificate for one region", "one for each region, or none")
	case len(found) == len(Sides):
		h.Certificates = found
	}
	if h.Redirects() && h.Port == d.Listener.Port {
		o.mistake("port", fmt.Sprint(h.Port), "another port than listener.port, which answers with the redirect")
	}
	return h
}

// certificate reads a region's certificate: a load balancer takes those of its own region alone.
func certificate(o *object, side Side, region string) string {
	arn := o.text(string(side), "", certificateARN)
	if parts := strings.Split(arn, ":"); arn != "" && region != "" && parts[3] != region {
		o.mistake(string(side), "a certificate of "+parts[3], "one of "+region)
	}
	return arn
}

// fleet reads the sizes, each of which bounds the next.
func fleet(o *object) Fleet {
	f := Fleet{Min: o.number("min", usual.Min, 1, most)}
	f.Desired = o.number("desired", max(usual.Desired, f.Min), f.Min, most)
	f.Max = o.number("max", max(usual.Max, f.Desired), f.Desired, most)
	f.Grace = o.number("grace", 300, 0, 7200)
	f.WarmUp = o.number("warm_up", 0, 0, 7200)
	f.MaxLifetime = maxLifetime(o)
	f.Termination = terminationPolicies(o)
	f.HealthCheck = o.text("health_check", "ELB", healthCheckKind)
	f.Metrics = o.flag("metrics", false)
	f.Track = track(o.object("track"))
	f.Refresh = refresh(o.object("refresh"))
	return f
}

// track reads what the fleet is scaled by. One measure of each kind is all that two policies could have, and one is enough.
func track(o *object) Track {
	t := Track{CPU: o.number("cpu", 0, 0, 100), Requests: o.number("requests", 0, 0, 1_000_000)}
	if t.CPU > 0 && t.Requests > 0 {
		o.mistake("requests", fmt.Sprintf("%d, beside a cpu of %d", t.Requests, t.CPU), "one of cpu and requests")
	}
	return t
}

// failover reads the health checks within the bounds of Route 53's HealthCheckConfig.
func failover(o *object, d *Declaration) Failover {
	f := Failover{Interval: o.choice("interval", 10, 10, 30), Threshold: o.number("threshold", 3, 1, 10)}
	f.Routing = Routing(o.text("routing", string(RoutingFailover), routingKind))
	f.RTO, _ = time.ParseDuration(o.text("rto", "", promised))
	f.Check = check(o.object("check"), d)
	f.Further = further(o, d, f.Check)
	f.Healthy = healthy(o, len(f.Checks()))
	f.Switch = Switch(o.text("switch", string(SwitchStandby), switchKind))
	f.Standby.Desired = o.object("standby").number("desired", 0, 0, 500)
	f.Before, f.After = o.text("before", "", hook), o.text("after", "", hook)
	f.HookTimeout = o.duration("hook_timeout", "1m")
	f.Failback = failback(o)
	return f
}

// failback reads a word, or the time of health after which users go back.
func failback(o *object) Failback {
	if _, ok := o.values["failback"].(*ast.MappingNode); ok {
		o.get(Key{Name: "failback", Kind: Text, Default: "automatic", text: failbackKind})
		return Failback{Manual: true, After: o.object("failback").duration("after", "10m")}
	}
	return Failback{Manual: o.text("failback", "automatic", failbackKind) == "manual"}
}

// drilled reads who the users of a drill are. Some need what others do without.
func drilled(o *object, d *Declaration) Drill {
	x := Drill{Clients: o.text("clients", clients.Usual, clientShares), WebSocket: o.text("websocket", "", checkPath)}
	shares, _ := clients.Parse(x.Clients) // whose mistake is known already
	for _, s := range shares {
		switch {
		case s.Kind.HTTP2 && d.Balancer.Kind == KindNetwork:
			o.mistake("clients", s.Kind.Name+", with balancer.kind network",
				"kinds that speak HTTP/1.1: what users speak is agreed on with the load balancer, which does not read it")
		case s.Kind.HTTP2 && !d.HTTPS.Declared():
			o.mistake("clients", s.Kind.Name+", without https.certificates", "kinds that speak HTTP/1.1: users of a load balancer speak HTTP/2 over TLS alone")
		case s.Kind.WebSocket && x.WebSocket == "":
			o.mistake("clients", s.Kind.Name+", without drill.websocket", "it beside the path of the page that speaks it")
		}
	}
	return x
}

// duration reads a time as Go writes it.
func (o *object) duration(key, fallback string) time.Duration {
	d, _ := time.ParseDuration(o.text(key, fallback, span))
	return d
}

// ignored reads what the audit passes over. Nothing is passed over without a reason.
func ignored(o *object) []Ignored {
	var all []Ignored
	for _, one := range o.objects("ignore") {
		one.require("finding", findingPattern.allowed)
		one.require("reason", reasonText.allowed)
		all = append(all, Ignored{one.text("finding", "", findingPattern), one.text("reason", "", reasonText)})
	}
	return all
}
