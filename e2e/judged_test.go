package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/internal/judge"
)

// recordVariable names the file to which every cloud of the tests appends its calls. Where it is set, the file is kept.
const recordVariable = "UNDERSTUDY_RECORD"

// verdict is what AWS's own models, as botocore carries them, make of the calls.
type verdict struct {
	Botocore        string
	Calls, Distinct int
	Operations      map[string]int // by "service operation"
	Violations      []violation
}

// violation is what AWS would refuse a call for.
type violation struct {
	Service, Operation, Member, What string
	Calls                            int
	Client                           string // the first one's User-Agent
}

func (v violation) String() string {
	return fmt.Sprintf("%s %s: %s: %s (%d calls, the first of %s)", v.Service, v.Operation, v.Member, v.What, v.Calls, v.Client)
}

// recordCalls has all clouds of the tests record their calls, except where so many are made that they fill the disk.
func recordCalls(dir string) error {
	if os.Getenv(recordVariable) != "" || os.Getenv(everyCall) == "all" {
		return nil
	}
	return os.Setenv(recordVariable, filepath.Join(dir, "calls"))
}

// judgeCalls has the recorded calls of all tests judged, whatever the clouds have answered, and prints how many there were. It
// fails where AWS would refuse one of them.
func judgeCalls(w io.Writer) error {
	file := os.Getenv(recordVariable)
	if _, err := os.Stat(file); err != nil {
		return nil // no test has called anything
	}
	python, err := judge.Look("python3:boto3")
	if err != nil && os.Getenv("CI") == "" {
		fmt.Fprintln(w, "the calls are not judged:", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("judge the calls: %w", err)
	}
	v, err := judged(python, file)
	if err != nil {
		return err
	}
	v.print(w)
	return v.err()
}

func (v verdict) err() error {
	if len(v.Violations) > 0 {
		return fmt.Errorf("%d kinds of calls that AWS would refuse", len(v.Violations))
	}
	return nil
}

func judged(python, file string) (v verdict, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "testdata/calls_judge.py", file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &v)
	}
	if err != nil {
		return v, fmt.Errorf("judge the calls: %w", err)
	}
	return v, nil
}

func (v verdict) print(w io.Writer) {
	fmt.Fprintf(w, "%d calls of %d operations, %d of them distinct, held against AWS's models (botocore %s): %d kinds of violations\n",
		v.Calls, len(v.Operations), v.Distinct, v.Botocore, len(v.Violations))
	for _, found := range v.Violations {
		fmt.Fprintln(w, "violation:", found)
	}
	missing, err := v.uncalled()
	if err != nil {
		fmt.Fprintln(w, err)
	}
	if len(missing) > 0 {
		fmt.Fprintf(w, "not called in this run: %s\n", strings.Join(missing, ", "))
	}
}

// uncalled lists what the tool may call, by the policy that it prints, and no cloud was asked for. AWS itself asks for two of
// its actions, when the tool calls others.
func (v verdict) uncalled() ([]string, error) {
	out, err := exec.Command(binary, "doctor", "-f", example, "--policy").Output()
	var policy struct{ Statement []struct{ Action []string } }
	if err == nil {
		err = json.Unmarshal(out, &policy)
	}
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	missing := map[string]bool{}
	for _, s := range policy.Statement {
		for _, action := range s.Action {
			if action == "iam:CreateServiceLinkedRole" || action == "autoscaling:CreateOrUpdateTags" {
				continue
			}
			service, operation, _ := strings.Cut(action, ":")
			name := strings.Replace(service, "cloudwatch", "monitoring", 1) + " " + operation
			missing[name] = v.Operations[name] == 0
		}
	}
	maps.DeleteFunc(missing, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(missing)), nil
}

