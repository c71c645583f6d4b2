package parity

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

func TestRulesAreReadByMeaning(t *testing.T) {
	c := &canon{cidr: netip.MustParsePrefix("10.20.0.0/16"), names: map[string]string{"sg-1": "security group public"}}
	settings, commands := map[string]string{}, map[string]Command{}
	c.rules(settings, commands, "sg-2", "ingress", "from", []ec2types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String("sg-1")}}},
		{IpProtocol: aws.String("udp"), FromPort: aws.Int32(1), ToPort: aws.Int32(9),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.20.3.0/24")}, {CidrIp: aws.String("0.0.0.0/0")}}},
		{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.20.0.0/16")}}},
		pings(-1, -1), pings(8, -1), pings(3, 4),
	})
	want := map[string]string{
		"ingress tcp 8080 from security group public": "allowed",
		"ingress udp 1-9 from +0.0.3.0/24":            "allowed",
		"ingress udp 1-9 from 0.0.0.0/0":              "allowed",
		"ingress everything from the vpc's range":     "allowed",
		"ingress icmp from 0.0.0.0/0":                 "allowed",
		"ingress icmp type 8 from 0.0.0.0/0":          "allowed",
		"ingress icmp type 3 code 4 from 0.0.0.0/0":   "allowed",
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
	const heal = "ec2 revoke-security-group-ingress --group-id sg-2 --ip-permissions 'IpProtocol=udp,FromPort=1,ToPort=9,IpRanges=[{CidrIp=10.20.3.0/24}]'"
	if got := commands["ingress udp 1-9 from +0.0.3.0/24"].Remove; got != heal {
		t.Errorf("%s", got)
	}
}

func pings(kind, code int32) ec2types.IpPermission {
	return ec2types.IpPermission{
		IpProtocol: aws.String("icmp"), FromPort: &kind, ToPort: &code, IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
	}
}

// Entries of a network ACL that let another type of ICMP pass are not alike.
func TestEntriesHaveTypesOfICMP(t *testing.T) {
	entry := ec2types.NetworkAclEntry{
		RuleNumber: aws.Int32(5), RuleAction: "allow", Protocol: aws.String("1"), CidrBlock: aws.String("10.0.0.0/8"),
		IcmpTypeCode: &ec2types.IcmpTypeCode{Type: aws.Int32(8), Code: aws.Int32(-1)},
	}
	if got := (&canon{}).entry(entry); got != "allow icmp type 8 of 10.0.0.0/8" {
		t.Error(got)
	}
	const made = "ec2 create-network-acl-entry --network-acl-id acl-1 --ingress --rule-number 5 --protocol 1 --rule-action allow --cidr-block 10.0.0.0/8" +
		" --icmp-type-code Type=8,Code=-1"
	if got := entryCommand("acl-1", entry).Make; got != made {
		t.Error(got)
	}
}

// at is a place in a region, of a declaration or of none.
func at(region string, side understudy.Side, d *understudy.Declaration) place {
	return place{Account: &account.Account{Region: region}, side: side, declared: d}
}

func subnet(id, zone, cidr string, tags ...ec2types.Tag) ec2types.Subnet {
	return ec2types.Subnet{SubnetId: aws.String(id), AvailabilityZone: aws.String(zone), CidrBlock: aws.String(cidr), Tags: tags}
}

func tag(k, v string) ec2types.Tag { return ec2types.Tag{Key: aws.String(k), Value: aws.String(v)} }

// Tokyo gives new accounts the zones a, c and d.
func TestZonesAreComparedByPosition(t *testing.T) {
	facts := func(letters ...string) *facts {
		f := &facts{vpc: &ec2types.Vpc{VpcId: aws.String("vpc-1"), State: ec2types.VpcStateAvailable, CidrBlock: aws.String("10.0.0.0/16")}}
		for n, letter := range letters {
			f.subnets = append(f.subnets, subnet("subnet-"+letter, "zone-"+letter, "10.0."+itoa(n)+".0/24", tag("Name", "app "+itoa(n))))
		}
		return f
	}
	virginia, tokyo := canonical(at("us-east-1", "", nil), facts("a", "b")), canonical(at("ap-northeast-1", "", nil), facts("a", "c"))
	if r := Compare(Pair{Left: virginia, Right: tokyo}, nil); len(r.Findings) != 0 {
		t.Errorf("%v", outline(r.Findings))
	}
	one := canonical(at("ap-northeast-1", "", nil), facts("a", "a"))
	if r := Compare(Pair{Left: virginia, Right: one}, nil); len(r.Findings) == 0 {
		t.Error("two subnets in one zone are as good as in two")
	}
}

