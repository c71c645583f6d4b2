package understudy

import "slices"

// Egress is how the instances of the private subnets reach what is outside of their network.
type Egress string

// The kinds of ways out.
const (
	// EgressNone is no way out.
	EgressNone Egress = "none"
	// EgressNAT is one NAT gateway, in the first zone: what the other zones send out is lost with that zone.
	EgressNAT Egress = "nat"
	// EgressNATPerZone is a NAT gateway in each zone, and a route table for each zone.
	EgressNATPerZone Egress = "nat-per-zone"
	// EgressEndpoints is a way to a few of AWS's services alone, by VPC endpoints.
	EgressEndpoints Egress = "endpoints"
)

// Endpoint is a VPC endpoint.
type Endpoint struct {
	Service string // as the last part of AWS's name: com.amazonaws.REGION.s3
	Gateway bool   // a route, and no interface
}

// Role is what the endpoint is to the stack.
func (e Endpoint) Role() string { return "endpoint-" + e.Service }

// Endpoints are what an instance of AWS's images needs to be kept up, and nothing more: the repositories of Amazon Linux are in S3
// (https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades.html), and Session Manager's agent asks ssm and ssmmessages, since its
// version 3.3.40 no longer ec2messages (https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html).
var Endpoints = []Endpoint{{"s3", true}, {"ssm", false}, {"ssmmessages", false}}

// NATRole is what a zone's NAT gateway, and its address, is to the stack.
func NATRole(zone int) string { return "nat-" + letter(zone) }

// RouteTable is one of the private route tables.
type RouteTable struct {
	Role     string
	Zones    []int  // whose private subnets follow it
	NAT      string // the role of the NAT gateway that its default route leads to, or nothing
	Declared bool   // it is declared; others may have been
}

// PrivateTables returns the route tables that a region's private subnets may follow: the first is there with every kind of egress, the others
// with one NAT gateway in each zone.
func (r Region) PrivateTables() []RouteTable {
	first := RouteTable{Role: "private-routes", Zones: r.zones(), Declared: true}
	if r.Egress == EgressNAT || r.Egress == EgressNATPerZone {
		first.NAT = NATRole(0)
	}
	all := []RouteTable{first}
	for _, zone := range allZones()[1:] {
		t := RouteTable{Role: "private-routes-" + letter(zone)}
		if r.Egress == EgressNATPerZone && zone < len(r.zones()) {
			all[0].Zones = []int{0}
			t.Zones, t.NAT, t.Declared = []int{zone}, NATRole(zone), true
		}
		all = append(all, t)
	}
	return all
}

// NATs tells in which zones a NAT gateway is declared.
func (r Region) NATs() (zones []int) {
	for _, t := range r.PrivateTables() {
		if t.NAT != "" {
			zones = append(zones, t.Zones[0])
		}
	}
	return zones
}

// HasNAT tells whether a zone has a NAT gateway.
func (r Region) HasNAT(zone int) bool { return slices.Contains(r.NATs(), zone) }

// egress reads the way out, of all regions or, where nothing is said of it, of a region alone.
func egress(o *object, fallback Egress) Egress {
	kind := egressKind
	if fallback == "" {
		kind = regionsEgress
	}
	return Egress(o.text("egress", string(fallback), kind))
}

var (
	egressWords   = []string{string(EgressNone), string(EgressNAT), string(EgressNATPerZone), string(EgressEndpoints)}
	egressKind    = oneOf("none, nat, nat-per-zone or endpoints", egressWords...)
	regionsEgress = oneOf("none, nat, nat-per-zone or endpoints, or nothing for that of both regions", append(egressWords, "")...)
)

// fillEgress gives regions that say nothing of their own the declaration's way out.
func (d *Declaration) fillEgress() {
	for side, r := range d.Regions {
		if r.Egress == "" {
			r.Egress = d.Egress
		}
		d.Regions[side] = r
	}
}
