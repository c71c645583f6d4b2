package discover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

const anywhere = "0.0.0.0/0"

// passage is a rule of a security group for one peer.
type passage struct {
	protocol string
	from, to int
	peer     string // a network, understudy.PublicFacing, or whatever no declaration has
}

var everything = passage{"-1", 0, 0, anywhere}

// security describes what passes beside what the service needs, of the load balancer's security groups, of the fleet's, and of the hosts'.
func (d *Declared) security(site *Site, at doors) {
	var facing, within []ec2types.SecurityGroup
	for _, g := range site.Filters {
		if slices.Contains(site.Balancer.SecurityGroups, aws.ToString(g.GroupId)) {
			facing = append(facing, g)
		} else {
			within = append(within, g)
		}
	}
	if len(facing) == 0 {
		return
	}
	if len(within) == 0 {
		d.unsaid("that the fleet has no security group of its own")
	}
	public := site.passages(facing, ingress)
	d.passing("security.public_facing.ingress", "from", d.beside(public, usersOf(at)))
	if out := site.passages(facing, egress); !slices.Equal(out, []passage{everything}) {
		d.unsaid("what may leave the load balancer's security groups: the declaration lets all out")
	}
	if len(within) > 0 {
		in := site.passages(within, ingress)
		d.passing("security.internal.ingress", "from", d.beside(in, site.requests()))
		if out := site.passages(within, egress); !slices.Equal(out, []passage{everything}) {
			d.passing("security.internal.egress", "to", out)
		}
	}
	if in := site.passages(site.HostFilters, ingress); len(in) > 0 {
		d.passing("hosts.ingress", "from", in)
	}
}

func ingress(g ec2types.SecurityGroup) []ec2types.IpPermission { return g.IpPermissions }
func egress(g ec2types.SecurityGroup) []ec2types.IpPermission  { return g.IpPermissionsEgress }

// usersOf is what users need.
func usersOf(at doors) (all []passage) {
	for _, l := range append([]*Listener{at.entry, at.redirect}, at.further...) {
		if l != nil {
			port := int(aws.ToInt32(l.Port))
			all = append(all, passage{"tcp", port, port, anywhere})
		}
	}
	return all
}

// requests is what the load balancer's requests and probes need.
func (s *Site) requests() (all []passage) {
	for _, g := range s.Groups {
		port := int(aws.ToInt32(g.Port))
		all = append(all, passage{"tcp", port, port, understudy.PublicFacing})
		if probes, ok := number(aws.ToString(g.HealthCheckPort)).(int); ok && probes != port {
			all = append(all, passage{"tcp", probes, probes, understudy.PublicFacing})
		}
	}
	return all
}

// passages returns the rules of groups, each for one peer, once.
func (s *Site) passages(groups []ec2types.SecurityGroup, way func(ec2types.SecurityGroup) []ec2types.IpPermission) (all []passage) {
	for _, g := range groups {
		for _, p := range way(g) {
			for _, peer := range s.peers(p) {
				one := passage{aws.ToString(p.IpProtocol), int(aws.ToInt32(p.FromPort)), int(aws.ToInt32(p.ToPort)), peer}
				if one.protocol == "-1" {
					one.from, one.to = 0, 0
				}
				if !slices.Contains(all, one) {
					all = append(all, one)
				}
			}
		}
	}
	return all
}

// peers are a permission's, with the load balancer's groups by what they are to the stack.
func (s *Site) peers(p ec2types.IpPermission) []string {
	peers := account.Peers(p)
	for i, peer := range peers {
		if slices.Contains(s.Balancer.SecurityGroups, peer) {
			peers[i] = understudy.PublicFacing
		}
	}
	return peers
}

// beside returns what passes beside what is needed, and tells what is needed and does not pass.
func (d *Declared) beside(passes, needed []passage) (more []passage) {
	for _, n := range needed {
		if !slices.Contains(passes, n) && !slices.Contains(passes, passage{"-1", 0, 0, n.peer}) {
			d.unsaid("that port %d is not open to %s: the declaration opens it", n.from, n.peer)
		}
	}
	return slices.DeleteFunc(slices.Clone(passes), func(p passage) bool { return slices.Contains(needed, p) })
}

// passing says what passes under a key.
func (d *Declared) passing(key, peer string, all []passage) {
	var said []map[string]any
	for _, p := range all {
		one := map[string]any{peer: p.peer}
		switch {
		case strings.HasPrefix(p.peer, "sg-") || strings.HasPrefix(p.peer, "pl-") || strings.Contains(p.peer, ":"),
			key == "security.public_facing.ingress" && p.peer == understudy.PublicFacing,
			p.protocol == "icmp" && (p.from != -1 || p.to != -1), !slices.Contains([]string{"tcp", "udp", "icmp", "-1"}, p.protocol):
			d.unsaid("for %s: %s %d-%d %s", key, p.protocol, p.from, p.to, p.peer)
			continue
		case p.protocol == "-1":
			one["protocol"] = "all"
		case p.protocol == "icmp":
			one["protocol"] = p.protocol
		default:
			one["protocol"], one["ports"] = p.protocol, fmt.Sprint(p.from)
			if p.to != p.from {
				one["ports"] = fmt.Sprintf("%d-%d", p.from, p.to)
			}
		}
		said = append(said, one)
	}
	if said != nil {
		d.Values[key] = said
	}
}
