package wire_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/understudy/understudy/cloud/internal/wire"

	"github.com/understudy/understudy/internal/patience"
)

var when = aws.Time(time.Date(2026, 11, 23, 2, 0, 0, 123_000_000, time.UTC))

// serve starts a Mux and returns the configuration that points SDK clients at it.
func serve(t *testing.T, register func(*wire.Mux)) aws.Config {
	t.Helper()
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	register(mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &srv.URL, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}
}

// echo returns a handler that keeps its input and answers with out.
func echo[In, Out any](kept **In, out *Out) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) { *kept = in; return out, nil }
}

// same compares what one end sent with what the other received.
func same(t *testing.T, want, got any) {
	t.Helper()
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".ResultMetadata" }, cmp.Ignore())
	unexported := cmp.Exporter(func(reflect.Type) bool { return true })
	if diff := cmp.Diff(want, got, ignore, unexported, cmpopts.IgnoreTypes(struct{}{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-sent +received)\n%s", diff)
	}
}

func TestEC2RoundTrip(t *testing.T) {
	want := &ec2.RunInstancesInput{
		ImageId: aws.String("ami-1"), MinCount: aws.Int32(1), MaxCount: aws.Int32(2), UserData: aws.String("IyE="),
		SecurityGroupIds: []string{"sg-1", "sg-2"}, DryRun: aws.Bool(false),
		NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(true),
			Groups: []string{"sg-3"}}},
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("k"),
			Value: aws.String("v & <w>")}}}},
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: aws.String("$Latest")},
		ClientToken:    aws.String("token"),
	}
	answer := &ec2.RunInstancesOutput{ReservationId: aws.String("r-1"), Instances: []ec2types.Instance{{
		InstanceId: aws.String("i-1"), LaunchTime: when, State: &ec2types.InstanceState{Code: aws.Int32(16), Name: ec2types.InstanceStateNameRunning},
		Tags: []ec2types.Tag{{Key: aws.String("k"), Value: aws.String("v & <w>")}}, SecurityGroups: []ec2types.GroupIdentifier{{GroupId: aws.String("sg-1")}},
	}}}
	var kept *ec2.RunInstancesInput
	cfg := serve(t, func(m *wire.Mux) { wire.Handle(m, wire.EC2, "RunInstances", echo(&kept, answer)) })
	got, err := ec2.NewFromConfig(cfg).RunInstances(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, kept)
	same(t, answer, got)
}

func TestELBv2RoundTrip(t *testing.T) {
	want := &elb.CreateTargetGroupInput{Name: aws.String("tg"), Port: aws.Int32(8080), Protocol: elbtypes.ProtocolEnumHttp, VpcId: aws.String("vpc-1"),
		Matcher: &elbtypes.Matcher{HttpCode: aws.String("200-299")}, Tags: []elbtypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}
	answer := &elb.CreateTargetGroupOutput{TargetGroups: []elbtypes.TargetGroup{{TargetGroupArn: aws.String("arn"), Port: aws.Int32(8080),
		LoadBalancerArns: []string{}}}}
	var kept *elb.CreateTargetGroupInput
	cfg := serve(t, func(m *wire.Mux) { wire.Handle(m, wire.ELBv2, "CreateTargetGroup", echo(&kept, answer)) })
	got, err := elb.NewFromConfig(cfg).CreateTargetGroup(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, kept)
	same(t, answer, got)
}

