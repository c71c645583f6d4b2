package network

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestGroupRulesAreExact(t *testing.T) {
	facing := &Group{Scope: resourcetest.Scope(t), Port: 81, ID: "sg-front"}
	g := &Group{Scope: resourcetest.Scope(t), Port: 9090, From: facing}
	g.Tags = g.Tagged(g.Role)
	g.Egress = RulesOf([]ec2types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}})
	from := func(ids ...string) []ec2types.IpPermission {
		p := ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(9090), ToPort: aws.Int32(9090)}
		for _, id := range ids {
			p.UserIdGroupPairs = append(p.UserIdGroupPairs, ec2types.UserIdGroupPair{GroupId: &id, UserId: aws.String("123456789012")})
		}
		return []ec2types.IpPermission{p}
	}
	g.Ingress = RulesOf(from("sg-front"))
	resourcetest.Expect(t, g)
	g.Ingress = RulesOf(from("sg-other", "sg-front"))
	resourcetest.Expect(t, g, "ingress: tcp 9090 sg-front, not tcp 9090 sg-front, tcp 9090 sg-other")
	if diff := cmp.Diff("sg-other", *Without(g.Ingress, g.wantsIn())[0].UserIdGroupPairs[0].GroupId); diff != "" {
		t.Errorf("to be revoked: %s", diff)
	}
	g.Ingress = nil
	resourcetest.Expect(t, g, "ingress: tcp 9090 sg-front, not ")
	facing.ID = ""
	resourcetest.Expect(t, g, "ingress: tcp 9090 (known after), not ")
}

func TestRulesComeBackAsTheyWere(t *testing.T) {
	for _, r := range []Rule{
		{"tcp", 80, 80, "0.0.0.0/0"}, {"udp", 5000, 6000, "10.0.0.0/8"}, {"-1", 0, 0, "0.0.0.0/0"},
		{"tcp", 443, 443, "2001:db8::/32"}, {"tcp", 1, 2, "sg-1"}, {"icmp", -1, -1, "pl-1"},
	} {
		got := RulesOf([]ec2types.IpPermission{r.Permission()})
		if len(got) != 1 || got[0] != r {
			t.Errorf("%v came back as %v", r, got)
		}
	}
}
