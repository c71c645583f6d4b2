package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/understudy/understudy/internal/judge"
)

const (
	primary   = "us-east-1"
	secondary = "us-west-2"
	example   = "../examples/hello/understudy.yaml"
)

// up builds the example on a cloud of its own, which is started with further arguments.
func up(t *testing.T, args ...string) *stage {
	t.Helper()
	s := start(t, args...)
	s.must("up", "-f", example, "--yes")
	return s
}

func TestEveryResourceIsListedByTheAWSCLI(t *testing.T) {
	t.Parallel()
	s := up(t)
	stack := []string{"--filters", "Name=tag:understudy:stack,Values=hello"}
	for _, region := range []string{primary, secondary} {
		for _, c := range []struct {
			want string
			args []string
		}{
			{"1", append([]string{"ec2", "describe-vpcs", "--query", "length(Vpcs)"}, stack...)},
			{"4", append([]string{"ec2", "describe-subnets", "--query", "length(Subnets)"}, stack...)},
			{"2", append([]string{"ec2", "describe-route-tables", "--query", "length(RouteTables)"}, stack...)},
			{"1", append([]string{"ec2", "describe-internet-gateways", "--query", "length(InternetGateways)"}, stack...)},
			{"2", append([]string{"ec2", "describe-security-groups", "--query", "length(SecurityGroups)"}, stack...)},
			{"4", []string{"ec2", "describe-instances", "--filters", "Name=tag:understudy:stack,Values=hello",
				"Name=instance-state-name,Values=running", "--query", "length(Reservations[].Instances[])"}},
			{"1", []string{"ec2", "describe-images", "--owners", "self", "--query", "length(Images)"}},
			{"1", append([]string{"ec2", "describe-launch-templates", "--query", "length(LaunchTemplates)"}, stack...)},
			{"1", []string{"elbv2", "describe-load-balancers", "--query", "length(LoadBalancers)"}},
			{"1", []string{"autoscaling", "describe-auto-scaling-groups", "--query", "length(AutoScalingGroups)"}},
		} {
			if got := s.aws(region, c.args...); got != c.want {
				t.Errorf("%s: aws %s: %s, want %s", region, strings.Join(c.args, " "), got, c.want)
			}
		}
		if got := s.health(region); got != "healthy\thealthy" {
			t.Errorf("%s: target health %q", region, got)
		}
	}
	zone := s.aws(primary, "route53", "list-hosted-zones", "--query", "HostedZones[0].Id")
	pair := s.aws(primary, "route53", "list-resource-record-sets", "--hosted-zone-id", zone, "--query", "ResourceRecordSets[?Failover].Failover")
	if pair != "PRIMARY\tSECONDARY" {
		t.Errorf("failover pair %q", pair)
	}
	for _, check := range strings.Fields(s.aws(primary, "route53", "list-health-checks", "--query", "HealthChecks[?HealthCheckConfig.Type=='HTTP'].Id")) {
		s.until("a checker of "+check+" finds it healthy", func() bool {
			status := s.aws(primary, "route53", "get-health-check-status", "--health-check-id", check, "--query", "HealthCheckObservations[].StatusReport.Status")
			return strings.Contains(status, "Success: HTTP Status Code 200, OK")
		})
	}
	s.until("the published page is the primary's", func() bool { return strings.Contains(s.page(s.dig("hello.test")), primary) })
}

// health lists the states of the region's targets.
func (s *stage) health(region string) string {
	group := s.aws(region, "elbv2", "describe-target-groups", "--query", "TargetGroups[0].TargetGroupArn")
	return s.aws(region, "elbv2", "describe-target-health", "--target-group-arn", group, "--query", "TargetHealthDescriptions[].TargetHealth.State")
}

// reasons lists why the region's targets are not healthy.
func (s *stage) reasons(region string) string {
	group := s.aws(region, "elbv2", "describe-target-groups", "--query", "TargetGroups[0].TargetGroupArn")
	return s.aws(region, "elbv2", "describe-target-health", "--target-group-arn", group, "--query", "TargetHealthDescriptions[].TargetHealth.Reason")
}

