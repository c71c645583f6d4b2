package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// ruleset writes a VPC's whole packet filter anew, with a table for each family of addresses, beside the old one: the kernel goes
// from the old rules to the new ones at once, never by a mixture. Connection tracking is separate from the rules, so established connections stay.
//
// A forwarded packet passes up to four base chains, and an accept in one is final for that chain only: "acl-egress" and
// "acl-ingress" have the rules of the subnets that it leaves and enters, where any are kept from anything; "egress"
// has the rules of the interface that it comes from, "ingress" those of the interface that it goes to.
type ruleset struct {
	conn  *nftables.Conn
	table *nftables.Table
	vpc   *VPC
	bits  int                      // of an address: 32 in the table for IPv4, 128 in that for IPv6
	sets  map[string]*nftables.Set // by name
}

// Links of the router's namespace: to the internet gateway, and to the egress-only one.
const (
	gatewayLink    = "igw"
	egressOnlyLink = "eigw"
)

func newRuleset(conn *nftables.Conn, name string, bits int, spec *VPC) *ruleset {
	family := nftables.TableFamilyIPv4
	if bits == 128 {
		family = nftables.TableFamilyIPv6
	}
	return &ruleset{conn: conn, table: &nftables.Table{Name: name, Family: family}, vpc: spec, bits: bits, sets: map[string]*nftables.Set{}}
}

// address is the type of the table's addresses.
func (r *ruleset) address() nftables.SetDatatype {
	if r.bits == 128 {
		return nftables.TypeIP6Addr
	}
	return nftables.TypeIPAddr
}

// ours tells whether an address or prefix is of the table's family: others cannot be in a packet that the table sees.
func (r *ruleset) ours(a netip.Addr) bool { return a.BitLen() == r.bits }

// begin empties the table, or makes it.
func (r *ruleset) begin() {
	r.remove(r.table.Name)
	r.conn.AddTable(r.table)
}

// remove deletes the table of another name, if there is one.
func (r *ruleset) remove(name string) {
	other := &nftables.Table{Name: name, Family: r.table.Family}
	r.conn.AddTable(other)
	r.conn.DelTable(other)
}

// prepare writes all that nothing asks before hook: sets, and the chains of ACLs and groups.
func (r *ruleset) prepare() error {
	r.begin()
	if err := r.addSets(); err != nil {
		return err
	}
	if err := r.networkACLs(); err != nil {
		return err
	}
	if err := r.groupChains(); err != nil {
		return err
	}
	return r.addWays()
}

// hook writes the base chains, by which packets come to the table.
func (r *ruleset) hook() {
	r.antiSpoofing()
	r.returns()
	if r.bits == 32 { // an IPv6 address is public itself
		r.translation()
	}
	r.input()
	r.askACLs()
	r.forwarding()
}

func (r *ruleset) addSet(s *nftables.Set, elements []nftables.SetElement) error {
	s.Table = r.table
	if err := r.conn.AddSet(s, nil); err != nil {
		return fmt.Errorf("set %s: %w", s.Name, err)
	}
	for some := range slices.Chunk(elements, elementsAtOnce) {
		if err := r.conn.SetAddElements(s, some); err != nil {
			return fmt.Errorf("set %s: %w", s.Name, err)
		}
	}
	r.sets[s.Name] = s
	return nil
}

// elementsAtOnce is how many elements one message adds to a set. A list of them is at most 64 KiB long, since its length has 16 bits
// (struct nlattr, https://docs.kernel.org/userspace-api/netlink/intro.html); the longest are of about 100 bytes.
const elementsAtOnce = 256

