package parity

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// What the sides are declared to have otherwise is no finding, and a note says so. Each is held against its own declaration.
func TestWaysOutThatDifferOnPurpose(t *testing.T) {
	const apart = "egress: nat\n"
	d := declaration(t, apart)
	place := d.Regions[understudy.Secondary]
	place.Egress = understudy.EgressNone
	d.Regions[understudy.Secondary] = place
	nat := func(in string) Resource {
		return Resource{Kind: "nat gateway", Role: "nat-a", ID: "nat-1", Settings: map[string]string{"in": in, "connectivity type": "public"}}
	}
	table := func(more ...string) Resource {
		settings := map[string]string{"main": "false", "route to the vpc's range": "local",
			"governs subnet private-a": "yes", "governs subnet private-b": "yes",
		}
		for n := 0; n < len(more); n += 2 {
			settings[more[n]] = more[n+1]
		}
		return Resource{Kind: "route table", Role: "private-routes", Settings: settings}
	}
	out := []string{everywhere, "nat gateway nat-a"}
	for name, c := range map[string]struct {
		left, right []Resource
		want        []string
	}{
		"as declared":       {[]Resource{nat("subnet public-a"), table(out...)}, []Resource{table()}, nil},
		"in another subnet": {[]Resource{nat("subnet public-b"), table(out...)}, []Resource{table()}, []string{"medium nat gateway nat-a: in in us-east-1"}},
		"the other way round": {[]Resource{table()}, []Resource{nat("subnet public-a"), table(out...)},
			[]string{"high nat gateway nat-a in us-east-1, us-west-2"}},
		"on both sides": {[]Resource{nat("subnet public-a"), table(out...)}, []Resource{nat("subnet public-a"), table()},
			[]string{"medium nat gateway nat-a in us-west-2"}},
		"on neither": {[]Resource{table()}, []Resource{table()}, []string{"high nat gateway nat-a in us-east-1"}},
		"led out by hand": {[]Resource{nat("subnet public-a"), table(out...)}, []Resource{table(everywhere, "internet gateway gateway")},
			[]string{"high route table private-routes: " + everywhere + " in us-west-2"}},
	} {
		r := Compare(Pair{Left: east(c.left...), Right: west(c.right...)}, d)
		if diff := cmp.Diff(c.want, outline(r.Findings)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		if len(r.Notes) == 0 || r.Notes[len(r.Notes)-1] != (Note{"egress", "an intended difference: nat in the primary, none in the secondary"}) {
			t.Errorf("%s: notes %v", name, r.Notes)
		}
	}
}

// A region that `up` has given VPC endpoints is as it is declared.
func TestEndpointsAreReadByMeaning(t *testing.T) {
	d := declaration(t, "egress: endpoints\n")
	tags := func(role string) []ec2types.Tag {
		return []ec2types.Tag{tag(account.TagStack, "hello"), tag(account.TagRole, role)}
	}
	f := &facts{
		vpc:     &ec2types.Vpc{VpcId: aws.String("vpc-1"), State: ec2types.VpcStateAvailable, CidrBlock: aws.String("10.10.0.0/16")},
		subnets: []ec2types.Subnet{{SubnetId: aws.String("subnet-1"), Tags: tags("private-a")}, {SubnetId: aws.String("subnet-2"), Tags: tags("private-b")}},
		tables: []ec2types.RouteTable{{RouteTableId: aws.String("rtb-1"), Tags: tags("private-routes"), Routes: []ec2types.Route{
			{DestinationPrefixListId: aws.String("pl-1"), GatewayId: aws.String("vpce-1")},
		}}},
		groups: []ec2types.SecurityGroup{{GroupId: aws.String("sg-1"), Tags: tags("endpoints"), IpPermissions: []ec2types.IpPermission{
			{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.10.0.0/16")}}},
		}}},
		endpoints: []ec2types.VpcEndpoint{
			{VpcEndpointId: aws.String("vpce-1"), Tags: tags("endpoint-s3"), VpcEndpointType: "Gateway",
				State: "available", PrivateDnsEnabled: aws.Bool(false),
				ServiceName: aws.String("com.amazonaws.us-east-1.s3"), RouteTableIds: []string{"rtb-1"}},
			{VpcEndpointId: aws.String("vpce-2"), Tags: tags("endpoint-ssm"), VpcEndpointType: "Interface",
				State: "Available", PrivateDnsEnabled: aws.Bool(true),
				ServiceName: aws.String("com.amazonaws.us-east-1.ssm"), SubnetIds: []string{"subnet-2", "subnet-1"},
				Groups: []ec2types.SecurityGroupIdentifier{{GroupId: aws.String("sg-1")}}},
		},
	}
	e := expect(d)
	for _, r := range canonical(at("us-east-1", understudy.Primary, d), f).Resources {
		if r.Kind != "vpc endpoint" && r.Role != "endpoints" && r.Role != "private-routes" {
			continue
		}
		for name, value := range r.Settings {
			want, known := e.setting(understudy.Primary, r.Kind, r.Role, name)
			if known && want != value {
				t.Errorf("%s: %s is %q, and %q is expected", r.Name(), name, value, want)
			}
			if !known && r.Kind == "vpc endpoint" && name != "policy" || strings.HasPrefix(value, "unknown") {
				t.Errorf("%s: %s is %q, of which nothing is expected", r.Name(), name, value)
			}
		}
	}
}
