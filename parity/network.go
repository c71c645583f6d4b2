package parity

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

func (c *canon) describeVPC() {
	v := c.f.vpc
	id := aws.ToString(v.VpcId)
	settings := map[string]string{
		"size":          fmt.Sprintf("/%d", c.cidr.Bits()),
		"state":         string(v.State),
		"tenancy":       string(v.InstanceTenancy),
		"default":       yes(v.IsDefault),
		"dns support":   c.f.vpcAttributes[ec2types.VpcAttributeNameEnableDnsSupport],
		"dns hostnames": c.f.vpcAttributes[ec2types.VpcAttributeNameEnableDnsHostnames],
	}
	for _, a := range v.CidrBlockAssociationSet {
		if block := aws.ToString(a.CidrBlock); block != aws.ToString(v.CidrBlock) {
			settings["further range"] = block[strings.Index(block, "/")+1:]
		}
	}
	c.add("vpc", id, account.OfEC2(v.Tags), settings, map[string]Command{
		"dns support":   {Make: "ec2 modify-vpc-attribute --vpc-id " + id + " --enable-dns-support Value=" + settings["dns support"]},
		"dns hostnames": {Make: "ec2 modify-vpc-attribute --vpc-id " + id + " --enable-dns-hostnames Value=" + settings["dns hostnames"]},
	})
}

func (c *canon) describeSubnets() {
	for _, s := range c.f.subnets {
		id, public := aws.ToString(s.SubnetId), yes(s.MapPublicIpOnLaunch)
		change := "ec2 modify-subnet-attribute --subnet-id " + id + " --no-map-public-ip-on-launch"
		if public == "true" {
			change = "ec2 modify-subnet-attribute --subnet-id " + id + " --map-public-ip-on-launch"
		}
		c.add("subnet", id, account.OfEC2(s.Tags), map[string]string{
			"zone":            c.zone(aws.ToString(s.AvailabilityZone)),
			"range":           c.share(aws.ToString(s.CidrBlock)),
			"public on start": public,
			"state":           string(s.State),
			"has room":        fmt.Sprint(aws.ToInt32(s.AvailableIpAddressCount) > 0),
		}, map[string]Command{"": {Remove: "ec2 delete-subnet --subnet-id " + id}, "public on start": {Make: change}})
	}
}

func (c *canon) describeGateways() {
	for _, g := range c.f.gateways {
		settings := map[string]string{}
		for _, a := range g.Attachments {
			settings["attached to "+c.meaning(aws.ToString(a.VpcId))] = "yes"
		}
		c.add("internet gateway", aws.ToString(g.InternetGatewayId), account.OfEC2(g.Tags), settings, nil)
	}
}

func (c *canon) describeTables() {
	for _, t := range c.f.tables {
		id := aws.ToString(t.RouteTableId)
		settings, commands := map[string]string{}, map[string]Command{"": {Remove: "ec2 delete-route-table --route-table-id " + id}}
		for _, route := range t.Routes {
			name := "route to " + c.destination(route)
			settings[name] = c.nextHop(route)
			commands[name] = routeCommand(id, route)
		}
		for _, a := range t.Associations {
			if !aws.ToBool(a.Main) {
				name := "governs " + c.meaning(aws.ToString(a.SubnetId))
				settings[name] = "yes"
				commands[name] = Command{
					Make:   "ec2 associate-route-table --route-table-id " + id + " --subnet-id " + aws.ToString(a.SubnetId),
					Remove: "ec2 disassociate-route-table --association-id " + aws.ToString(a.RouteTableAssociationId),
				}
			}
		}
		table := c.add("route table", id, account.OfEC2(t.Tags), settings, commands)
		table.Given = account.IsMain(t) && table.Role == "main"
		settings["main"] = fmt.Sprint(account.IsMain(t))
	}
}

func (c *canon) destination(route ec2types.Route) string {
	switch {
	case route.DestinationCidrBlock != nil:
		return c.share(*route.DestinationCidrBlock)
	case route.DestinationIpv6CidrBlock != nil:
		return *route.DestinationIpv6CidrBlock
	case strings.HasPrefix(aws.ToString(route.GatewayId), "vpce-"):
		return "what " + c.meaning(*route.GatewayId) + " leads to"
	}
	return c.meaning(aws.ToString(route.DestinationPrefixListId))
}

// routeCommand makes, changes and deletes one route.
func routeCommand(table string, r ec2types.Route) Command {
	to := ""
	switch {
	case r.DestinationCidrBlock != nil:
		to = " --destination-cidr-block " + *r.DestinationCidrBlock
	case r.DestinationIpv6CidrBlock != nil:
		to = " --destination-ipv6-cidr-block " + *r.DestinationIpv6CidrBlock
	default:
		to = " --destination-prefix-list-id " + aws.ToString(r.DestinationPrefixListId)
	}
	way := ""
	for _, hop := range hops(r) {
		if hop.id != nil {
			way = " --" + hop.option + " " + *hop.id
			break
		}
	}
	table = " --route-table-id " + table
	return Command{Make: "ec2 create-route" + table + to + way, Change: "ec2 replace-route" + table + to + way, Remove: "ec2 delete-route" + table + to}
}

