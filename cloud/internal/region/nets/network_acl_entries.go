package nets

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// aclEntryRow is a rule of a network ACL.
type aclEntryRow struct {
	Egress      bool
	Number      int32
	Allow       bool
	Protocol    string // a number of IANA's, or -1 for all
	From, To    int32  // ports, or ICMP's type and code, of which -1 is any
	CIDR, CIDR6 string // one of them
}

// lastNumber is the rule that the API shows where the console shows an asterisk: it denies what no other rule matches, and
// cannot be changed (https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html). That for IPv6 is listed where the VPC has
// IPv6, and has the number after it.
const lastNumber = 32767

// Protocols with ports, and with types and codes, by their numbers.
var (
	hasPorts = []string{"6", "17"}
	hasTypes = []string{"1", "58"}
)

// entriesOf returns an ACL's entries with the last ones of each direction, as they are listed.
func (r *Room) entriesOf(a aclRow) []aclEntryRow {
	all := slices.Clone(a.Entries)
	vpc, _ := r.vpcs.Get(a.VPC)
	for _, egress := range []bool{true, false} {
		all = append(all, aclEntryRow{Egress: egress, Number: lastNumber, Protocol: "-1", CIDR: "0.0.0.0/0"})
		if len(vpc.IPv6) > 0 {
			all = append(all, aclEntryRow{Egress: egress, Number: lastNumber + 1, Protocol: "-1", CIDR6: "::/0"})
		}
	}
	slices.SortFunc(all, inOrder)
	return all
}

func inOrder(a, b aclEntryRow) int {
	if a.Egress != b.Egress {
		return map[bool]int{true: -1, false: 1}[a.Egress]
	}
	return cmp.Compare(a.Number, b.Number)
}

func (e aclEntryRow) action() ec2types.RuleAction {
	if e.Allow {
		return ec2types.RuleActionAllow
	}
	return ec2types.RuleActionDeny
}

// protocolName is what the filter entry.protocol calls it: a name where the API has one.
func (e aclEntryRow) protocolName() string {
	if name, ok := map[string]string{"6": "tcp", "17": "udp", "1": "icmp"}[e.Protocol]; ok {
		return name
	}
	return e.Protocol
}

// number writes a port, type or code of an entry with one of these protocols; empty for others.
func (e aclEntryRow) number(n int32, protocols []string) string {
	if !slices.Contains(protocols, e.Protocol) {
		return ""
	}
	return strconv.Itoa(int(n))
}

func (e aclEntryRow) show() ec2types.NetworkAclEntry {
	out := ec2types.NetworkAclEntry{
		Egress: new(e.Egress), RuleNumber: new(e.Number), RuleAction: e.action(), Protocol: new(e.Protocol),
		CidrBlock: room.Some(e.CIDR), Ipv6CidrBlock: room.Some(e.CIDR6),
	}
	switch {
	case slices.Contains(hasPorts, e.Protocol):
		out.PortRange = &ec2types.PortRange{From: new(e.From), To: new(e.To)}
	case slices.Contains(hasTypes, e.Protocol):
		out.IcmpTypeCode = &ec2types.IcmpTypeCode{Type: new(e.From), Code: new(e.To)}
	}
	return out
}

// entryGiven reads the entry of a request, which ReplaceNetworkAclEntry says alike, and checks it as
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html says.
func entryGiven(g *ec2.CreateNetworkAclEntryInput) (aclEntryRow, error) {
	e := aclEntryRow{Egress: room.Deref(g.Egress), Protocol: room.Deref(g.Protocol), Allow: g.RuleAction == ec2types.RuleActionAllow, From: -1, To: -1}
	if err := checkEntryNumber(g.RuleNumber); err != nil {
		return e, err
	}
	e.Number = *g.RuleNumber
	if g.RuleAction != ec2types.RuleActionAllow && g.RuleAction != ec2types.RuleActionDeny {
		return e, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter ruleAction is invalid.", g.RuleAction)
	}
	if err := e.setRange(room.Deref(g.CidrBlock), room.Deref(g.Ipv6CidrBlock)); err != nil {
		return e, err
	}
	if number, err := strconv.Atoi(e.Protocol); err != nil || number < -1 || number > 255 {
		return e, wire.Errorf("InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.", e.Protocol)
	}
	switch {
	case slices.Contains(hasPorts, e.Protocol):
		return e, e.setPorts(g.PortRange)
	case e.Protocol == "1" || e.Protocol == "58" && e.CIDR6 != "": // 58 with an IPv4 block means all types
		icmp := g.IcmpTypeCode
		if icmp == nil || icmp.Type == nil || icmp.Code == nil {
			return e, wire.Errorf("MissingParameter", "The request must contain the parameter icmpTypeCode")
		}
		if e.From, e.To = *icmp.Type, *icmp.Code; e.From < -1 || e.From > 255 || e.To < -1 || e.To > 255 {
			return e, wire.Errorf("InvalidParameterValue", "ICMP type (%d) or code (%d) out of range", e.From, e.To)
		}
	}
	return e, nil // of other protocols, all ports are meant, whatever was given
}

func checkEntryNumber(n *int32) error {
	if n == nil {
		return wire.Errorf("MissingParameter", "The request must contain the parameter ruleNumber")
	}
	if *n < 1 || *n >= lastNumber {
		return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter ruleNumber is invalid. Rulenumber must be in range 1..%d", *n, lastNumber-1)
	}
	return nil
}

