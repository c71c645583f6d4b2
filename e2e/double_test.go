package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// maker makes what a second run, or a call that is carried out late, would have made.
type maker struct {
	*account.Account
	t      *testing.T
	place  understudy.Region
	stack  string
	domain string
}

func (s *stage) maker(side understudy.Side) *maker {
	s.t.Helper()
	d, err := understudy.Load(example)
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := account.Open(s.t.Context(), d.Regions[side].Name, config.WithBaseEndpoint(s.env["AWS_ENDPOINT_URL"]),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(s.env["AWS_ACCESS_KEY_ID"], s.env["AWS_SECRET_ACCESS_KEY"], "")))
	if err != nil {
		s.t.Fatal(err)
	}
	return &maker{a, s.t, d.Regions[side], d.Name, d.Domain}
}

func (m *maker) tags(role string, kind ec2types.ResourceType) []ec2types.TagSpecification {
	return account.Mark(m.stack, role).EC2(kind)
}

// made ends the test where a call failed.
func made[T any](m *maker) func(out T, err error) T {
	return func(out T, err error) T {
		m.t.Helper()
		if err != nil {
			m.t.Fatal(err)
		}
		return out
	}
}

func (m *maker) vpc() (id string) {
	out := made[*ec2.CreateVpcOutput](m)(m.EC2.CreateVpc(m.t.Context(), &ec2.CreateVpcInput{
		CidrBlock: aws.String(m.place.CIDR.String()), TagSpecifications: m.tags("vpc", ec2types.ResourceTypeVpc)}))
	return *out.Vpc.VpcId
}

func (m *maker) gateway(vpc string) (id string) {
	out := made[*ec2.CreateInternetGatewayOutput](m)(m.EC2.CreateInternetGateway(m.t.Context(), &ec2.CreateInternetGatewayInput{
		TagSpecifications: m.tags("gateway", ec2types.ResourceTypeInternetGateway)}))
	id = *out.InternetGateway.InternetGatewayId
	if vpc != "" {
		made[*ec2.AttachInternetGatewayOutput](m)(m.EC2.AttachInternetGateway(m.t.Context(), &ec2.AttachInternetGatewayInput{
			InternetGatewayId: &id, VpcId: &vpc}))
	}
	return id
}

func (m *maker) subnet(vpc string, n int) (id string) {
	s := m.place.Subnets()[n]
	out := made[*ec2.CreateSubnetOutput](m)(m.EC2.CreateSubnet(m.t.Context(), &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: aws.String(s.CIDR.String()), TagSpecifications: m.tags(s.Name, ec2types.ResourceTypeSubnet)}))
	return *out.Subnet.SubnetId
}

func (m *maker) routes(vpc, role string, subnets ...string) (id string) {
	out := made[*ec2.CreateRouteTableOutput](m)(m.EC2.CreateRouteTable(m.t.Context(), &ec2.CreateRouteTableInput{
		VpcId: &vpc, TagSpecifications: m.tags(role, ec2types.ResourceTypeRouteTable)}))
	for _, s := range subnets {
		made[*ec2.AssociateRouteTableOutput](m)(m.EC2.AssociateRouteTable(m.t.Context(), &ec2.AssociateRouteTableInput{
			RouteTableId: out.RouteTable.RouteTableId, SubnetId: &s}))
	}
	return *out.RouteTable.RouteTableId
}

// group opens a port to another group where one is given.
func (m *maker) group(vpc, role, name, from string) (id string) {
	out := made[*ec2.CreateSecurityGroupOutput](m)(m.EC2.CreateSecurityGroup(m.t.Context(), &ec2.CreateSecurityGroupInput{
		VpcId: &vpc, GroupName: &name, Description: aws.String("double"), TagSpecifications: m.tags(role, ec2types.ResourceTypeSecurityGroup)}))
	if from != "" {
		made[*ec2.AuthorizeSecurityGroupIngressOutput](m)(m.EC2.AuthorizeSecurityGroupIngress(m.t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: out.GroupId, IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080),
				UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &from}}}}}))
	}
	return *out.GroupId
}

// network makes a second network with all that a run makes in one before it makes what works there.
func (m *maker) network() (ids []string) {
	vpc := m.vpc()
	var subnets []string
	for n := range m.place.Subnets() {
		subnets = append(subnets, m.subnet(vpc, n))
	}
	facing := m.group(vpc, "public-facing", "understudy-"+m.stack+"-public-facing", "")
	return append(subnets, vpc, m.gateway(vpc), facing,
		m.routes(vpc, "public-routes", subnets[:2]...), m.routes(vpc, "private-routes", subnets[2:]...),
		m.group(vpc, "internal", "understudy-"+m.stack+"-internal", facing))
}

