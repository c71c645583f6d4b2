package nets_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) networkACLs(filters ...ec2types.Filter) []ec2types.NetworkAcl {
	d.T.Helper()
	out, err := d.DescribeNetworkAcls(d.T.Context(), &ec2.DescribeNetworkAclsInput{Filters: filters})
	if err != nil {
		d.T.Fatal(err)
	}
	return out.NetworkAcls
}

func (d *desk) networkACL(vpc string) string {
	d.T.Helper()
	out, err := d.CreateNetworkAcl(d.T.Context(), &ec2.CreateNetworkAclInput{VpcId: &vpc})
	if err != nil {
		d.T.Fatal(err)
	}
	return *out.NetworkAcl.NetworkAclId
}

// entries tells a network ACL's entries, as they are listed.
func entries(acl ec2types.NetworkAcl) (all []string) {
	for _, e := range acl.Entries {
		line := fmt.Sprint(map[bool]string{true: "out", false: "in"}[*e.Egress], " ", *e.RuleNumber, " ", e.RuleAction, " ", *e.Protocol,
			" ", aws.ToString(e.CidrBlock), aws.ToString(e.Ipv6CidrBlock))
		if p := e.PortRange; p != nil {
			line += fmt.Sprint(" ports ", *p.From, "-", *p.To)
		}
		if p := e.IcmpTypeCode; p != nil {
			line += fmt.Sprint(" icmp ", *p.Type, "/", *p.Code)
		}
		all = append(all, line)
	}
	return all
}

func aclID(a ec2types.NetworkAcl) *string { return a.NetworkAclId }

func TestNetworkACLEntriesAreMadeReplacedAndDeleted(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	acl := d.networkACL(vpc)
	own := regiontest.Where("network-acl-id", acl)
	lasts := []string{"out 32767 deny -1 0.0.0.0/0", "in 32767 deny -1 0.0.0.0/0"}
	roomtest.WantSame(t, "a new network ACL", entries(d.networkACLs(own...)[0]), lasts...)
	made := []ec2.CreateNetworkAclEntryInput{
		{RuleNumber: new(int32(200)), Egress: new(false), Protocol: new("6"), PortRange: ports(80, 81), CidrBlock: new("10.1.2.3/16")},
		{RuleNumber: new(int32(100)), Egress: new(false), Protocol: new("1"), CidrBlock: new("0.0.0.0/0"),
			IcmpTypeCode: &ec2types.IcmpTypeCode{Type: new(int32(8)), Code: new(int32(-1))}},
		{RuleNumber: new(int32(100)), Egress: new(true), Protocol: new("-1"), CidrBlock: new("0.0.0.0/0"), PortRange: ports(1, 2)},
		{RuleNumber: new(int32(101)), Egress: new(true), Protocol: new("-1"), Ipv6CidrBlock: new("::/0")},
	}
	for _, in := range made {
		in.NetworkAclId, in.RuleAction = &acl, ec2types.RuleActionAllow
		if _, err := d.CreateNetworkAclEntry(ctx, &in); err != nil {
			t.Fatal(err)
		}
		_, err := d.CreateNetworkAclEntry(ctx, &in)
		roomtest.WantAPIError(t, err, "NetworkAclEntryAlreadyExists")
	}
	replaced := ec2.ReplaceNetworkAclEntryInput{
		NetworkAclId: &acl, RuleNumber: new(int32(200)), Egress: new(false), Protocol: new("17"), PortRange: ports(53, 53),
		CidrBlock: new("10.1.0.0/16"), RuleAction: ec2types.RuleActionDeny,
	}
	if _, err := d.ReplaceNetworkAclEntry(ctx, &replaced); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	roomtest.WantSame(t, "entries", entries(d.networkACLs(own...)[0]), "out 100 allow -1 0.0.0.0/0", "out 101 allow -1 ::/0", lasts[0],
		"in 100 allow 1 0.0.0.0/0 icmp 8/-1", "in 200 deny 17 10.1.0.0/16 ports 53-53", lasts[1])
	gone := &ec2.DeleteNetworkAclEntryInput{NetworkAclId: &acl, RuleNumber: new(int32(100)), Egress: new(false)}
	if _, err := d.DeleteNetworkAclEntry(ctx, gone); err != nil {
		t.Fatal(err)
	}
	_, err := d.DeleteNetworkAclEntry(ctx, gone)
	roomtest.WantAPIError(t, err, "InvalidNetworkAclEntry.NotFound")
	replaced.RuleNumber = new(int32(300))
	_, err = d.ReplaceNetworkAclEntry(ctx, &replaced)
	roomtest.WantAPIError(t, err, "InvalidNetworkAclEntry.NotFound")
	roomtest.WantSame(t, "entries", entries(d.networkACLs(own...)[0])[3:], "in 200 deny 17 10.1.0.0/16 ports 53-53", lasts[1])
}

