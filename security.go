package understudy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Security is what passes the stack's security groups beside what the service needs.
type Security struct {
	PublicFacing Access // of the load balancer, and of the hosts
	Internal     Access // of the fleet
}

// Access is what passes a security group. Where no egress is declared, everything may leave.
type Access struct{ Ingress, Egress []Traffic }

// Traffic is a sort of packets.
type Traffic struct {
	Protocol string // as EC2 calls it: tcp, udp, icmp, or -1 for all
	From, To int    // ports; -1 with icmp, which is all of its types and codes; 0 with all
	Peer     string // a network, or PublicFacing
}

// PublicFacing is the security group of the load balancer and the hosts, as another's rules call it.
const PublicFacing = "public-facing"

// mostTraffic leaves a third of a group's rules in one direction to the service and to others ("Amazon VPC quotas" in the Amazon VPC User
// Guide: 60).
const mostTraffic = 40

// security reads what passes beside what the service needs. The way out of the public-facing group stays open: by it the load balancer reaches
// the targets, and the image's builder what it installs.
func security(o *object) Security {
	public, within := o.object("public_facing"), o.object("internal")
	return Security{
		PublicFacing: Access{Ingress: traffic(public, "ingress", "from", trafficPeer)},
		Internal:     Access{traffic(within, "ingress", "from", trafficSource), traffic(within, "egress", "to", trafficSource)},
	}
}

// traffic reads the rules of one direction.
func traffic(group *object, key, peer string, peers constraint) (all []Traffic) {
	for _, o := range group.objects(key) {
		one := Traffic{Protocol: o.text("protocol", "tcp", trafficProtocol), Peer: o.text(peer, "", peers)}
		o.require(peer, peers.allowed)
		one.ports(o, o.text("ports", "", trafficPorts))
		if p, err := netip.ParsePrefix(one.Peer); err == nil && p.Masked() != p {
			o.mistake(peer, one.Peer, "the network's own address, "+p.Masked().String())
		}
		if slices.Contains(all, one) {
			o.wrong("the same rule again", "each rule once")
		}
		all = append(all, one)
	}
	if len(all) > mostTraffic {
		group.mistake(key, fmt.Sprintf("%d rules", len(all)), fmt.Sprintf("at most %d", mostTraffic))
	}
	return all
}

// ports sets the ports as EC2 takes them (IpPermission in the Amazon EC2 API Reference).
func (t *Traffic) ports(o *object, said string) {
	switch t.Protocol {
	case "icmp":
		t.From, t.To = -1, -1
	case "all":
		t.Protocol = "-1"
	default:
		first, last, ranged := strings.Cut(said, "-")
		fmt.Sscan(first, &t.From)
		fmt.Sscan(last, &t.To)
		if !ranged {
			t.To = t.From
		}
		if said == "" || t.From > t.To || t.To > 65535 {
			o.mistake("ports", fmt.Sprintf("%q with %s", said, t.Protocol), "a port or a range of ports up to 65535, for example 22 or 8000-8010")
		}
		return
	}
	if said != "" {
		o.mistake("ports", said, "none with icmp and all, which have no ports")
	}
}

var (
	trafficProtocol = oneOf("tcp, udp, icmp or all", "tcp", "udp", "icmp", "all")
	trafficPorts    = matching(`([0-9]{1,5}(-[0-9]{1,5})?)?`, "a port, or a range of ports as 8000-8010")
	trafficPeer     = sourceRange
	trafficSource   = matching(sourceRange.pattern+`|`+PublicFacing,
		"an IPv4 network, for example 192.0.2.0/24, or "+PublicFacing+" for the load balancer and the hosts")
)