func TestLostTagsAreToldByWhatElseNamesAPart(t *testing.T) {
	stack, role := tag(account.TagStack, "hello"), tag(account.TagRole, "internal")
	name := tag("Name", "hello internal")
	for _, c := range []struct {
		what  string
		group ec2types.SecurityGroup
		role  string
		tags  string
	}{
		{"all tags", ec2types.SecurityGroup{Tags: []ec2types.Tag{stack, role, name}}, "internal", "the stack's"},
		{"no role", ec2types.SecurityGroup{Tags: []ec2types.Tag{stack, name}}, "internal", "without understudy:role=internal"},
		{"no stack", ec2types.SecurityGroup{Tags: []ec2types.Tag{role, name}}, "internal", "without understudy:stack=hello"},
		{"its own name only", ec2types.SecurityGroup{GroupName: aws.String("understudy-hello-internal")}, "internal",
			"without understudy:stack=hello and understudy:role=internal"},
		{"another stack's", ec2types.SecurityGroup{Tags: []ec2types.Tag{tag(account.TagStack, "other"), role}}, unnamed, ""},
		{"somebody's", ec2types.SecurityGroup{GroupName: aws.String("internal")}, unnamed, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			c.group.GroupId = aws.String("sg-1")
			r := canonical(at("us-east-1", understudy.Primary, declaration(t, "")), &facts{
				vpc:    &ec2types.Vpc{VpcId: aws.String("vpc-1"), State: ec2types.VpcStateAvailable, CidrBlock: aws.String("10.10.0.0/16")},
				groups: []ec2types.SecurityGroup{c.group},
			})
			for _, g := range r.Resources {
				if g.Kind == "security group" && (g.Role != c.role || g.Settings[settingTags] != c.tags) {
					t.Errorf("role %q, tags %q", g.Role, g.Settings[settingTags])
				}
			}
		})
	}
}

func TestNamesOfOthersAreComparedWithoutTheirRegions(t *testing.T) {
	for _, c := range []struct{ region, name, want string }{
		{"us-east-1", "web-us-east-1", "web"}, {"us-west-2", "web-usw2", "web"}, {"us-west-2", "prod_us_west_2_web", "prod-web"},
		{"eu-west-1", "web-secondary", "web"}, {"eu-west-1", "maintenance", "maintenance"}, {"us-east-1", "us-east-1", ""},
	} {
		if got := plain(c.region, c.name); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.name, c.region, got, c.want)
		}
	}
}

// Where nothing has a name that both regions share, what is most alike is paired, also where others refer to it.
func TestStrangersArePairedByTheirLikeness(t *testing.T) {
	web := map[string]string{"ingress tcp 443 from 0.0.0.0/0": "allowed", "egress everything to 0.0.0.0/0": "allowed"}
	app := map[string]string{"ingress tcp 80 from security group front": "allowed", "egress everything to 0.0.0.0/0": "allowed"}
	left := east(group("sg-1", "front", web), group("sg-2", "app", app))
	right := west(group("sg-3", "edge", web), group("sg-4", "app", map[string]string{
		"ingress tcp 80 from security group edge": "allowed", "egress everything to 0.0.0.0/0": "allowed"}))
	if r := Compare(Pair{Left: left, Right: right}, nil); len(r.Findings) != 0 {
		t.Errorf("%v", outline(r.Findings))
	}
}

func TestImagesAreComparedByOrigin(t *testing.T) {
	image := func(id, source, from string) ec2types.Image {
		i := ec2types.Image{ImageId: aws.String(id), State: ec2types.ImageStateAvailable, Tags: []ec2types.Tag{
			tag(account.TagStack, "hello"), tag(account.TagRole, "image"), tag(account.TagDigest, "0123456789abcdef")}}
		if source != "" {
			i.SourceImageId, i.SourceImageRegion = aws.String(source), aws.String(from)
		} else {
			i.SourceInstanceId = aws.String("i-1")
		}
		return i
	}
	region := func(name string, side understudy.Side, i ec2types.Image) Region {
		f := &facts{vpc: &ec2types.Vpc{VpcId: aws.String("vpc-1"), State: ec2types.VpcStateAvailable, CidrBlock: aws.String("10.10.0.0/16")},
			images:    []ec2types.Image{i},
			templates: []ec2types.LaunchTemplate{{LaunchTemplateId: aws.String("lt-1"), DefaultVersionNumber: aws.Int64(1), LatestVersionNumber: aws.Int64(1)}},
			versions: map[string][]ec2types.LaunchTemplateVersion{"lt-1": {{VersionNumber: aws.Int64(1),
				LaunchTemplateData: &ec2types.ResponseLaunchTemplateData{ImageId: i.ImageId}}}}}
		return canonical(at(name, side, declaration(t, "")), f)
	}
	d := declaration(t, "")
	left := region("us-east-1", understudy.Primary, image("ami-1", "", ""))
	if r := Compare(Pair{Left: left, Right: region("us-west-2", understudy.Secondary, image("ami-2", "ami-1", "us-east-1"))}, d); len(r.Findings) != 0 {
		t.Errorf("a copy: %v", outline(r.Findings))
	}
	r := Compare(Pair{Left: left, Right: region("us-west-2", understudy.Secondary, image("ami-2", "", ""))}, d)
	if diff := cmp.Diff([]string{"high image image: origin in us-west-2?"}, outline(r.Findings)); diff != "" {
		t.Errorf("one of its own: %s", diff)
	}
	published := func(id string) ec2types.Image {
		i := image(id, "", "")
		i.SourceInstanceId, i.ImageOwnerAlias, i.Name = nil, aws.String("amazon"), aws.String("al2023-ami-2023.5")
		return i
	}
	left = region("us-east-1", understudy.Primary, published("ami-3"))
	if r := Compare(Pair{Left: left, Right: region("us-west-2", understudy.Secondary, published("ami-4"))}, d); len(r.Findings) != 0 {
		t.Errorf("AWS's, which has another id in each region: %v", outline(r.Findings))
	}
}