// addSets makes "sources", every link with its own addresses; "forwarders", the links that send from others' too; "publics"
// and "privates", the two directions of address translation; and a set of members for each security group.
func (r *ruleset) addSets() error {
	var sources, forwarders, publics, privates []nftables.SetElement
	members := map[string][]nftables.SetElement{}
	for _, i := range r.vpc.Interfaces {
		if i.forwards() || i.Transparent {
			forwarders = append(forwarders, nftables.SetElement{Key: linkKey(linkName(i.ID))})
		}
		for _, a := range i.addresses() {
			if !r.ours(a.Private) {
				continue
			}
			private := a.Private.AsSlice()
			sources = append(sources, nftables.SetElement{Key: append(linkKey(linkName(i.ID)), private...)})
			if a.Public.IsValid() {
				publics = append(publics, nftables.SetElement{Key: a.Public.AsSlice(), Val: private})
				privates = append(privates, nftables.SetElement{Key: private, Val: a.Public.AsSlice()})
			}
			for _, g := range slices.Compact(slices.Sorted(slices.Values(i.Groups))) {
				members[g] = append(members[g], nftables.SetElement{Key: private})
			}
		}
	}
	key := nftables.MustConcatSetType(nftables.TypeIFName, r.address())
	if err := r.addSet(&nftables.Set{Name: "sources", KeyType: key, Concatenation: true}, sources); err != nil {
		return err
	}
	if err := r.addSet(&nftables.Set{Name: "forwarders", KeyType: nftables.TypeIFName}, forwarders); err != nil {
		return err
	}
	for name, elements := range map[string][]nftables.SetElement{"publics": publics, "privates": privates} {
		err := r.addSet(&nftables.Set{Name: name, IsMap: true, KeyType: r.address(), DataType: r.address()}, elements)
		if err != nil {
			return err
		}
	}
	for _, g := range r.vpc.SecurityGroups {
		if err := r.addSet(&nftables.Set{Name: g.ID, KeyType: r.address()}, members[g.ID]); err != nil {
			return err
		}
	}
	return r.addPeerGroups()
}

func (r *ruleset) base(name string, kind nftables.ChainType, hook *nftables.ChainHook, priority int, policy nftables.ChainPolicy) *nftables.Chain {
	return r.conn.AddChain(&nftables.Chain{Name: name, Table: r.table, Type: kind, Hooknum: hook,
		Priority: nftables.ChainPriorityRef(nftables.ChainPriority(priority)), Policy: &policy})
}

func (r *ruleset) rule(c *nftables.Chain, verdict expr.VerdictKind, parts ...[]expr.Any) {
	e := slices.Concat(parts...)
	r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: append(e, &expr.Verdict{Kind: verdict})})
}

// inSet looks register 1 up in a set.
func (r *ruleset) inSet(name string) expr.Any {
	return &expr.Lookup{SourceRegister: 1, SetName: name, SetID: r.sets[name].ID}
}

// antiSpoofing drops what an interface sends from an address that is not its own (the source/destination
// check of EC2, where it is on), what claims on the internet to come from inside the VPC, and what comes from a peer with an
// address that is not the peer's.
func (r *ruleset) antiSpoofing() {
	c := r.base("spoofing", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, -300, nftables.ChainPolicyDrop)
	for _, link := range []string{gatewayLink, egressOnlyLink} {
		for _, own := range r.vpc.allRanges() {
			if r.ours(own.Addr()) {
				r.rule(c, expr.VerdictDrop, matchLink(expr.MetaKeyIIFNAME, link), matchPrefix(source, own))
			}
		}
		r.rule(c, expr.VerdictAccept, matchLink(expr.MetaKeyIIFNAME, link))
	}
	r.rule(c, expr.VerdictAccept, matchLink(expr.MetaKeyIIFNAME, "lo"))
	r.rule(c, expr.VerdictAccept, []expr.Any{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 1}, r.inSet("forwarders")})
	r.fromPeers(c)
	r.rule(c, expr.VerdictAccept, []expr.Any{
		&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 1},
		// Register 1 is as wide as a link's name, so register 2 continues the key.
		source.load(2, r.bits),
		r.inSet("sources"),
	})
}

// translation is the internet gateway's: each public address for one private address.
func (r *ruleset) translation() {
	in := r.base("publics-in", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, -100, nftables.ChainPolicyAccept)
	out := r.base("privates-out", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, 100, nftables.ChainPolicyAccept)
	for _, t := range []struct {
		chain *nftables.Chain
		link  expr.MetaKey
		end   end
		set   string
		kind  expr.NATType
	}{
		{in, expr.MetaKeyIIFNAME, destination, "publics", expr.NATTypeDestNAT},
		{out, expr.MetaKeyOIFNAME, source, "privates", expr.NATTypeSourceNAT},
	} {
		r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: t.chain, Exprs: append(matchLink(t.link, gatewayLink),
			t.end.load(1, r.bits),
			&expr.Lookup{SourceRegister: 1, DestRegister: 1, IsDestRegSet: true, SetName: t.set, SetID: r.sets[t.set].ID},
			&expr.NAT{Type: t.kind, Family: unix.NFPROTO_IPV4, RegAddrMin: 1},
		)})
	}
}