// Calls are sent that AWS's models do not allow, whatever the cloud answers, and the judge names each.
func TestCallsThatAWSWouldRefuseAreFound(t *testing.T) {
	t.Parallel()
	python := judge.Need(t, "python3:boto3")
	file := filepath.Join(t.TempDir(), "calls")
	s := start(t, "--record", file)
	want := plant(t, s.maker(understudy.Primary))
	v, err := judged(python, file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, one := range v.Violations {
		found[one.Operation+" "+one.Member] = one.What
	}
	for key, what := range want {
		if !strings.Contains(found[key], what) {
			t.Errorf("%s: %q, want %q", key, found[key], what)
		}
		delete(found, key)
	}
	if len(found) > 0 {
		t.Errorf("found beside what was planted: %v", found)
	}
	if v.Operations["ec2 DescribeVpcs"] != 2 {
		t.Errorf("operations %v", v.Operations)
	}
	if v.err() == nil {
		t.Error("a run with these calls would pass")
	}
}

// plant makes calls that are wrong, one that is right, and returns what the judge has to find: a part of each complaint, by
// operation and member.
func plant(t *testing.T, m *maker) map[string]string {
	ctx := t.Context()
	_, err := m.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(5)})
	if err != nil {
		t.Fatal(err)
	}
	tell := func(_ any, err error) { // the cloud may or may not refuse them
		t.Log(err)
	}
	tell(m.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(1001)}, ec2.WithAPIOptions(form("&Size=big"))))
	tell(m.EC2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16"), InstanceTenancy: "shared"}))
	tell(m.EC2.DeleteVpc(ctx, &ec2.DeleteVpcInput{}, ec2.WithAPIOptions(unvalidated)))
	tell(m.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"no", "sp ace"}}))
	tell(m.EC2.RunInstances(ctx, &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: aws.String("ami-1"),
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{Ebs: &ec2types.EbsBlockDevice{VolumeType: "floppy"}}},
	}, ec2.WithAPIOptions(form("&BlockDeviceMapping.1.Ebs.VolumeSize=huge"))))
	tell(m.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{PageSize: aws.Int32(401)}))
	tell(m.AutoScaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: aws.String("")}))
	tell(m.Route53.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{
		CallerReference: aws.String(strings.Repeat("long", 17)),
		HealthCheckConfig: &route53types.HealthCheckConfig{
			Type: route53types.HealthCheckTypeHttp, IPAddress: aws.String("not one"), FailureThreshold: aws.Int32(11),
		},
	}))
	return map[string]string{
		"DescribeVpcs MaxResults":                              "1001 is more than 1000",
		"DescribeVpcs Size":                                    "is no parameter of the model",
		"CreateVpc InstanceTenancy":                            "'shared' is none of default, dedicated, host",
		"DeleteVpc VpcId":                                      "is required and missing",
		"DescribeLaunchTemplates LaunchTemplateNames[0]":       "2 characters is less than 3",
		"DescribeLaunchTemplates LaunchTemplateNames[1]":       "'sp ace' is not of the form",
		"RunInstances BlockDeviceMappings[0].Ebs.VolumeType":   "'floppy' is none of",
		"RunInstances BlockDeviceMappings[0].Ebs.VolumeSize":   "'huge' is no integer",
		"DescribeLoadBalancers PageSize":                       "401 is more than 400",
		"DeleteAutoScalingGroup AutoScalingGroupName":          "0 characters is less than 1",
		"CreateHealthCheck CallerReference":                    "68 characters is more than 64",
		"CreateHealthCheck HealthCheckConfig.IPAddress":        "'not one' is not of the form",
		"CreateHealthCheck HealthCheckConfig.FailureThreshold": "11 is more than 10",
	}
}

// unvalidated sends a call without what the SDK requires of it.
func unvalidated(s *middleware.Stack) error {
	_, err := s.Initialize.Remove("OperationInputValidation")
	return err
}

// form adds to the parameters of a call what the SDK has no member for.
func form(more string) func(*middleware.Stack) error {
	return func(s *middleware.Stack) error {
		return s.Serialize.Add(middleware.SerializeMiddlewareFunc("more", func(
			ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler,
		) (middleware.SerializeOutput, middleware.Metadata, error) {
			r := in.Request.(*smithyhttp.Request)
			body, err := io.ReadAll(r.GetStream())
			if err == nil {
				r, err = r.SetStream(strings.NewReader(string(body) + more))
			}
			if err != nil {
				return middleware.SerializeOutput{}, middleware.Metadata{}, err
			}
			in.Request = r
			return next.HandleSerialize(ctx, in)
		}), middleware.After)
	}
}
