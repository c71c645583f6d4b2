package network

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// NetworkACL has the rules of subnets, in the order in which they are asked: the first that matches decides, and what none
// matches is dropped (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html).
type NetworkACL struct {
	ID      string // acl-...
	Ingress []ACLRule
	Egress  []ACLRule
}

// ACLRule allows or denies one protocol and range of ports to or from one prefix.
type ACLRule struct {
	Allow            bool
	Protocol         string // as in Rule
	FromPort, ToPort int    // as in Rule
	Prefix           netip.Prefix
}

// everything tells whether the rules allow whatever comes, which the first of them says then.
func everything(rules []ACLRule) bool {
	return len(rules) > 0 && rules[0].Allow && rules[0].Protocol == "-1" && rules[0].Prefix.Bits() == 0
}

// aclDirections are those of an ACL's rules. Their chains come before the security groups', because an ACL tracks nothing: it
// judges the packets of established connections too, and replies like any others.
var aclDirections = []struct {
	name     string
	priority int
	link     expr.MetaKey
	peer     end // the other side's address
	rules    func(NetworkACL) []ACLRule
}{
	{"acl-egress", -20, expr.MetaKeyIIFNAME, destination, func(a NetworkACL) []ACLRule { return a.Egress }},
	{"acl-ingress", -10, expr.MetaKeyOIFNAME, source, func(a NetworkACL) []ACLRule { return a.Ingress }},
}

// networkACLs makes a chain for each subnet that its ACL keeps anything from, and one for each ACL, and a map of the links there.
// Forwarded packets have private addresses on the VPC's side, before and after translation, so the other side's
// address alone tells whether one crosses the subnet's border; within a subnet no ACL is asked. What the router itself
// answers, the resolver and the metadata service, is never forwarded, and no ACL blocks it, as on AWS.
func (r *ruleset) networkACLs() error {
	for _, d := range aclDirections {
		var guarded []nftables.SetElement
		subnets := map[string]bool{}
		for _, acl := range r.vpc.NetworkACLs {
			rules := slices.DeleteFunc(slices.Clone(d.rules(acl)), func(rule ACLRule) bool { return !r.ours(rule.Prefix.Addr()) })
			mine := slices.DeleteFunc(slices.Clone(r.vpc.Interfaces), func(i Interface) bool { return i.NetworkACL != acl.ID || !i.subnet(r.bits).IsValid() })
			if everything(rules) || len(mine) == 0 {
				continue
			}
			chain := r.conn.AddChain(&nftables.Chain{Name: acl.ID + "-" + d.name, Table: r.table})
			if err := r.aclChain(chain, d.peer, rules); err != nil {
				return err
			}
			for _, i := range mine {
				subnet := i.subnet(r.bits)
				name := subnetChain(d.name, subnet)
				if !subnets[name] {
					subnets[name] = true
					c := r.conn.AddChain(&nftables.Chain{Name: name, Table: r.table})
					r.rule(c, expr.VerdictAccept, matchPrefix(d.peer, subnet))
					r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictGoto, Chain: chain.Name}}})
				}
				guarded = append(guarded, nftables.SetElement{Key: linkKey(linkName(i.ID)), VerdictData: &expr.Verdict{Kind: expr.VerdictGoto, Chain: name}})
			}
		}
		if len(guarded) == 0 {
			continue
		}
		set := &nftables.Set{Name: d.name + "-links", IsMap: true, KeyType: nftables.TypeIFName, DataType: nftables.TypeVerdict}
		if err := r.addSet(set, guarded); err != nil {
			return err
		}
	}
	return nil
}

// askACLs makes a base chain in each direction in which an ACL keeps anything from a subnet.
func (r *ruleset) askACLs() {
	for _, d := range aclDirections {
		if set := r.sets[d.name+"-links"]; set != nil {
			c := r.base(d.name, nftables.ChainTypeFilter, nftables.ChainHookForward, d.priority, nftables.ChainPolicyAccept)
			r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: lookUpLink(d.link, set)})
		}
	}
}

// lookUpLink goes where a map of links says.
func lookUpLink(key expr.MetaKey, set *nftables.Set) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: key, Register: 1},
		&expr.Lookup{SourceRegister: 1, DestRegister: 0, IsDestRegSet: true, SetName: set.Name, SetID: set.ID},
	}
}

func subnetChain(direction string, subnet netip.Prefix) string {
	return direction + "-" + strings.NewReplacer(".", "-", "/", "-", ":", "-").Replace(subnet.String())
}

func (r *ruleset) aclChain(c *nftables.Chain, peer end, rules []ACLRule) error {
	for _, rule := range rules {
		what, err := matchRule(Rule{Protocol: rule.Protocol, FromPort: rule.FromPort, ToPort: rule.ToPort})
		if err != nil {
			return err
		}
		verdict := expr.VerdictDrop
		if rule.Allow {
			verdict = expr.VerdictAccept
		}
		r.rule(c, verdict, matchPrefix(peer, rule.Prefix), what)
	}
	r.rule(c, expr.VerdictDrop)
	return nil
}

func (a NetworkACL) equal(b NetworkACL) bool {
	return a.ID == b.ID && slices.Equal(a.Ingress, b.Ingress) && slices.Equal(a.Egress, b.Egress)
}