// input filters packets to the router itself: its resolver and its metadata service answer interfaces regardless of
// their groups (https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html); nothing else answers.
func (r *ruleset) input() {
	c := r.base("router", nftables.ChainTypeFilter, nftables.ChainHookInput, 0, nftables.ChainPolicyDrop)
	for _, link := range []string{gatewayLink, egressOnlyLink} {
		r.rule(c, expr.VerdictDrop, matchLink(expr.MetaKeyIIFNAME, link))
	}
	for _, p := range r.vpc.Peerings { // a peer uses neither
		r.rule(c, expr.VerdictDrop, matchLink(expr.MetaKeyIIFNAME, peeringLink(p.ID)))
	}
	r.rule(c, expr.VerdictAccept, matchLink(expr.MetaKeyIIFNAME, "lo"))
	r.rule(c, expr.VerdictAccept, matchState(expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED))
	if r.bits == 128 {
		return // both are reached by IPv4
	}
	for _, resolver := range []netip.Addr{Resolver(r.vpc.CIDR), resolverAddress} {
		for _, p := range []byte{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
			r.rule(c, expr.VerdictAccept, matchPrefix(destination, only(resolver)), matchProtocol(p), matchPorts(53, 53))
		}
	}
	r.rule(c, expr.VerdictAccept, matchPrefix(destination, only(metadataAddress)),
		matchProtocol(unix.IPPROTO_TCP), matchPorts(80, 80))
}

// matchReply matches packets of a connection that its other side opened.
func matchReply() []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeyDIRECTION, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{ctReply}},
	}
}

// ctReply is IP_CT_DIR_REPLY of linux/netfilter/nf_conntrack_tuple_common.h.
const ctReply = 1

func matchState(bits uint32) []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATE, Register: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: binaryutil.NativeEndian.PutUint32(bits), Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: make([]byte, 4)},
	}
}

// forwarding makes the two base chains, which go by a packet's link to the rules of the groups there.
func (r *ruleset) forwarding() {
	established := matchState(expr.CtStateBitESTABLISHED | expr.CtStateBitRELATED)
	for _, d := range directions {
		c := r.base(d.name, nftables.ChainTypeFilter, nftables.ChainHookForward, d.priority, nftables.ChainPolicyDrop)
		if d.link == expr.MetaKeyOIFNAME { // an egress-only gateway knows the connections that it opened, and no others
			r.rule(c, expr.VerdictDrop, matchLink(d.link, egressOnlyLink), matchReply())
		}
		r.rule(c, expr.VerdictAccept, established)
		r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: lookUpLink(d.link, r.sets[d.name+"-links"])})
		for _, p := range r.vpc.Peerings {
			r.rule(c, expr.VerdictAccept, matchLink(d.link, peeringLink(p.ID)))
		}
		switch {
		case d.link == expr.MetaKeyIIFNAME:
			r.rule(c, expr.VerdictAccept, matchLink(d.link, gatewayLink))
		case r.bits == 128:
			r.rule(c, expr.VerdictAccept, matchLink(d.link, gatewayLink))
			r.rule(c, expr.VerdictAccept, matchLink(d.link, egressOnlyLink))
		default: // what has no public address cannot be translated, so it cannot go out
			r.rule(c, expr.VerdictAccept, matchLink(d.link, gatewayLink), []expr.Any{
				source.load(1, r.bits),
				&expr.Lookup{SourceRegister: 1, DestRegister: 1, IsDestRegSet: true, SetName: "privates", SetID: r.sets["privates"].ID},
			})
		}
	}
}

// addWays makes a map for each direction that tells for each link what judges its packets.
func (r *ruleset) addWays() error {
	for _, d := range directions {
		set := &nftables.Set{Name: d.name + "-links", IsMap: true, KeyType: nftables.TypeIFName, DataType: nftables.TypeVerdict}
		if err := r.addSet(set, r.ways(d.name)); err != nil {
			return err
		}
	}
	return nil
}

