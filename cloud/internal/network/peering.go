package network

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Peering is a VPC peering connection as one of its two VPCs sees it. The other may be another region's, in another process.
type Peering struct {
	ID     string         // pcx-...
	Peer   string         // vpc-..., at the other end
	CIDRs  []netip.Prefix // the peer's: what comes from elsewhere is dropped, so a peer is no way through
	Groups []PeerGroup    // the peer's that rules may name
}

// PeerGroup has the private addresses of the members of a peer's security group.
type PeerGroup struct {
	ID      string // sg-...
	Members []netip.Addr
}

// peering is one VPC's end of a connection: a veth from its router to the internet's namespace, which all regions share. There
// a policy rule takes what comes out of the peer's veth to this one, whatever its addresses, so that private addresses
// never meet the internet's own routes. Each end sets up its own way in and nothing of its peer's: when a region dies, its
// veths go, and what is sent to them is dropped until it is back.
type peering struct {
	spec  Peering
	index int    // of the router's end
	ipv6  bool   // it carries IPv6 too
	name  string // of the internet's end
}

// The internet's policy rules, by priority: after local 0, before main 32766.
const (
	priorityPeering = 1000 // from the peer's veth to one's own
	priorityLost    = 1001 // from one's own to nowhere, while the peer has none
)

// peeringLink names a connection's link at the router.
func peeringLink(id string) string {
	digits := strings.TrimPrefix(id, "pcx-")
	return "p" + digits[:min(len(digits), 14)]
}

// outerName names the internet's end of a VPC's link of a connection, which both VPCs can tell.
func outerName(id, vpcID string) string {
	sum := sha256.Sum256([]byte(id + " " + vpcID))
	return "px" + hex.EncodeToString(sum[:6])
}

// outerTable is the number of the internet's table that leads to a VPC's link of a connection.
func outerTable(id, vpcID string) int {
	sum := sha256.Sum256([]byte(id + " " + vpcID))
	return 1<<30 | int(binary.BigEndian.Uint32(sum[:4])>>2)
}

// applyPeerings makes the links that are missing.
func (v *vpc) applyPeerings(spec VPC) error {
	for _, p := range spec.Peerings {
		made, err := v.peerings[p.ID], error(nil)
		if made == nil {
			if made, err = v.peer(p); err != nil {
				return fmt.Errorf("peering connection %s: %w", p.ID, err)
			}
			v.peerings[p.ID] = made
		}
		if v.ipv6 && !made.ipv6 {
			if err := v.peerIPv6(made); err != nil {
				return fmt.Errorf("peering connection %s: %w", p.ID, err)
			}
			made.ipv6 = true
		}
	}
	return nil
}

func (v *vpc) peer(p Peering) (*peering, error) {
	made := &peering{spec: p, name: outerName(p.ID, v.id)}
	inside, outside, err := v.linkToInternet(made.name, peeringLink(p.ID))
	if err != nil {
		return nil, err
	}
	made.index = inside
	return made, v.leadPeer(p, ipv4, outside)
}

// peerIPv6 has a connection carry IPv6 too.
func (v *vpc) peerIPv6(made *peering) error {
	_, out, err := v.meet(made.name, peeringLink(made.spec.ID))
	if err != nil {
		return err
	}
	return v.leadPeer(made.spec, ipv6, out)
}

// leadPeer leads what the peer sends of a family out of one's own veth, whose index in the internet it is told.
func (v *vpc) leadPeer(p Peering, f family, outside int) error {
	err := v.fabric.internet.RouteReplace(&netlink.Route{Dst: ipNet(f.everything), LinkIndex: outside,
		Gw: ipOf(f.near), Flags: int(netlink.FLAG_ONLINK), Table: outerTable(p.ID, v.id)})
	if err != nil {
		return fmt.Errorf("add the peer's route: %w", err)
	}
	for _, r := range v.outerRules(p, f) {
		if err := ignoring(v.fabric.internet.RuleAdd(r), syscall.EEXIST); err != nil {
			return fmt.Errorf("add rule: %w", err)
		}
	}
	return nil
}

// outerRules are the internet's policy rules of one end.
func (v *vpc) outerRules(p Peering, f family) []*netlink.Rule {
	lost := policyRule(f, priorityLost, outerName(p.ID, v.id), 0)
	lost.Type = unix.FR_ACT_BLACKHOLE
	return []*netlink.Rule{policyRule(f, priorityPeering, outerName(p.ID, p.Peer), outerTable(p.ID, v.id)), lost}
}

// dropPeerings removes the links that the specification no longer has.
func (v *vpc) dropPeerings(wanted []Peering) error {
	for id, p := range v.peerings {
		if slices.ContainsFunc(wanted, func(w Peering) bool { return w.ID == id }) {
			continue
		}
		for _, f := range v.families() {
			for _, r := range v.outerRules(p.spec, f) {
				if err := ignoring(v.fabric.internet.RuleDel(r), syscall.ENOENT); err != nil {
					return fmt.Errorf("peering connection %s: delete rule: %w", id, err)
				}
			}
		}
		v.deleteLater(v.fabric.internet, p.name, nil)
		delete(v.peerings, id)
	}
	return nil
}

// fromPeers lets in what has an address of the peer by whose connection it comes.
func (r *ruleset) fromPeers(c *nftables.Chain) {
	for _, p := range r.vpc.Peerings {
		for _, cidr := range p.CIDRs {
			if r.ours(cidr.Addr()) {
				r.rule(c, expr.VerdictAccept, matchLink(expr.MetaKeyIIFNAME, peeringLink(p.ID)), matchPrefix(source, cidr))
			}
		}
	}
}

// addPeerGroups makes a set of members for each security group of a peer.
func (r *ruleset) addPeerGroups() error {
	for _, p := range r.vpc.Peerings {
		for _, g := range p.Groups {
			var members []nftables.SetElement
			for _, a := range g.Members {
				if r.ours(a) {
					members = append(members, nftables.SetElement{Key: a.AsSlice()})
				}
			}
			if err := r.addSet(&nftables.Set{Name: g.ID, KeyType: r.address()}, members); err != nil {
				return err
			}
		}
	}
	return nil
}

// reachedBy matches the link of the connection by which a peer's group is reached; of the VPC's own groups it asks nothing.
// Two peers may have the same addresses.
func (r *ruleset) reachedBy(group string, link expr.MetaKey) []expr.Any {
	for _, p := range r.vpc.Peerings {
		if slices.ContainsFunc(p.Groups, func(g PeerGroup) bool { return g.ID == group }) {
			return matchLink(link, peeringLink(p.ID))
		}
	}
	return nil
}

func (p Peering) equal(q Peering) bool {
	return p.ID == q.ID && p.Peer == q.Peer && slices.Equal(p.CIDRs, q.CIDRs) &&
		slices.EqualFunc(p.Groups, q.Groups, func(a, b PeerGroup) bool { return a.ID == b.ID && slices.Equal(a.Members, b.Members) })
}

func (p Peering) clone() Peering {
	p.CIDRs, p.Groups = slices.Clone(p.CIDRs), slices.Clone(p.Groups)
	for n, g := range p.Groups {
		p.Groups[n].Members = slices.Clone(g.Members)
	}
	return p
}
