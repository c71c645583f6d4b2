package plan

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// What is the stack's is no neighbour, by its tags, by its name, or since it was found for what it is.
func TestNeighboursAreNotTheStacksOwn(t *testing.T) {
	g := &graph{}
	s := resourcetest.Scope(t)
	found := &network.Subnet{Scope: s, ID: "subnet-untagged"}
	found.Spare = []resource.Double{{Doubling: &network.Subnet{ID: "subnet-double"}}}
	g.add("primary/subnet public-a", found)
	n := &neighbours{Scope: s, graph: g, seen: []neighbour{
		{what: "a subnet", id: "subnet-1", tags: s.Mark("public-a")},
		{what: "a subnet", id: "subnet-untagged"}, {what: "a subnet", id: "subnet-double"},
		{what: "a target group", id: "arn:tg", name: balancing.Generation(s, 2)},
		{what: "a security group", id: "sg-1", name: "mine", tags: map[string]string{"understudy:stack": "another"}},
		{what: "an instance", id: "i-1"},
		{what: "a route table", id: "rtb-1", tags: s.Mark("vpc"), says: "it has more routes"},
	}}
	want := []resource.Remark{
		{ID: "sg-1", Text: "a security group that is not this stack's: mine"},
		{ID: "i-1", Text: "an instance that is not this stack's"},
		{ID: "rtb-1", Text: "it has more routes"},
	}
	if diff := cmp.Diff(want, n.Remarks()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatCameWithAVPCIsToldOfWhereItWasChanged(t *testing.T) {
	all := func(peer string) []ec2types.IpPermission {
		return []ec2types.IpPermission{network.Rule{Protocol: "-1", Peer: peer}.Permission()}
	}
	ssh := network.Rule{Protocol: "tcp", From: 22, To: 22, Peer: network.Everywhere}.Permission()
	const other = "the VPC's default security group has other rules than AWS gives it, in: "
	for name, c := range map[string]struct {
		in, out []ec2types.IpPermission
		want    string
	}{
		"as it came":   {all("sg-1"), all(network.Everywhere), ""},
		"from another": {all("sg-2"), all(network.Everywhere), other + "all sg-2; out: all 0.0.0.0/0; nothing of the stack is in it"},
		"a rule more": {append(all("sg-1"), ssh), all(network.Everywhere),
			other + "all sg-1, tcp 22 0.0.0.0/0; out: all 0.0.0.0/0; nothing of the stack is in it"},
		"closed":           {nil, nil, other + "nothing; out: nothing; nothing of the stack is in it"},
		"nothing goes out": {all("sg-1"), nil, other + "all sg-1; out: nothing; nothing of the stack is in it"},
	} {
		if got := changedGroup(ec2types.SecurityGroup{GroupId: aws.String("sg-1"), IpPermissions: c.in, IpPermissionsEgress: c.out}); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	table := ec2types.RouteTable{
		Routes: []ec2types.Route{{DestinationCidrBlock: aws.String("10.0.0.0/8"), GatewayId: aws.String("local"), Origin: "CreateRouteTable"}},
	}
	if got := changedTable(table); got != "" {
		t.Errorf("a table as it came: %q", got)
	}
	table.Routes = append(table.Routes, ec2types.Route{DestinationCidrBlock: aws.String(network.Everywhere), GatewayId: aws.String("igw-1"),
		Origin: "CreateRoute"})
	if got := changedTable(table); got != "the VPC's main route table has routes that somebody has made: 0.0.0.0/0 by igw-1; no subnet of the stack follows it" {
		t.Errorf("a table with another route: %q", got)
	}
}

func TestADefaultNetworkACLLetsEverythingPass(t *testing.T) {
	entry := func(number int32, egress bool, action ec2types.RuleAction, cidr string) ec2types.NetworkAclEntry {
		return ec2types.NetworkAclEntry{RuleNumber: &number, Egress: &egress, RuleAction: action, Protocol: aws.String("-1"), CidrBlock: &cidr}
	}
	came := []ec2types.NetworkAclEntry{
		entry(100, false, "allow", network.Everywhere), entry(32767, false, "deny", network.Everywhere),
		entry(100, true, "allow", network.Everywhere), entry(32767, true, "deny", network.Everywhere),
	}
	for name, c := range map[string]struct {
		entries []ec2types.NetworkAclEntry
		changed bool
	}{
		"as it came":        {came, false},
		"one denied":        {append(came, entry(50, false, "deny", "10.0.0.0/8")), true},
		"nothing comes in":  {came[1:], true},
		"nothing goes out":  {came[:2], true},
		"some is let in":    {append(came[1:], entry(100, false, "allow", "10.0.0.0/8")), true},
		"everything, twice": {append(came, entry(200, true, "allow", network.Everywhere)), false},
	} {
		if got := changedACL(c.entries); got != c.changed {
			t.Errorf("%s: changed is %v", name, got)
		}
	}
}