func TestAutoScalingRoundTrip(t *testing.T) {
	want := &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("g"), MinSize: aws.Int32(0), MaxSize: aws.Int32(4),
		TargetGroupARNs: []string{"a", "b"}, Tags: []astypes.Tag{{Key: aws.String("k"), PropagateAtLaunch: aws.Bool(true)}}}
	answer := &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []astypes.AutoScalingGroup{{
		AutoScalingGroupName: aws.String("g"), CreatedTime: when, Instances: []astypes.Instance{{InstanceId: aws.String("i"),
			LifecycleState: astypes.LifecycleStateInService}},
	}}}
	var kept *autoscaling.CreateAutoScalingGroupInput
	var described *autoscaling.DescribeAutoScalingGroupsInput
	cfg := serve(t, func(m *wire.Mux) {
		wire.Handle(m, wire.AutoScaling, "CreateAutoScalingGroup", echo(&kept, &autoscaling.CreateAutoScalingGroupOutput{}))
		wire.Handle(m, wire.AutoScaling, "DescribeAutoScalingGroups", echo(&described, answer))
	})
	client := autoscaling.NewFromConfig(cfg)
	if _, err := client.CreateAutoScalingGroup(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	same(t, want, kept)
	filter := &autoscaling.DescribeAutoScalingGroupsInput{Filters: []astypes.Filter{{Name: aws.String("tag:a"), Values: []string{"b"}}}}
	got, err := client.DescribeAutoScalingGroups(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	same(t, filter, described)
	same(t, answer, got)
}

func TestRoute53RoundTrip(t *testing.T) {
	want := &route53.ChangeResourceRecordSetsInput{HostedZoneId: aws.String("Z1"), ChangeBatch: &r53types.ChangeBatch{Comment: aws.String("c"),
		Changes: []r53types.Change{{
			Action: r53types.ChangeActionUpsert, ResourceRecordSet: &r53types.ResourceRecordSet{Name: aws.String("x."), Type: r53types.RRTypeA,
				Failover:      r53types.ResourceRecordSetFailoverPrimary,
				SetIdentifier: aws.String("p"), AliasTarget: &r53types.AliasTarget{DNSName: aws.String("lb."), EvaluateTargetHealth: true, HostedZoneId: aws.String("Z2")}},
		}, {
			Action: r53types.ChangeActionCreate, ResourceRecordSet: &r53types.ResourceRecordSet{Name: aws.String("y."), Type: r53types.RRTypeTxt, TTL: aws.Int64(60),
				ResourceRecords: []r53types.ResourceRecord{{Value: aws.String(`"a b"`)}, {Value: aws.String(`"c"`)}}},
		}}}}
	answer := &route53.ChangeResourceRecordSetsOutput{ChangeInfo: &r53types.ChangeInfo{Id: aws.String("/change/C1"),
		Status: r53types.ChangeStatusPending, SubmittedAt: when}}
	var kept *route53.ChangeResourceRecordSetsInput
	var listed *route53.ListResourceRecordSetsInput
	cfg := serve(t, func(m *wire.Mux) {
		wire.Handle(m, wire.Route53, "ChangeResourceRecordSets", echo(&kept, answer))
		wire.Handle(m, wire.Route53, "ListResourceRecordSets", echo(&listed, &route53.ListResourceRecordSetsOutput{IsTruncated: true,
			MaxItems: aws.Int32(1), ResourceRecordSets: []r53types.ResourceRecordSet{*want.ChangeBatch.Changes[0].ResourceRecordSet}}))
	})
	client := route53.NewFromConfig(cfg)
	got, err := client.ChangeResourceRecordSets(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, kept)
	same(t, answer, got)
	list := &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String("Z1"), StartRecordName: aws.String("x."), StartRecordType: r53types.RRTypeA,
		MaxItems: aws.Int32(1)}
	page, err := client.ListResourceRecordSets(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	same(t, list, listed)
	if !page.IsTruncated || len(page.ResourceRecordSets) != 1 || !page.ResourceRecordSets[0].AliasTarget.EvaluateTargetHealth {
		t.Errorf("page %+v", page)
	}
}

func TestCloudWatchRoundTrip(t *testing.T) {
	want := &cloudwatch.PutMetricDataInput{Namespace: aws.String("n"), MetricData: []cwtypes.MetricDatum{{MetricName: aws.String("m"),
		Value: aws.Float64(1.5), Timestamp: when, Dimensions: []cwtypes.Dimension{{Name: aws.String("d"), Value: aws.String("v")}}}}}
	var kept *cloudwatch.PutMetricDataInput
	cfg := serve(t, func(m *wire.Mux) {
		wire.Handle(m, wire.CloudWatch, "PutMetricData", echo(&kept, &cloudwatch.PutMetricDataOutput{}))
	})
	if _, err := cloudwatch.NewFromConfig(cfg).PutMetricData(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	same(t, want, kept)
	_, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	wantCode(t, err, "UnsupportedOperation", "DescribeAlarms")
}

// Lists of times and maps of numbers are CloudWatch's alone.
func TestCloudWatchData(t *testing.T) {
	var in *cloudwatch.GetMetricStatisticsInput
	datum := cwtypes.Datapoint{Timestamp: when, Average: aws.Float64(-1.5), Unit: cwtypes.StandardUnitCount, ExtendedStatistics: map[string]float64{"p99": 3}}
	out := &cloudwatch.GetMetricStatisticsOutput{Label: aws.String("l"), Datapoints: []cwtypes.Datapoint{datum}}
	data := &cloudwatch.GetMetricDataOutput{MetricDataResults: []cwtypes.MetricDataResult{{Id: aws.String("a"), Timestamps: []time.Time{*when},
		Values: []float64{2}, StatusCode: cwtypes.StatusCodeComplete}}}
	c := cloudwatch.NewFromConfig(serve(t, func(m *wire.Mux) {
		wire.Handle(m, wire.CloudWatch, "GetMetricStatistics", echo(&in, out))
		wire.Handle(m, wire.CloudWatch, "GetMetricData", func(context.Context, *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
			return data, nil
		})
		wire.Handle(m, wire.CloudWatch, "DeleteAlarms", func(context.Context, *cloudwatch.DeleteAlarmsInput) (*cloudwatch.DeleteAlarmsOutput, error) {
			return nil, wire.Errorf("InvalidParameterValue", "no")
		})
	}))
	sent := &cloudwatch.GetMetricStatisticsInput{Namespace: aws.String("n"), MetricName: aws.String("m"), Period: aws.Int32(60), StartTime: when,
		EndTime: when, ExtendedStatistics: []string{"p99"}}
	got, err := c.GetMetricStatistics(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	same(t, sent, in)
	same(t, out, got)
	all, err := c.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{StartTime: when, EndTime: when, MetricDataQueries: []cwtypes.MetricDataQuery{}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, data, all)
	_, err = c.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"a"}})
	wantCode(t, err, "InvalidParameterValue", "no")
	var shaped *cwtypes.InvalidParameterValueException
	if !errors.As(err, &shaped) {
		t.Errorf("%T is not the shape of its code", err)
	}
}