// ways leads each link to a chain that has the rules of its groups in a direction, one chain for all links that have the same groups.
func (r *ruleset) ways(direction string) (ways []nftables.SetElement) {
	chains := map[string]string{} // by the groups' ids
	for _, i := range r.vpc.Interfaces {
		way := &expr.Verdict{Kind: expr.VerdictAccept} // a NAT gateway, whose own namespace's filter judges, or a load balancer
		if i.NAT == nil && !(i.Transparent && len(i.Groups) == 0) {
			groups := strings.Join(i.Groups, " ")
			if chains[groups] == "" {
				c := r.conn.AddChain(&nftables.Chain{Name: fmt.Sprint(direction, "-", len(chains)), Table: r.table})
				for _, g := range i.Groups {
					jump := &expr.Verdict{Kind: expr.VerdictJump, Chain: g + "-" + direction}
					r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: []expr.Any{jump}})
				}
				chains[groups] = c.Name
			}
			way = &expr.Verdict{Kind: expr.VerdictJump, Chain: chains[groups]}
		}
		ways = append(ways, nftables.SetElement{Key: linkKey(linkName(i.ID)), VerdictData: way})
	}
	return ways
}

// directions are those of a security group's rules, as the packets of a connection's opening pass them.
var directions = []struct {
	name     string
	priority int
	link     expr.MetaKey
	far      expr.MetaKey // the other side's link
	peer     end          // the other side's address
	rules    func(SecurityGroup) []Rule
}{
	{"egress", 0, expr.MetaKeyIIFNAME, expr.MetaKeyOIFNAME, destination, func(g SecurityGroup) []Rule { return g.Egress }},
	{"ingress", 10, expr.MetaKeyOIFNAME, expr.MetaKeyIIFNAME, source, func(g SecurityGroup) []Rule { return g.Ingress }},
}

func (r *ruleset) groupChains() error {
	for _, g := range r.vpc.SecurityGroups {
		for _, d := range directions {
			c := r.conn.AddChain(&nftables.Chain{Name: g.ID + "-" + d.name, Table: r.table})
			for _, rule := range d.rules(g) {
				what, err := matchRule(rule)
				if err != nil {
					return fmt.Errorf("security group %s: %w", g.ID, err)
				}
				for _, p := range rule.Prefixes {
					if r.ours(p.Addr()) {
						r.rule(c, expr.VerdictAccept, matchPrefix(d.peer, p), what)
					}
				}
				for _, peer := range rule.Groups {
					for _, link := range r.transparentLinks(peer) { // whose members speak for their clients
						r.rule(c, expr.VerdictAccept, matchLink(d.far, link), what)
					}
					if r.sets[peer] == nil {
						continue // a group that is gone has no members
					}
					r.rule(c, expr.VerdictAccept, r.reachedBy(peer, d.far), []expr.Any{d.peer.load(1, r.bits), r.inSet(peer)}, what)
				}
			}
		}
	}
	return nil
}

// matchRule compares protocol and ports, or type and code.
func matchRule(rule Rule) ([]expr.Any, error) {
	switch rule.Protocol {
	case "-1":
		return nil, nil
	case "tcp", "6":
		return append(matchProtocol(unix.IPPROTO_TCP), matchPorts(rule.FromPort, rule.ToPort)...), nil
	case "udp", "17":
		return append(matchProtocol(unix.IPPROTO_UDP), matchPorts(rule.FromPort, rule.ToPort)...), nil
	case "icmp", "1", "icmpv6", "58":
		e := matchProtocol(unix.IPPROTO_ICMP)
		if strings.HasSuffix(rule.Protocol, "v6") || rule.Protocol == "58" {
			e = matchProtocol(unix.IPPROTO_ICMPV6)
		}
		for offset, want := range []int{rule.FromPort, rule.ToPort} {
			if want >= 0 {
				e = append(e, &expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: uint32(offset), Len: 1},
					&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{byte(want)}})
			}
		}
		return e, nil
	}
	number, err := strconv.ParseUint(rule.Protocol, 10, 8)
	if err != nil {
		return nil, fmt.Errorf("protocol %q is not tcp, udp, icmp, icmpv6, -1 or a number", rule.Protocol)
	}
	return matchProtocol(byte(number)), nil
}