// page asks for the example's page at the first of some addresses, with curl.
func (s *stage) page(addresses string) string {
	s.t.Helper()
	address, _, _ := strings.Cut(addresses, "\n")
	r := s.run(judge.Need(s.t, "curl"), "-s", "--max-time", "5", "-H", "Accept: application/json", fmt.Sprintf("http://%s:%d/", address, s.port(80)))
	return r.stdout
}

// All within the rates of calls that AWS publishes.
func TestSecondUpChangesNothingAndDownLeavesNothing(t *testing.T) {
	t.Parallel()
	s := up(t, "--throttle")
	if said := s.must("up", "-f", example, "--yes"); !strings.Contains(said, "nothing to change") {
		t.Errorf("the second up says: %s", said)
	}
	s.must("down", "-f", example, "--yes")
	zone := s.aws(primary, "route53", "list-hosted-zones", "--query", "HostedZones[].Id")
	if records := s.aws(primary, "route53", "list-resource-record-sets", "--hosted-zone-id", zone, "--query", "ResourceRecordSets[].Type"); records != "NS\tSOA" {
		t.Errorf("the zone that stays has %s records", records)
	}
	if said := s.must("down", "-f", example, "--yes"); !strings.Contains(said, "keep   global/zone") || !strings.Contains(said, "nothing to change") {
		t.Errorf("then down says: %s", said)
	}
	s.must("down", "-f", example, "--zone", "--yes")
	s.nothingIsLeft()
}