func (m *maker) zone(reference string) (id string) {
	out := made[*route53.CreateHostedZoneOutput](m)(m.Route53.CreateHostedZone(m.t.Context(), &route53.CreateHostedZoneInput{
		Name: aws.String(m.domain + "."), CallerReference: &reference}))
	id = strings.TrimPrefix(*out.HostedZone.Id, "/hostedzone/")
	made[*route53.ChangeTagsForResourceOutput](m)(m.Route53.ChangeTagsForResource(m.t.Context(), &route53.ChangeTagsForResourceInput{
		ResourceType: route53types.TagResourceTypeHostedzone, ResourceId: &id, AddTags: account.Mark(m.stack, "zone").Route53()}))
	return id
}

func (m *maker) listener(port int32) (arn string) {
	balancers := made[*elb.DescribeLoadBalancersOutput](m)(m.ELB.DescribeLoadBalancers(m.t.Context(), &elb.DescribeLoadBalancersInput{}))
	groups := made[*elb.DescribeTargetGroupsOutput](m)(m.ELB.DescribeTargetGroups(m.t.Context(), &elb.DescribeTargetGroupsInput{}))
	out := made[*elb.CreateListenerOutput](m)(m.ELB.CreateListener(m.t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn, Port: &port, Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: groups.TargetGroups[0].TargetGroupArn}},
		Tags:           account.Mark(m.stack, "listener").ELB()}))
	return *out.Listeners[0].ListenerArn
}

// host runs a second instance with a role, like the one that runs but with another type, in a subnet of the
// caller's choice or in the same.
func (m *maker) host(role, subnet, group string) (id string) {
	running := account.Mark(m.stack, role).Filters(account.Filter("instance-state-name", "running"))
	found := made[*ec2.DescribeInstancesOutput](m)(m.EC2.DescribeInstances(m.t.Context(), &ec2.DescribeInstancesInput{Filters: running}))
	like := found.Reservations[0].Instances[0]
	if subnet == "" {
		subnet, group = *like.SubnetId, *like.SecurityGroups[0].GroupId
	}
	out := made[*ec2.RunInstancesOutput](m)(m.EC2.RunInstances(m.t.Context(), &ec2.RunInstancesInput{
		ImageId: like.ImageId, InstanceType: ec2types.InstanceTypeT3Small, SubnetId: &subnet, SecurityGroupIds: []string{group},
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), TagSpecifications: m.tags(role, ec2types.ResourceTypeInstance)}))
	return *out.Instances[0].InstanceId
}

// plannedRemovals returns the deletions of doubles in the plan.
func (s *stage) plannedRemovals() (ids []string) {
	s.t.Helper()
	var p struct {
		Steps []struct {
			Resource, Action, ID string
			DoubleOf             string `json:"double_of"`
		}
	}
	if err := json.Unmarshal([]byte(s.must("plan", "-f", example, "--json")), &p); err != nil {
		s.t.Fatal(err)
	}
	for _, step := range p.Steps {
		if step.DoubleOf == "" || step.Action != "delete" {
			s.t.Errorf("the plan has a step beyond the removal of doubles: %+v", step)
		}
		ids = append(ids, step.ID)
	}
	return ids
}

// statusIDs lists the things in use, and the doubles with what they hold, as status tells them.
func (s *stage) statusIDs() (used, twice []string) {
	s.t.Helper()
	var st struct {
		Regions []struct {
			Resources []struct{ Resource, ID string }
		}
		Doubles []struct{ ID string }
		Zone    string
	}
	r := s.run(binary, "status", "-f", example, "--json")
	if err := json.Unmarshal([]byte(r.stdout), &st); err != nil {
		s.t.Fatalf("status: exit %d, %v\n%s%s", r.code, err, r.stdout, r.stderr)
	}
	for _, region := range st.Regions {
		for _, res := range region.Resources {
			used = append(used, res.Resource+" "+res.ID)
		}
	}
	for _, d := range st.Doubles {
		twice = append(twice, d.ID)
	}
	return append(used, st.Zone), twice
}

func (s *stage) nothingIsLeft() {
	s.t.Helper()
	s.nothingIsLeftBut()
}

// nothingIsLeftBut is nothingIsLeft for who leaves what some of the AWS CLI's commands list.
func (s *stage) nothingIsLeftBut(commands ...string) {
	s.t.Helper()
	for _, region := range []string{primary, secondary} {
		own := s.aws(region, "ec2", "describe-vpcs", "--filters", "Name=is-default,Values=true", "--query", "Vpcs[].VpcId")
		for _, c := range leftovers {
			if slices.Contains(commands, c[1]) {
				continue
			}
			ask := slices.Clone(c)
			ask[len(ask)-1] = strings.ReplaceAll(ask[len(ask)-1], "DEFAULT", own)
			if left := s.aws(region, ask...); left != "" {
				s.t.Errorf("%s: aws %s: %s is left", region, strings.Join(ask, " "), left)
			}
		}
	}
}