func TestRecoveryControlRoundTrip(t *testing.T) {
	arn := "arn:aws:route53-recovery-control::111122223333:controlpanel/0123456789abcdef0123456789abcdef"
	var rule *config.CreateSafetyRuleInput
	var list *config.ListSafetyRulesInput
	var untag *config.UntagResourceInput
	out := &config.CreateSafetyRuleOutput{AssertionRule: &configtypes.AssertionRule{
		AssertedControls: []string{arn + "/routingcontrol/1"}, ControlPanelArn: &arn, Name: aws.String("n"),
		SafetyRuleArn: aws.String(arn + "/safetyrule/1"), Status: configtypes.StatusPending,
		WaitPeriodMs: aws.Int32(0), RuleConfig: &configtypes.RuleConfig{Inverted: aws.Bool(false), Threshold: aws.Int32(1), Type: configtypes.RuleTypeAtleast},
	}}
	c := config.NewFromConfig(serve(t, func(m *wire.Mux) {
		wire.Handle(m, wire.RecoveryControl, "CreateSafetyRule", echo(&rule, out))
		wire.Handle(m, wire.RecoveryControl, "ListSafetyRules", echo(&list,
			&config.ListSafetyRulesOutput{SafetyRules: []configtypes.Rule{{ASSERTION: out.AssertionRule}}}))
		wire.Handle(m, wire.RecoveryControl, "UntagResource", echo(&untag, &config.UntagResourceOutput{}))
		wire.Handle(m, wire.RecoveryControl, "DeleteCluster", func(context.Context, *config.DeleteClusterInput) (*config.DeleteClusterOutput, error) {
			return nil, &wire.Error{Code: "ConflictException", Message: "in use", Status: 409}
		})
	}))
	sent := &config.CreateSafetyRuleInput{ClientToken: aws.String("t"), Tags: map[string]string{"a": "b"}, AssertionRule: &configtypes.NewAssertionRule{
		AssertedControls: out.AssertionRule.AssertedControls, ControlPanelArn: &arn, Name: aws.String("n"), WaitPeriodMs: aws.Int32(0),
		RuleConfig: out.AssertionRule.RuleConfig,
	}}
	made, err := c.CreateSafetyRule(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	same(t, sent, rule)
	same(t, out, made)
	asked := &config.ListSafetyRulesInput{ControlPanelArn: &arn, MaxResults: aws.Int32(7), NextToken: aws.String("x y")}
	listed, err := c.ListSafetyRules(t.Context(), asked)
	if err != nil || len(listed.SafetyRules) != 1 {
		t.Fatal(listed, err)
	}
	same(t, asked, list)
	gone := &config.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "b"}}
	if _, err := c.UntagResource(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	same(t, gone, untag)
	_, err = c.DeleteCluster(t.Context(), &config.DeleteClusterInput{ClusterArn: &arn})
	wantCode(t, err, "ConflictException", "in use")
	var shaped *configtypes.ConflictException
	if !errors.As(err, &shaped) {
		t.Errorf("%T is not the shape of its code", err)
	}
	_, err = c.DescribeCluster(t.Context(), &config.DescribeClusterInput{ClusterArn: &arn})
	wantCode(t, err, "UnsupportedOperation", "DescribeCluster")
}