func ports(from, to int32) *ec2types.PortRange { return &ec2types.PortRange{From: &from, To: &to} }

func TestNetworkACLEntriesAreChecked(t *testing.T) {
	d := newDesk(t)
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	acl := d.networkACL(vpc)
	for _, c := range []struct {
		code   string
		change func(*ec2.CreateNetworkAclEntryInput)
	}{
		{"InvalidParameterValue", func(in *ec2.CreateNetworkAclEntryInput) { in.RuleNumber = new(int32(32767)) }},
		{"InvalidParameterValue", func(in *ec2.CreateNetworkAclEntryInput) { in.RuleNumber = new(int32(0)) }},
		{"InvalidParameterValue", func(in *ec2.CreateNetworkAclEntryInput) { in.Protocol = new("tcp") }},
		{"InvalidParameterValue", func(in *ec2.CreateNetworkAclEntryInput) { in.PortRange = ports(81, 80) }},
		{"InvalidParameterValue", func(in *ec2.CreateNetworkAclEntryInput) { in.PortRange = ports(1, 65536) }},
		{"InvalidParameterValue", func(in *ec2.CreateNetworkAclEntryInput) { in.CidrBlock = new("10.0.0.0") }},
		{"InvalidParameterValue", func(in *ec2.CreateNetworkAclEntryInput) { in.RuleAction = "reject" }},
		{"InvalidParameterCombination", func(in *ec2.CreateNetworkAclEntryInput) { in.CidrBlock = nil }},
		{"InvalidParameterCombination", func(in *ec2.CreateNetworkAclEntryInput) { in.Ipv6CidrBlock = new("::/0") }},
		{"MissingParameter", func(in *ec2.CreateNetworkAclEntryInput) { in.PortRange = nil }},
		{"MissingParameter", func(in *ec2.CreateNetworkAclEntryInput) { in.Protocol = new("1") }},
		{"InvalidNetworkAclID.NotFound", func(in *ec2.CreateNetworkAclEntryInput) { in.NetworkAclId = new("acl-0123456789abcdef0") }},
		{"DryRunOperation", func(in *ec2.CreateNetworkAclEntryInput) { in.DryRun = new(true) }},
	} {
		in := ec2.CreateNetworkAclEntryInput{
			NetworkAclId: &acl, RuleNumber: new(int32(1)), Egress: new(false), Protocol: new("6"), PortRange: ports(80, 81),
			CidrBlock: new("0.0.0.0/0"), RuleAction: ec2types.RuleActionAllow,
		}
		c.change(&in)
		_, err := d.CreateNetworkAclEntry(t.Context(), &in)
		roomtest.WantAPIError(t, err, c.code)
	}
	for n := range int32(20) {
		_, err := d.CreateNetworkAclEntry(t.Context(), &ec2.CreateNetworkAclEntryInput{
			NetworkAclId: &acl, RuleNumber: new(n + 1), Egress: new(false), Protocol: new("-1"), CidrBlock: new("0.0.0.0/0"), RuleAction: ec2types.RuleActionDeny,
		})
		if n < 19 && err != nil {
			t.Fatal(err)
		} else if n == 19 {
			roomtest.WantAPIError(t, err, "NetworkAclEntryLimitExceeded")
		}
	}
}