func TestFleetTellsWhatPassesAndWhatIsRegisteredByHand(t *testing.T) {
	f := &facts{
		vpc: &ec2types.Vpc{VpcId: aws.String("vpc-1"), State: ec2types.VpcStateAvailable, CidrBlock: aws.String("10.10.0.0/16")},
		instances: []ec2types.Instance{{InstanceId: aws.String("i-host"), State: &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning},
			Tags: []ec2types.Tag{tag(account.TagStack, "hello"), tag(account.TagRole, "host-a")}}},
		fleets: []asgtypes.AutoScalingGroup{{AutoScalingGroupName: aws.String("understudy-hello"), DesiredCapacity: aws.Int32(2), TargetGroupARNs: []string{"arn:tg"},
			Instances: []asgtypes.Instance{
				{InstanceId: aws.String("i-1"), LifecycleState: asgtypes.LifecycleStateInService, HealthStatus: aws.String("Healthy")},
				{InstanceId: aws.String("i-2"), LifecycleState: asgtypes.LifecycleStatePending, HealthStatus: aws.String("Healthy")},
			}}},
		targetGroups: []elbtypes.TargetGroup{{TargetGroupArn: aws.String("arn:tg"), TargetGroupName: aws.String("understudy-hello")}},
		targets: map[string][]elbtypes.TargetHealthDescription{"arn:tg": {
			{Target: &elbtypes.TargetDescription{Id: aws.String("i-host"), Port: aws.Int32(8080)},
				TargetHealth: &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumHealthy}},
		}},
	}
	r := canonical(at("us-east-1", understudy.Primary, declaration(t, "")), f)
	for _, res := range r.Resources {
		switch res.Kind {
		case "auto scaling group":
			if res.Settings[settingServes] != "1" || res.Settings[settingFull] != "1 of 2 in service" || res.Passing[settingFull] == "" {
				t.Errorf("group %v, passing %v", res.Settings, res.Passing)
			}
		case "target group":
			if res.Settings["target instance host-a port 8080"] != "registered" || res.Settings[settingAttached] != "all but 1" {
				t.Errorf("target group %v", res.Settings)
			}
		}
	}
}

// A load balancer that is another's target is compared by its part, as every load balancer of a VPC, not by its ARN.
func TestABalancerAsATargetIsReadByMeaning(t *testing.T) {
	for _, region := range []string{"us-east-1", "us-west-2"} {
		arn := "arn:aws:elasticloadbalancing:" + region + ":1:loadbalancer/app/inner/50dc6c495c0c9188"
		r := canonical(at(region, understudy.Primary, nil), &facts{
			vpc:          &ec2types.Vpc{VpcId: aws.String("vpc-1"), State: ec2types.VpcStateAvailable, CidrBlock: aws.String("10.10.0.0/16")},
			balancers:    []elbtypes.LoadBalancer{{LoadBalancerArn: &arn, LoadBalancerName: aws.String("inner"), Type: elbtypes.LoadBalancerTypeEnumApplication}},
			targetGroups: []elbtypes.TargetGroup{{TargetGroupArn: aws.String("arn:tg"), TargetGroupName: aws.String("front"), TargetType: elbtypes.TargetTypeEnumAlb}},
			targets: map[string][]elbtypes.TargetHealthDescription{"arn:tg": {{Target: &elbtypes.TargetDescription{Id: &arn, Port: aws.Int32(80)},
				TargetHealth: &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumHealthy}}}},
		})
		n := slices.IndexFunc(r.Resources, func(r Resource) bool { return r.Kind == "target group" })
		if got := r.Resources[n].Settings; got["target load balancer inner port 80"] != "registered" || got["target type"] != "alb" || got[settingHealthy] != "true" {
			t.Errorf("%v", got)
		}
	}
}