type hop struct {
	id     *string
	option string // of the AWS CLI
}

// hops lists where a route may lead; at most one is set.
func hops(r ec2types.Route) []hop {
	return []hop{
		{r.GatewayId, "gateway-id"}, {r.NatGatewayId, "nat-gateway-id"}, {r.InstanceId, "instance-id"},
		{r.NetworkInterfaceId, "network-interface-id"}, {r.TransitGatewayId, "transit-gateway-id"},
		{r.VpcPeeringConnectionId, "vpc-peering-connection-id"}, {r.EgressOnlyInternetGatewayId, "egress-only-internet-gateway-id"},
		{r.LocalGatewayId, "local-gateway-id"}, {r.CarrierGatewayId, "carrier-gateway-id"},
	}
}

func (c *canon) nextHop(route ec2types.Route) string {
	to := None
	for _, h := range hops(route) {
		if h.id != nil {
			to = c.meaning(*h.id)
			if *h.id == "local" {
				to = *h.id
			}
			break
		}
	}
	if route.State == ec2types.RouteStateBlackhole {
		to += ", a black hole"
	}
	return to
}

// describeACLs reads network ACLs, which every VPC has one of that allows everything.
func (c *canon) describeACLs() {
	for _, a := range c.f.acls {
		id := aws.ToString(a.NetworkAclId)
		settings, commands := map[string]string{}, map[string]Command{"": {Remove: "ec2 delete-network-acl --network-acl-id " + id}}
		for _, e := range a.Entries {
			name := fmt.Sprintf("%s %d", direction(e), aws.ToInt32(e.RuleNumber))
			settings[name] = c.entry(e)
			commands[name] = entryCommand(id, e)
		}
		for _, s := range a.Associations {
			name := "governs " + c.meaning(aws.ToString(s.SubnetId))
			settings[name] = "yes"
			commands[name] = Command{Make: "ec2 replace-network-acl-association --network-acl-id " + id +
				" --association-id " + aws.ToString(s.NetworkAclAssociationId)}
		}
		acl := c.add("network acl", id, account.OfEC2(a.Tags), settings, commands)
		acl.Given = aws.ToBool(a.IsDefault)
	}
}

func direction(e ec2types.NetworkAclEntry) string {
	if aws.ToBool(e.Egress) {
		return "egress"
	}
	return "ingress"
}

func (c *canon) entry(e ec2types.NetworkAclEntry) string {
	from, ports := c.share(aws.ToString(e.CidrBlock))+aws.ToString(e.Ipv6CidrBlock), ""
	if e.PortRange != nil {
		ports = fmt.Sprintf(" %d-%d", aws.ToInt32(e.PortRange.From), aws.ToInt32(e.PortRange.To))
	}
	what := protocol(aws.ToString(e.Protocol))
	if i := e.IcmpTypeCode; i != nil {
		what = icmp(what, aws.ToInt32(i.Type), aws.ToInt32(i.Code))
	}
	return fmt.Sprintf("%s %s%s of %s", e.RuleAction, what, ports, from)
}

// protocol names a protocol as people do. EC2 gives numbers (IANA's), or -1 for all.
func protocol(number string) string {
	switch number {
	case "-1":
		return "everything"
	case "1":
		return "icmp"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "58":
		return "icmpv6"
	}
	return number
}

func entryCommand(acl string, e ec2types.NetworkAclEntry) Command {
	which := fmt.Sprintf(" --network-acl-id %s --%s --rule-number %d", acl, direction(e), aws.ToInt32(e.RuleNumber))
	what := fmt.Sprintf(" --protocol %s --rule-action %s", aws.ToString(e.Protocol), e.RuleAction)
	if e.CidrBlock != nil {
		what += " --cidr-block " + *e.CidrBlock
	}
	if e.Ipv6CidrBlock != nil {
		what += " --ipv6-cidr-block " + *e.Ipv6CidrBlock
	}
	if i := e.IcmpTypeCode; i != nil {
		what += fmt.Sprintf(" --icmp-type-code Type=%d,Code=%d", aws.ToInt32(i.Type), aws.ToInt32(i.Code))
	}
	if e.PortRange != nil {
		what += fmt.Sprintf(" --port-range From=%d,To=%d", aws.ToInt32(e.PortRange.From), aws.ToInt32(e.PortRange.To))
	}
	return Command{
		Make: "ec2 create-network-acl-entry" + which + what, Change: "ec2 replace-network-acl-entry" + which + what,
		Remove: "ec2 delete-network-acl-entry" + which,
	}
}
