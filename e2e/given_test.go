package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lay builds a network as somebody else would, whose private subnets follow the VPC's main table. It returns the VPC, and the public and the
// private subnets.
func (s *stage) lay(region, network string) (vpc string, public, private []string) {
	s.t.Helper()
	vpc = s.aws(region, "ec2", "create-vpc", "--cidr-block", network+".0.0/16", "--query", "Vpc.VpcId",
		"--tag-specifications", "ResourceType=vpc,Tags=[{Key=Name,Value=main}]")
	gateway := s.aws(region, "ec2", "create-internet-gateway", "--query", "InternetGateway.InternetGatewayId")
	s.aws(region, "ec2", "attach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", vpc)
	table := s.aws(region, "ec2", "create-route-table", "--vpc-id", vpc, "--query", "RouteTable.RouteTableId")
	s.aws(region, "ec2", "create-route", "--route-table-id", table, "--destination-cidr-block", "0.0.0.0/0", "--gateway-id", gateway)
	for n, zone := range []string{"b", "a"} {
		for m, tier := range []string{"public", "private"} {
			id := s.aws(region, "ec2", "create-subnet", "--vpc-id", vpc, "--availability-zone", region+zone, "--cidr-block",
				fmt.Sprintf("%s.%d.0/24", network, 10*n+m), "--query", "Subnet.SubnetId",
				"--tag-specifications", "ResourceType=subnet,Tags=[{Key=Tier,Value="+tier+"}]")
			if tier == "private" {
				private = append(private, id)
				continue
			}
			public = append(public, id)
			s.aws(region, "ec2", "associate-route-table", "--route-table-id", table, "--subnet-id", id)
		}
	}
	return vpc, public, private
}

// laid is all that the AWS CLI tells of a region's networks, in no order, but for the ids by which network ACLs are subnets': a drill that gives
// a subnet its ACL back gets a new one (ReplaceNetworkAclAssociation in the Amazon EC2 API Reference).
func (s *stage) laid(region string) string {
	s.t.Helper()
	var all []string
	for _, kind := range []string{"vpcs", "subnets", "route-tables", "internet-gateways", "network-acls", "security-groups", "network-interfaces"} {
		all = append(all, s.aws(region, "ec2", "describe-"+kind))
	}
	lines := strings.Split(regexp.MustCompile(`\baclassoc-\w+`).ReplaceAllString(strings.Join(all, "\n"), "aclassoc"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// guest declares a stack in a network of somebody else's by its ids, and in another by its tags.
func guest(vpc string, public, private []string, secondaryTags, more string) string {
	return fmt.Sprintf(`name: guest
domain: hello.test
regions:
  primary:
    name: %s
    network: {vpc: %s, public: [%s], private: [%s]}
  secondary:
    name: %s
    network: {vpc_tags: {Name: main}, public_tags: {%s}, private_tags: {Tier: private}}
image:
  base: {owners: [amazon, self], names: ["understudy-hello-*"]}
  run: hello -addr :8080 &
service: {port: 8080, health: /healthz}
hosts: {count: 0}
target: {interval: 30, timeout: 29, unhealthy: 3}
%s`, primary, vpc, strings.Join(public, ", "), strings.Join(private, ", "), secondary, secondaryTags, more)
}

// A stack stands in networks of somebody else's, one by ids and one by tags, does there what it does in its own, and leaves them as they were.
func TestAStackStandsInNetworksOfOthers(t *testing.T) {
	t.Parallel()
	s := start(t, "--default-vpc=false")
	vpc, public, private := s.lay(primary, "10.31")
	s.lay(secondary, "10.32")
	before := map[string]string{primary: s.laid(primary), secondary: s.laid(secondary)}
	declared := filepath.Join(t.TempDir(), "understudy.yaml")
	declare := func(secondaryTags, more string) {
		t.Helper()
		text := guest(vpc, public, private, secondaryTags, more)
		if err := os.WriteFile(declared, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	declare("Tier: private", "")
	const unfit = "has no route of 0.0.0.0/0 to an internet gateway"
	if r := s.run(binary, "up", "-f", declared, "--yes"); r.code != 1 || !strings.Contains(r.stderr, unfit) {
		t.Errorf("up into private subnets: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if diff := cmp.Diff(before[primary], s.laid(primary)); diff != "" {
		t.Errorf("what was refused has changed the primary (-before +after)\n%s", diff)
	}

	declare("Tier: public", "")
	s.file = declared
	s.must("up", "-f", declared, "--yes")
	s.unchanged()
	reached := private[0] + ": is given, in " + primary + "b; instances in it reach nothing beyond the VPC"
	if said := s.must("plan", "-f", declared); !strings.Contains(said, reached) {
		t.Errorf("plan says:\n%s", said)
	}
	s.env["UNDERSTUDY_HOME"] = s.dir
	for _, fault := range []string{"isolate", "region"} {
		s.must("drill", "-f", declared, "--fault", fault, "--hold", "1s", "--rate", "100", "--abort-after", lenience, "--patience", lenience, "--force", busy)
	}
	s.unchanged()

	// Whatever the owner does in one region alone is found.
	main := s.aws(secondary, "ec2", "describe-route-tables", "--filters", "Name=association.main,Values=true", "--query", "RouteTables[].RouteTableId")
	gateway := s.aws(secondary, "ec2", "describe-internet-gateways", "--query", "InternetGateways[].InternetGatewayId")
	way := []string{"--route-table-id", main, "--destination-cidr-block", "0.0.0.0/0"}
	s.aws(secondary, append(append([]string{"ec2", "create-route"}, way...), "--gateway-id", gateway)...)
	if r := s.run(binary, "parity", "-f", declared); r.code != 1 || !strings.Contains(r.stdout, "network subnet private-a: way to 0.0.0.0/0") {
		t.Errorf("parity: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	s.aws(secondary, append([]string{"ec2", "delete-route"}, way...)...)

	declare("Tier: public", "listener: {port: 8000}\n")
	s.must("up", "-f", declared, "--yes")
	s.unchanged()

	s.must("down", "-f", declared, "--zone", "--yes")
	for region, was := range before {
		if diff := cmp.Diff(was, s.laid(region)); diff != "" {
			t.Errorf("%s is not as it was (-before +after)\n%s", region, diff)
		}
	}
	for what, ask := range map[string][]string{
		"load balancers": {"elbv2", "describe-load-balancers", "--query", "LoadBalancers[].LoadBalancerName"},
		"target groups":  {"elbv2", "describe-target-groups", "--query", "TargetGroups[].TargetGroupName"},
		"fleets":         {"autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[].AutoScalingGroupName"},
		"templates":      {"ec2", "describe-launch-templates", "--query", "LaunchTemplates[].LaunchTemplateName"},
		"checks":         {"route53", "list-health-checks", "--query", "HealthChecks[].Id"},
	} {
		if left := s.aws(secondary, ask...); left != "" {
			t.Errorf("%s are left: %s", what, left)
		}
	}
}