// setRange takes an entry's addresses, which are canonical then.
func (e *aclEntryRow) setRange(v4, v6 string) error {
	if (v4 == "") == (v6 == "") {
		return wire.Errorf("InvalidParameterCombination", "Exactly one of the parameters cidrBlock and ipv6CidrBlock must be specified.")
	}
	var ok bool
	if v4 != "" {
		e.CIDR, ok = canonical(v4, true)
	} else {
		e.CIDR6, ok = canonical(v6, false)
	}
	if !ok {
		return wire.Errorf("InvalidParameterValue", "CIDR block %s is malformed", v4+v6)
	}
	return nil
}

func (e *aclEntryRow) setPorts(ports *ec2types.PortRange) error {
	if ports == nil || ports.From == nil || ports.To == nil {
		return wire.Errorf("MissingParameter", "The request must contain the parameter portRange")
	}
	if e.From, e.To = *ports.From, *ports.To; e.From == -1 && e.To == -1 {
		e.From, e.To = 0, 65535
	}
	if e.From < 0 || e.To > 65535 || e.From > e.To {
		return wire.Errorf("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", e.From, e.To)
	}
	return nil
}

func (a *aclRow) find(egress bool, number int32) int {
	return slices.IndexFunc(a.Entries, func(e aclEntryRow) bool { return e.Egress == egress && e.Number == number })
}

func missingEntry(egress bool, number int32) error {
	direction := "ingress"
	if egress {
		direction = "egress"
	}
	return wire.Errorf("InvalidNetworkAclEntry.NotFound", "no %s entry with number %d", direction, number)
}

// CreateNetworkAclEntry adds a rule whose number the direction has not yet.
func (r *Room) CreateNetworkAclEntry(ctx context.Context, in *ec2.CreateNetworkAclEntryInput) (*ec2.CreateNetworkAclEntryOutput, error) {
	if err := room.Only(
		in, "CidrBlock", "Egress", "IcmpTypeCode", "Ipv6CidrBlock", "NetworkAclId", "PortRange", "Protocol", "RuleAction", "RuleNumber",
	); err != nil {
		return nil, err
	}
	entry, err := entryGiven(in)
	if err != nil {
		return nil, err
	}
	err = r.changeACL(in.NetworkAclId, in, func(_ *store.Tx, a *aclRow) error {
		if a.find(entry.Egress, entry.Number) >= 0 {
			return wire.Errorf("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", entry.Number)
		}
		alike := 1 // the last one
		for _, e := range a.Entries {
			if e.Egress == entry.Egress && (e.CIDR6 == "") == (entry.CIDR6 == "") {
				alike++
			}
		}
		if alike >= r.Quota(rulesPerACL) {
			return wire.Errorf("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached.")
		}
		a.Entries = append(a.Entries, entry)
		slices.SortFunc(a.Entries, inOrder)
		return nil
	})
	return &ec2.CreateNetworkAclEntryOutput{}, err
}

// ReplaceNetworkAclEntry writes a rule anew.
func (r *Room) ReplaceNetworkAclEntry(ctx context.Context, in *ec2.ReplaceNetworkAclEntryInput) (*ec2.ReplaceNetworkAclEntryOutput, error) {
	if err := room.Only(
		in, "CidrBlock", "Egress", "IcmpTypeCode", "Ipv6CidrBlock", "NetworkAclId", "PortRange", "Protocol", "RuleAction", "RuleNumber",
	); err != nil {
		return nil, err
	}
	given := ec2.CreateNetworkAclEntryInput(*in)
	entry, err := entryGiven(&given)
	if err != nil {
		return nil, err
	}
	err = r.changeACL(in.NetworkAclId, in, func(_ *store.Tx, a *aclRow) error {
		at := a.find(entry.Egress, entry.Number)
		if at < 0 {
			return missingEntry(entry.Egress, entry.Number)
		}
		a.Entries[at] = entry
		return nil
	})
	return &ec2.ReplaceNetworkAclEntryOutput{}, err
}

// DeleteNetworkAclEntry removes a rule.
func (r *Room) DeleteNetworkAclEntry(ctx context.Context, in *ec2.DeleteNetworkAclEntryInput) (*ec2.DeleteNetworkAclEntryOutput, error) {
	if err := room.Only(in, "Egress", "NetworkAclId", "RuleNumber"); err != nil {
		return nil, err
	}
	if err := checkEntryNumber(in.RuleNumber); err != nil {
		return nil, err
	}
	err := r.changeACL(in.NetworkAclId, in, func(_ *store.Tx, a *aclRow) error {
		at := a.find(room.Deref(in.Egress), *in.RuleNumber)
		if at < 0 {
			return missingEntry(room.Deref(in.Egress), *in.RuleNumber)
		}
		a.Entries = slices.Delete(a.Entries, at, at+1)
		return nil
	})
	return &ec2.DeleteNetworkAclEntryOutput{}, err
}

// spec is the ACL for the fabric, which drops what no entry matches.
func (a aclRow) spec() network.NetworkACL {
	spec := network.NetworkACL{ID: a.ID}
	for _, e := range a.Entries {
		rule := network.ACLRule{
			Allow: e.Allow, Protocol: e.Protocol, FromPort: int(e.From), ToPort: int(e.To), Prefix: netip.MustParsePrefix(e.CIDR + e.CIDR6), // one of them
		}
		if e.Egress {
			spec.Egress = append(spec.Egress, rule)
		} else {
			spec.Ingress = append(spec.Ingress, rule)
		}
	}
	return spec
}
