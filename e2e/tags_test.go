package e2e

import (
	"slices"
	"strings"
	"testing"
)

// labelled returns the declared tags of everything that has the stack's tag, by ids and ARNs, as the AWS CLI tells them.
func (s *stage) labelled(region string) map[string]string {
	s.t.Helper()
	found := map[string]string{}
	add := func(text string) {
		for line := range strings.Lines(text) {
			if id, tags, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t"); id != "" {
				found[id] = tags
			}
		}
	}
	const keys = "?Key=='team' || Key=='cost center'"
	const alive = "Name=tag:understudy:stack,Values=hello"
	for _, kind := range [][2]string{
		{"describe-vpcs", "Vpcs[].[VpcId"}, {"describe-subnets", "Subnets[].[SubnetId"}, {"describe-route-tables", "RouteTables[].[RouteTableId"},
		{"describe-internet-gateways", "InternetGateways[].[InternetGatewayId"}, {"describe-security-groups", "SecurityGroups[].[GroupId"},
		{"describe-images", "Images[].[ImageId"}, {"describe-snapshots", "Snapshots[].[SnapshotId"},
		{"describe-launch-templates", "LaunchTemplates[].[LaunchTemplateId"},
	} {
		args := []string{"ec2", kind[0], "--filters", alive, "--query", kind[1] + ", join(' ', sort(Tags[" + keys + "].join('=', [Key, Value])))]"}
		add(s.aws(region, args...))
	}
	add(s.aws(region, "ec2", "describe-instances", "--filters", alive, "Name=instance-state-name,Values=running",
		"--query", "Reservations[].Instances[].[InstanceId, join(' ', sort(Tags["+keys+"].join('=', [Key, Value])))]"))
	add(s.aws(region, "autoscaling", "describe-auto-scaling-groups",
		"--query", "AutoScalingGroups[].[AutoScalingGroupName, join(' ', sort(Tags["+keys+"].join('=', [Key, Value])))]"))
	arns := strings.Fields(s.aws(region, "elbv2", "describe-load-balancers", "--query", "LoadBalancers[].LoadBalancerArn"))
	listener := s.aws(region, "elbv2", "describe-listeners", "--load-balancer-arn", arns[0], "--query", "Listeners[].ListenerArn")
	arns = append(arns, listener, s.aws(region, "elbv2", "describe-target-groups", "--query", "TargetGroups[].TargetGroupArn"))
	arns = append(arns, strings.Fields(s.aws(region, "elbv2", "describe-rules", "--listener-arn", listener, "--query", "Rules[?!IsDefault].RuleArn"))...)
	add(s.aws(region, append(append([]string{"elbv2", "describe-tags", "--resource-arns"}, arns...),
		"--query", "TagDescriptions[].[ResourceArn, join(' ', sort(Tags["+keys+"].join('=', [Key, Value])))]")...))
	if region == primary {
		for _, id := range strings.Fields(s.aws(region, "route53", "list-health-checks", "--query", "HealthChecks[].Id")) {
			add(id + "\t" + s.aws(region, "route53", "list-tags-for-resource", "--resource-type", "healthcheck", "--resource-id", id,
				"--query", "join(' ', sort(ResourceTagSet.Tags["+keys+"].join('=', [Key, Value])))"))
		}
		zone := strings.TrimPrefix(s.aws(region, "route53", "list-hosted-zones", "--query", "HostedZones[0].Id"), "/hostedzone/")
		add(zone + "\t" + s.aws(region, "route53", "list-tags-for-resource", "--resource-type", "hostedzone", "--resource-id", zone,
			"--query", "join(' ', sort(ResourceTagSet.Tags["+keys+"].join('=', [Key, Value])))"))
	}
	return found
}

// Declared tags are on everything that up makes; they are changed and taken away in place, and foreign ones stay.
func TestDeclaredTagsAreOnEverything(t *testing.T) {
	t.Parallel()
	s := start(t)
	tagged := func(tags string) string { return variant(t, lenient(t), "name: hello\n", "name: hello\n"+tags) }
	all := func(after, want string) {
		t.Helper()
		for _, region := range []string{primary, secondary} {
			found := s.labelled(region)
			if least := map[string]int{primary: 24, secondary: 21}[region]; len(found) < least {
				t.Errorf("%s: %s: %d resources are found", after, region, len(found))
			}
			for id, tags := range found {
				if tags != want {
					t.Errorf("%s: %s has %q, want %q", after, id, tags, want)
				}
			}
		}
	}
	first := tagged("tags: {team: web, cost center: 4711}\n")
	s.must("up", "-f", first, "--yes")
	all("up", "cost center=4711 team=web")
	before := slices.Concat(s.fleet(primary), s.fleet(secondary))

	group := s.group(primary, "internal")
	s.aws(primary, "ec2", "create-tags", "--resources", group, "--tags", "Key=mine,Value=1", "Key=team,Value=other")
	if r := s.run(binary, "parity", "-f", first); r.code != 1 || !strings.Contains(r.stdout, "security group internal: tag team") {
		t.Errorf("parity: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if said := s.must("plan", "-f", first); !strings.Contains(said, "yes, cost center=4711, team=web") || !strings.Contains(said, "1 to change") {
		t.Errorf("plan says: %s", said)
	}
	s.must("up", "-f", first, "--yes")
	all("healed", "cost center=4711 team=web")
	s.must("parity", "-f", first)

	second := tagged("tags: {team: ops}\n")
	s.must("up", "-f", second, "--yes")
	all("changed", "team=ops")
	if said := s.must("up", "-f", second, "--yes"); !strings.Contains(said, "nothing to change") {
		t.Errorf("then up says: %s", said)
	}
	s.must("parity", "-f", second)
	s.must("up", "-f", lenient(t), "--yes")
	all("without", "")
	if after := slices.Concat(s.fleet(primary), s.fleet(secondary)); !slices.Equal(before, after) {
		t.Errorf("the fleets were %v, and are %v", before, after)
	}
	mine := s.aws(primary, "ec2", "describe-tags", "--filters", "Name=resource-id,Values="+group, "Name=key,Values=mine", "--query", "Tags[].Value")
	if mine != "1" {
		t.Errorf("the foreign tag is %q", mine)
	}
	s.must("down", "-f", example, "--zone", "--yes")
	s.nothingIsLeft()
}