func sameIDs(t *testing.T, what string, want, got []string) {
	t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

// What AWS makes without a client token may be there twice. Whatever kind it is, the one in use is kept, every
// command goes on, and up removes the other.
func TestDoublesOfEveryKindAreRemovedAndTheOnesInUseAreKept(t *testing.T) {
	t.Parallel()
	s := up(t, "--default-vpc=false") // nothing but the stack is to be there
	s.env["UNDERSTUDY_HOME"] = s.dir
	used, _ := s.statusIDs()

	var doubles []string
	for _, side := range understudy.Sides {
		m := s.maker(side)
		doubles = append(doubles, m.network()...)
		doubles = append(doubles, m.vpc(), m.gateway(""))
	}
	m := s.maker(understudy.Primary)
	own := s.aws(primary, "ec2", "describe-subnets", "--filters", "Name=tag:understudy:role,Values=public-a",
		"Name=map-public-ip-on-launch,Values=true", "--query", "Subnets[0].VpcId")
	doubles = append(doubles, m.zone("late"), m.routes(own, "public-routes"), m.group(own, "internal", "another name", ""))
	now, twice := s.statusIDs()
	sameIDs(t, "what status finds in use", used, now)
	sameIDs(t, "what status finds twice", doubles, twice)
	s.must("drill", "-f", example, "--fault", "isolate", "--abort-after", lenience, "--patience", lenience, "--force", busy)

	doubles = append(doubles, m.listener(8081), m.host("host-a", "", ""))
	sameIDs(t, "what the plan removes", doubles, s.plannedRemovals())
	s.must("up", "-f", example, "--yes")
	now, twice = s.statusIDs()
	sameIDs(t, "what is in use after up", used, now)
	sameIDs(t, "what is there twice after up", nil, twice)
	for region, held := range s.inventories() {
		if diff := cmp.Diff(inventory, held); diff != "" {
			t.Errorf("%s: %s", region, diff)
		}
	}
	if said := s.must("up", "-f", example, "--yes"); !strings.Contains(said, "nothing to change") {
		t.Errorf("then up says: %s", said)
	}

	// Down takes doubles along.
	for _, side := range understudy.Sides {
		s.maker(side).network()
	}
	m.zone("later")
	m.listener(8082)
	s.must("down", "-f", example, "--zone", "--yes")
	s.nothingIsLeft()
}

// Where nothing works yet in any of several networks, the one with the most in it goes on.
func TestUpGoesOnInTheDoubleThatHasTheMost(t *testing.T) {
	t.Parallel()
	s := start(t, "--default-vpc=false")
	m := s.maker(understudy.Primary)
	empty, fuller := []string{m.vpc(), m.vpc(), m.vpc()}, m.vpc()
	kept := []string{m.subnet(fuller, 0), m.subnet(fuller, 3), m.gateway(fuller)}
	gone := append(empty, m.gateway(empty[1]), m.subnet(empty[1], 1))
	s.must("up", "-f", example, "--yes")
	used, twice := s.statusIDs()
	sameIDs(t, "what is there twice after up", nil, twice)
	for _, id := range append(kept, fuller) {
		if !strings.Contains(strings.Join(used, "\n"), id) {
			t.Errorf("%s is not in use", id)
		}
	}
	for _, id := range gone {
		if strings.Contains(strings.Join(used, "\n"), id) {
			t.Errorf("%s is in use", id)
		}
	}
	for region, held := range s.inventories() {
		if diff := cmp.Diff(inventory, held); diff != "" {
			t.Errorf("%s: %s", region, diff)
		}
	}
	s.must("down", "-f", example, "--zone", "--yes")
	s.nothingIsLeft()
}

// Two runs at once may both have built. Nothing is guessed then: up says what is there, all else goes on.
func TestDoublesInUseAreRefusedByNameAndDownRemovesBoth(t *testing.T) {
	t.Parallel()
	s := up(t, "--default-vpc=false")
	used, _ := s.statusIDs()
	m := s.maker(understudy.Secondary)
	vpc := m.vpc()
	subnet, group := m.subnet(vpc, 0), m.group(vpc, "internal", "understudy-hello-internal", "")
	host := m.host("host-a", subnet, group)
	held := s.aws(secondary, "ec2", "describe-network-interfaces", "--filters", "Name=vpc-id,Values="+vpc, "--query", "NetworkInterfaces[].NetworkInterfaceId")
	first := ""
	for _, u := range used {
		if id, ok := strings.CutPrefix(u, "vpc "); ok {
			first = id // the secondary's comes last
		}
	}
	for _, command := range []string{"plan", "up"} {
		r := s.run(binary, command, "-f", example)
		if r.code != 1 {
			t.Errorf("%s: exit %d\n%s", command, r.code, r.stdout)
		}
		for _, want := range []string{"secondary/vpc", vpc, first, held, "understudy down"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s does not name %s:\n%s", command, want, r.stderr)
			}
		}
	}
	if r := s.run(binary, "parity", "-f", example); r.code > 1 || strings.Contains(r.stdout, host) || r.stdout == "" {
		t.Errorf("parity: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if _, twice := s.statusIDs(); !slices.Contains(twice, vpc) && !slices.Contains(twice, first) {
		t.Errorf("status names %v as there twice, not %s or %s", twice, vpc, first)
	}
	s.must("down", "-f", example, "--zone", "--yes")
	s.nothingIsLeft()
}