// What JSON can hold and an operation's input cannot is refused, with the member's name.
func TestJSONThatDoesNotFit(t *testing.T) {
	type list struct {
		NextToken  *string
		MaxResults *int32
	}
	type empty struct{}
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	wire.Handle(mux, wire.RecoveryCluster, "ListRoutingControls", func(_ context.Context, in *list) (*empty, error) { return &empty{}, nil })
	for body, want := range map[string]string{
		"": "{}", `{}`: "{}", `{"MaxResults":3,"NextToken":null}`: "{}", // null is absent
		`[]`: "no JSON object", `{`: "not valid JSON", `{"MaxResults":"3"}`: "MaxResults", `{"MaxResults":1.5}`: "MaxResults", `{"NextToken":{}}`: "NextToken",
		`{"NextToken":[]}`: "NextToken", `{"Newer":1}`: "Newer",
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "ToggleCustomerAPI.ListRoutingControls")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/us-west-2/route53-recovery-cluster/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if (w.Code == 200) != (want == "{}") || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// botocore's newer releases speak JSON to CloudWatch.
func TestCloudWatchInJSON(t *testing.T) {
	var in *cloudwatch.GetMetricStatisticsInput
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	wire.Handle(mux, wire.CloudWatch, "GetMetricStatistics", echo(&in,
		&cloudwatch.GetMetricStatisticsOutput{Datapoints: []cwtypes.Datapoint{{Timestamp: when, Sum: aws.Float64(2)}}}))
	wire.Handle(mux, wire.CloudWatch, "DeleteAlarms", func(context.Context, *cloudwatch.DeleteAlarmsInput) (*cloudwatch.DeleteAlarmsOutput, error) {
		return nil, wire.Errorf("InvalidParameterValue", "no")
	})
	ask := func(op, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "GraniteServiceVersion20100801."+op)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	w := ask("GetMetricStatistics", `{"Namespace":"n","MetricName":"m","Period":60,"StartTime":1795399200.123,"EndTime":1795399200,"Statistics":["Sum"]}`)
	if w.Body.String() != `{"Datapoints":[{"Sum":2.0,"Timestamp":1795399200.123}]}` || !in.StartTime.Equal(*when) || *in.Period != 60 {
		t.Errorf("%s, received %+v", w.Body, in)
	}
	w = ask("DeleteAlarms", `{"AlarmNames":["a"]}`)
	if w.Code != 400 || w.Header().Get("X-Amzn-Query-Error") != "InvalidParameterValue;Sender" || !strings.Contains(w.Body.String(),
		"InvalidParameterValueException") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func wantCode(t *testing.T, err error, code, says string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), says) {
		t.Errorf("error %v, want %s with %q", err, code, says)
	}
}

func TestErrorsAreRecognisedBySDKClients(t *testing.T) {
	refuse := wire.Errorf("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist")
	cfg := serve(t, func(m *wire.Mux) {
		wire.Handle(m, wire.EC2, "DescribeVpcs", func(context.Context, *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) { return nil, refuse })
		wire.Handle(m, wire.EC2, "CreateVpc", func(context.Context, *ec2.CreateVpcInput) (*ec2.CreateVpcOutput, error) { panic("a mistake") })
		wire.Handle(m, wire.STS, "GetCallerIdentity", func(context.Context, *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
			return nil, &wire.Error{Code: "AccessDenied", Message: "no", Status: 403}
		})
		wire.Handle(m, wire.Route53, "ChangeResourceRecordSets", func(context.Context,
			*route53.ChangeResourceRecordSetsInput) (*route53.ChangeResourceRecordSetsOutput, error) {
			return nil, &wire.Error{Code: "InvalidChangeBatch", Message: "[one, two]", Messages: []string{"one", "two"}}
		})
	})
	client := ec2.NewFromConfig(cfg)
	_, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	wantCode(t, err, "InvalidVpcID.NotFound", "vpc-1")
	_, err = client.CreateVpc(t.Context(), &ec2.CreateVpcInput{})
	wantCode(t, err, "InternalError", "internal")
	_, err = client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	wantCode(t, err, "UnsupportedOperation", "DescribeSubnets")
	_, err = sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "AccessDenied", "no")
	_, err = route53.NewFromConfig(cfg).ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: aws.String("Z"),
		ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{}}})
	var batch *r53types.InvalidChangeBatch
	if !errors.As(err, &batch) || cmp.Diff([]string{"one", "two"}, batch.Messages) != "" {
		t.Errorf("error %v", err)
	}
}
