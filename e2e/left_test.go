package e2e

import (
	"strings"
	"testing"
)

func TestDownSaysWhatIsLeftAndWhy(t *testing.T) {
	t.Parallel()
	s := up(t)
	balancer := s.aws(primary, "elbv2", "describe-load-balancers", "--query", "LoadBalancers[0].LoadBalancerArn")
	protect := func(value string) {
		s.aws(primary, "elbv2", "modify-load-balancer-attributes", "--load-balancer-arn", balancer, "--attributes", "Key=deletion_protection.enabled,Value="+value)
	}
	protect("true")
	host := s.aws(secondary, "ec2", "describe-instances",
		"--filters", "Name=tag:understudy:role,Values=host-a", "--query", "Reservations[0].Instances[0].InstanceId")
	s.aws(secondary, "ec2", "modify-instance-attribute", "--instance-id", host, "--disable-api-termination")
	zone := s.aws(primary, "route53", "list-hosted-zones", "--query", "HostedZones[0].Id")
	record := func(action string) {
		s.aws(primary, "route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch",
			`{"Changes":[{"Action":"`+action+`","ResourceRecordSet":{"Name":"mail.hello.test","Type":"TXT","TTL":60,"ResourceRecords":[{"Value":"\"ours\""}]}}]}`)
	}
	record("CREATE")

	r := s.run(binary, "down", "-f", example, "--zone", "--yes")
	for _, want := range []string{
		"primary/load balancer", "--load-balancer-arn " + balancer + " --attributes Key=deletion_protection.enabled,Value=false",
		"secondary/host a", "--instance-id " + host + " --no-disable-api-termination",
		"global/zone", "mail.hello.test. TXT", "primary/vpc", "which is left, needs it", "a month",
	} {
		if r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("exit %d, and %q is not said:\n%s", r.code, want, r.stderr)
		}
	}
	for _, gone := range []string{"secondary/load balancer", "secondary/fleet", "health check", "primary/host", "records:"} {
		if strings.Contains(r.stderr[strings.Index(r.stderr, " left:"):], gone) {
			t.Errorf("%s is left:\n%s", gone, r.stderr)
		}
	}
	protect("false")
	s.aws(secondary, "ec2", "modify-instance-attribute", "--instance-id", host, "--no-disable-api-termination")
	record("DELETE")
	s.must("down", "-f", example, "--zone", "--yes")
	s.nothingIsLeft()
}