// A subnet always has one network ACL: first its VPC's default one, then whichever it is moved to.
func TestSubnetIsMovedBetweenNetworkACLs(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	other, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	acl, foreign := d.networkACL(vpc), d.networkACL(other)
	at := regiontest.Where("association.subnet-id", subnet)[0]
	first := d.networkACLs(at)
	if len(first) != 1 || !*first[0].IsDefault || *first[0].VpcId != vpc {
		t.Fatalf("a new subnet is under %+v", first)
	}
	move := func(acl string) (*ec2.ReplaceNetworkAclAssociationOutput, error) {
		return d.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{
			AssociationId: d.networkACLs(at)[0].Associations[0].NetworkAclAssociationId, NetworkAclId: &acl,
		})
	}
	was := *first[0].Associations[0].NetworkAclAssociationId
	moved := roomtest.Must(move(acl))(t)
	if *moved.NewAssociationId == was {
		t.Error("the association has the old id")
	}
	if again := roomtest.Must(move(acl))(t); *again.NewAssociationId != *moved.NewAssociationId {
		t.Error("the same again makes another association")
	}
	d.Reopen()
	roomtest.WantSame(t, "the subnet's ACL", regiontest.IDsOf(d.networkACLs(at), aclID), acl)
	roomtest.WantSame(t, "the association's ACL",
		regiontest.IDsOf(d.networkACLs(regiontest.Where("association.association-id", *moved.NewAssociationId)...), aclID), acl)
	_, err := d.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: &was, NetworkAclId: &acl})
	roomtest.WantAPIError(t, err, "InvalidAssociationID.NotFound")
	_, err = move(foreign)
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &acl})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	_, err = d.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: first[0].NetworkAclId})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	roomtest.Must(move(*first[0].NetworkAclId))(t)
	_, err = d.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	roomtest.Must(d.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &acl}))(t)
	_, err = d.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &acl})
	roomtest.WantAPIError(t, err, "InvalidNetworkAclID.NotFound")
}

func TestNetworkACLsAreFiltered(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	made := roomtest.Must(d.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &vpc, ClientToken: new("once")}))(t)
	again := roomtest.Must(d.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &vpc, ClientToken: new("once")}))(t)
	acl := *made.NetworkAcl.NetworkAclId
	if *again.NetworkAcl.NetworkAclId != acl {
		t.Error("a client token made two network ACLs")
	}
	roomtest.Must(d.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: &acl, RuleNumber: new(int32(7)), Egress: new(true), Protocol: new("6"), PortRange: ports(80, 443),
		CidrBlock: new("10.9.0.0/16"), RuleAction: ec2types.RuleActionDeny,
	}))(t)
	standard := *d.networkACLs(regiontest.Where("default", "true")...)[0].NetworkAclId
	for _, c := range []struct{ name, value, want string }{
		{"default", "false", acl}, {"entry.rule-number", "7", acl}, {"entry.rule-number", "100", standard}, {"entry.cidr", "10.9.*", acl},
		{"entry.protocol", "tcp", acl}, {"entry.port-range.from", "80", acl}, {"entry.port-range.to", "443", acl},
		{"entry.rule-action", "allow", standard}, {"association.network-acl-id", "*", standard}, {"network-acl-id", acl, acl},
	} {
		roomtest.WantSame(t, c.name, regiontest.IDsOf(d.networkACLs(regiontest.Where(c.name, c.value)...), aclID), c.want)
	}
	if none := d.networkACLs(regiontest.Where("entry.icmp.type", "*")...); len(none) > 0 {
		t.Errorf("no entry is of ICMP, and %v are found", none)
	}
	_, err := d.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: new("vpc-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
}