func TestParityNamesWhatWasChangedOnOneSide(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.must("parity", "-f", example)
	group := s.group(primary, "internal")
	s.aws(primary, "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "22", "--cidr", "0.0.0.0/0")
	r := s.run(binary, "parity", "-f", example)
	if r.code != 1 || !strings.Contains(r.stdout, "ingress tcp 22 from 0.0.0.0/0") || !strings.Contains(r.stdout, group) {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	s.must("up", "-f", example, "--yes")
	s.must("parity", "-f", example)
}

func (s *stage) group(region, role string) string {
	return s.aws(region, "ec2", "describe-security-groups", "--filters", "Name=tag:understudy:role,Values="+role, "--query", "SecurityGroups[0].GroupId")
}

func TestRevokedRuleFailsOverAndItsReturnFailsBack(t *testing.T) {
	t.Parallel()
	s := up(t)
	before := s.dig("hello.test")
	internal, public := s.group(primary, "internal"), s.group(primary, "public-facing")
	s.aws(primary, "ec2", "revoke-security-group-ingress", "--group-id", internal, "--protocol", "tcp", "--port", "8080", "--source-group", public)
	s.until("the targets time out", func() bool {
		return s.reasons(primary) == "Target.Timeout\tTarget.Timeout"
	})
	s.until("the name answers with the secondary", func() bool {
		now := s.dig("hello.test")
		return now != "" && !overlap(now, before)
	})
	s.until("the page is the secondary's", func() bool { return strings.Contains(s.page(s.dig("hello.test")), secondary) })
	s.aws(primary, "ec2", "authorize-security-group-ingress", "--group-id", internal, "--protocol", "tcp", "--port", "8080", "--source-group", public)
	s.until("the name answers with the primary again", func() bool { return overlap(s.dig("hello.test"), before) })
}

// overlap tells whether two answers share an address.
func overlap(a, b string) bool {
	for line := range strings.Lines(a) {
		if strings.Contains(b, strings.TrimSpace(line)) {
			return true
		}
	}
	return false
}

func TestAcknowledgedChangesSurviveRestart(t *testing.T) {
	t.Parallel()
	s := up(t)
	running := []string{"ec2", "describe-instances", "--filters", "Name=instance-state-name,Values=running",
		"--query", "sort(Reservations[].Instances[].InstanceId)"}
	before := s.aws(primary, running...)
	s.must("cloud", "stop", "--dir", s.dir)
	s.must("cloud", "start", "--dir", s.dir, "--speed", "30", "--least-timeout", leastTimeout)
	s.readEnv()
	after := s.aws(primary, running...)
	if before != after {
		t.Errorf("instances before %q, after %q", before, after)
	}
	s.until("the primary serves again", func() bool { return strings.Contains(s.page(s.dig("hello.test")), primary) })
	s.unchanged()
}

func TestSecondCloudOnOneFolderIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	if r := s.run(binary, "cloud", "start", "--dir", s.dir); r.code == 0 || !strings.Contains(r.stderr, s.dir) {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

func TestHostsOwnServerFromUserData(t *testing.T) {
	t.Parallel()
	judge.Need(t, "/usr/bin/python3")
	s := start(t)
	s.must("up", "-f", "../examples/http-server/understudy.yaml", "--yes")
	s.must("parity", "-f", "../examples/http-server/understudy.yaml")
	d, err := os.ReadFile("../examples/http-server/understudy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	domain := ""
	for line := range strings.Lines(string(d)) {
		if rest, ok := strings.CutPrefix(line, "domain:"); ok {
			domain, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
		}
	}
	host, port, _ := strings.Cut(s.env["UNDERSTUDY_RESOLVER"], ":")
	answer := s.run(judge.Need(t, "dig"), "+short", "@"+host, "-p", port, domain, "A").stdout
	first, _, _ := strings.Cut(answer, "\n")
	r := s.run(judge.Need(t, "curl"), "-s", "-i", "--max-time", "100", fmt.Sprintf("http://%s:%d/", first, s.port(80)))
	if !strings.Contains(r.stdout, "SimpleHTTP") {
		t.Errorf("the page at %s is not Python's:\n%s", first, r.stdout)
	}
}

// leftovers are the questions that an account with nothing but its default VPC answers with nothing. That VPC's id stands
// for DEFAULT.
var leftovers = [][]string{
	{"ec2", "describe-vpcs", "--query", "Vpcs[?!IsDefault].VpcId"},
	{"ec2", "describe-subnets", "--query", "Subnets[?VpcId!='DEFAULT'].SubnetId"},
	{"ec2", "describe-internet-gateways", "--query", "InternetGateways[?Attachments[0].VpcId!='DEFAULT'].InternetGatewayId"},
	{"ec2", "describe-route-tables", "--query", "RouteTables[?VpcId!='DEFAULT'].RouteTableId"},
	{"ec2", "describe-security-groups", "--query", "SecurityGroups[?VpcId!='DEFAULT'].GroupId"},
	{"ec2", "describe-network-interfaces", "--query", "NetworkInterfaces[].NetworkInterfaceId"},
	{"ec2", "describe-instances", "--filters", "Name=instance-state-name,Values=pending,running,stopping,stopped",
		"--query", "Reservations[].Instances[].InstanceId"},
	{"ec2", "describe-images", "--owners", "self", "--query", "Images[].ImageId"},
	{"ec2", "describe-snapshots", "--owner-ids", "self", "--query", "Snapshots[].SnapshotId"},
	{"ec2", "describe-launch-templates", "--query", "LaunchTemplates[].LaunchTemplateId"},
	{"elbv2", "describe-load-balancers", "--query", "LoadBalancers[].LoadBalancerArn"},
	{"elbv2", "describe-target-groups", "--query", "TargetGroups[].TargetGroupArn"},
	{"autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[].AutoScalingGroupName"},
	{"ec2", "describe-key-pairs", "--query", "KeyPairs[].KeyName"},
	{"ec2", "describe-addresses", "--query", "Addresses[].AllocationId"},
	{"cloudwatch", "describe-alarms", "--query", "MetricAlarms[].AlarmName"},
	{"iam", "list-instance-profiles", "--query", "InstanceProfiles[].InstanceProfileName"},
	{"iam", "list-users", "--query", "Users[].UserName"},
	{"iam", "list-roles", "--query", "Roles[?!starts_with(Path,'/aws-service-role/')].RoleName"},
	{"route53", "list-hosted-zones", "--query", "HostedZones[].Id"},
	{"route53", "list-health-checks", "--query", "HealthChecks[].Id"},
}
