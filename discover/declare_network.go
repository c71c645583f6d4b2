package discover

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// network describes the zones and the ways out, and tells what of the network a declaration does not say: it divides its addresses by itself.
func (d *Declared) network(site *Site) {
	if site.own() == "" {
		d.unsaid("the subnets' sizes and places: the declaration divides regions.*.cidr into two public and two private ones")
	}
	switch zones := len(site.Balancer.AvailabilityZones); zones {
	case 0, 2:
	case 3:
		d.Values["zones"] = zones
	default:
		d.unsaid("that the load balancer is in %d zones", zones)
	}
	for _, a := range site.ACLs {
		if !aws.ToBool(a.IsDefault) {
			d.unsaid("the network ACL %s", aws.ToString(a.NetworkAclId))
		}
	}
	d.egress(site)
}

// place describes where a region's network is: its addresses, or, where a stack of this program's stands in somebody else's, that by its ids.
func (d *Declared) place(side understudy.Side, site *Site) {
	at := "regions." + string(side) + "."
	if own := site.own(); own == "" || account.OfEC2(site.VPC.Tags)[account.TagStack] == own || len(site.Fleets) == 0 {
		d.Values[at+"cidr"] = aws.ToString(site.VPC.CidrBlock)
		return
	}
	var public []string
	for _, z := range site.Balancer.AvailabilityZones {
		public = append(public, aws.ToString(z.SubnetId))
	}
	d.Values[at+"network.vpc"], d.Values[at+"network.public"] = aws.ToString(site.VPC.VpcId), public
	d.Values[at+"network.private"] = strings.Split(strings.ReplaceAll(aws.ToString(site.Fleets[0].VPCZoneIdentifier), " ", ""), ",")
	if told := networkBy.String(); !slices.Contains(d.Unsaid, told) {
		d.untold(networkBy)
	}
}

// egress describes how instances reach the internet, or AWS's services.
func (d *Declared) egress(site *Site) {
	gateways := map[string]bool{}
	for _, t := range site.Tables {
		for _, r := range t.Routes {
			if r.NatGatewayId != nil {
				gateways[*r.NatGatewayId] = true
			}
		}
	}
	services := map[string]bool{}
	for _, e := range site.Endpoints {
		name := aws.ToString(e.ServiceName)
		services[name[strings.LastIndexByte(name, '.')+1:]] = true
	}
	var usual []string
	for _, e := range understudy.Endpoints {
		usual = append(usual, e.Service)
	}
	slices.Sort(usual)
	switch {
	case len(gateways) == 1:
		d.Values["egress"] = string(understudy.EgressNAT)
	case len(gateways) > 1:
		d.Values["egress"] = string(understudy.EgressNATPerZone)
	case slices.Equal(slices.Sorted(maps.Keys(services)), usual):
		d.Values["egress"] = string(understudy.EgressEndpoints)
		return
	}
	for _, service := range slices.Sorted(maps.Keys(services)) {
		d.unsaid("the VPC endpoint of %s", service)
	}
}

// tags describes those that the load balancer has, and of others' stacks those alone that their VPC has, too: a declaration's are on everything.
func (d *Declared) tags(site *Site) {
	vpc, said := account.OfEC2(site.VPC.Tags), map[string]string{}
	for key, value := range site.Tags[aws.ToString(site.Balancer.LoadBalancerArn)] {
		if key == "Name" || strings.HasPrefix(key, "aws:") || strings.HasPrefix(key, "understudy:") {
			continue
		}
		if on, ok := vpc[key]; site.own() != "" || ok && on == value {
			said[key] = value
		}
	}
	if len(said) > 0 {
		d.Values["tags"] = said
	}
}
