package wire_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/judge"
)

// awsCLI runs the official AWS CLI against a test's server.
func awsCLI(t *testing.T, cfg aws.Config, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), judge.Need(t, "/usr/bin/aws"), append(args, "--output", "text", "--endpoint-url", *cfg.BaseEndpoint,
		"--region", "us-east-1")...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// The AWS CLI is a client of another maker (botocore), with its own reading of the models.
func TestTheAWSCLIUnderstands(t *testing.T) {
	var filters *ec2.DescribeVpcsInput
	var balancers *elb.DescribeLoadBalancersInput
	var zone *route53.CreateHostedZoneInput
	cfg := serve(t, func(m *wire.Mux) {
		wire.Handle(m, wire.EC2, "DescribeVpcs", echo(&filters, &ec2.DescribeVpcsOutput{Vpcs: []ec2types.Vpc{{VpcId: aws.String("vpc-1"),
			IsDefault: aws.Bool(false)}}}))
		wire.Handle(m, wire.ELBv2, "DescribeLoadBalancers", echo(&balancers, &elb.DescribeLoadBalancersOutput{}))
		wire.Handle(m, wire.EC2, "DeleteVpc", func(context.Context, *ec2.DeleteVpcInput) (*ec2.DeleteVpcOutput, error) {
			return nil, wire.Errorf("DependencyViolation", "it has dependencies")
		})
		wire.Handle(m, wire.Route53, "CreateHostedZone", echo(&zone, &route53.CreateHostedZoneOutput{
			Location: aws.String("https://route53.amazonaws.com/2013-04-01/hostedzone/Z1"), HostedZone: &r53types.HostedZone{Id: aws.String("/hostedzone/Z1"),
				Name: aws.String("x."), CallerReference: aws.String("r")},
			ChangeInfo:    &r53types.ChangeInfo{Id: aws.String("/change/C1"), Status: r53types.ChangeStatusPending, SubmittedAt: when},
			DelegationSet: &r53types.DelegationSet{NameServers: []string{"ns"}},
		}))
	})
	for _, c := range []struct {
		want string
		fail bool
		args []string
	}{
		{want: "vpc-1\tFalse", args: []string{"ec2", "describe-vpcs", "--filters", "Name=vpc-id,Values=vpc-1,vpc-2", "--query", "Vpcs[].[VpcId,IsDefault]"}},
		{want: "0", args: []string{"elbv2", "describe-load-balancers", "--names", "a", "b", "--query", "length(LoadBalancers)"}},
		{want: "(DependencyViolation)", fail: true, args: []string{"ec2", "delete-vpc", "--vpc-id", "vpc-1"}},
		{want: "(UnsupportedOperation)", fail: true, args: []string{"ec2", "describe-hosts"}},
		{want: "/hostedzone/Z1\tPENDING", args: []string{"route53", "create-hosted-zone", "--name", "x", "--caller-reference", "r", "--query",
			"[HostedZone.Id,ChangeInfo.Status]"}},
	} {
		got, err := awsCLI(t, cfg, c.args...)
		if (err != nil) != c.fail || !strings.Contains(got, c.want) {
			t.Errorf("aws %s: %q, %v; want %q", strings.Join(c.args, " "), got, err, c.want)
		}
	}
	if len(filters.Filters) != 1 || len(filters.Filters[0].Values) != 2 || len(balancers.Names) != 2 || aws.ToString(zone.Name) != "x" {
		t.Errorf("received %+v, %+v, %+v", filters, balancers, zone)
	}
}
