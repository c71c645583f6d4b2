package cloud_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"
	mdns "github.com/miekg/dns"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// pair is a failover pair in a cloud: 198.51.100.1 while a check is healthy, else 198.51.100.2, as the host
// is told them.
type pair struct {
	*cloud.Cloud
	t *testing.T
}

func (p *pair) config(region string) aws.Config {
	id, secret := p.Credentials()
	return aws.Config{Region: region, BaseEndpoint: aws.String(p.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")}
}

func (p *pair) watch(c *r53types.HealthCheckConfig) {
	p.t.Helper()
	ctx, api := p.t.Context(), route53.NewFromConfig(p.config("us-east-1"))
	check, err := api.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{CallerReference: aws.String("check"), HealthCheckConfig: c})
	if err != nil {
		p.t.Fatal(err)
	}
	zone, err := api.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("hello.test"), CallerReference: aws.String("zone")})
	if err != nil {
		p.t.Fatal(err)
	}
	record := func(role, address string, check *string) r53types.Change {
		return r53types.Change{Action: r53types.ChangeActionCreate, ResourceRecordSet: &r53types.ResourceRecordSet{
			Name: aws.String("hello.test"), Type: r53types.RRTypeA, TTL: aws.Int64(60), SetIdentifier: &role, Failover: r53types.ResourceRecordSetFailover(role),
			HealthCheckId: check, ResourceRecords: []r53types.ResourceRecord{{Value: &address}},
		}}
	}
	_, err = api.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{HostedZoneId: zone.HostedZone.Id, ChangeBatch: &r53types.ChangeBatch{
		Changes: []r53types.Change{record("PRIMARY", "198.51.100.1", check.HealthCheck.Id), record("SECONDARY", "198.51.100.2", nil)},
	}})
	if err != nil {
		p.t.Fatal(err)
	}
}

// await asks the name server until it answers with the address whose last number this is.
func (p *pair) await(what string, last int) {
	p.t.Helper()
	got := ""
	for deadline := patience.Deadline(); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		reply, err := mdns.Exchange(new(mdns.Msg).SetQuestion("hello.test.", mdns.TypeA), p.Resolver())
		if err != nil || len(reply.Answer) != 1 {
			p.t.Fatal(reply, err)
		}
		if got = reply.Answer[0].(*mdns.A).A.String(); strings.HasSuffix(got, "."+strconv.Itoa(last)) {
			return
		}
	}
	p.t.Fatalf("%s: answers %s", what, got)
}

// An alarm's data decides what the name servers answer, the alarm's own state does not, and a region that is
// lost has insufficient data.
func TestAlarmDataMovesTheAnswer(t *testing.T) {
	t.Parallel()
	p := &pair{start(t, cloud.Options{Speed: 60}), t}
	ctx, api := t.Context(), cloudwatch.NewFromConfig(p.config("us-west-2"))
	_, err := api.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("errors"), Namespace: aws.String("App"), MetricName: aws.String("Errors"), Statistic: cwtypes.StatisticSum, Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.watch(&r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeCloudwatchMetric, InsufficientDataHealthStatus: r53types.InsufficientDataHealthStatusHealthy,
		AlarmIdentifier: &r53types.AlarmIdentifier{Name: aws.String("errors"), Region: r53types.CloudWatchRegionUsWest2},
	})
	p.await("at first", 1)
	// errors puts data for every period, each a second long, of more time than the test may take until it needs no more.
	errors := func() {
		t.Helper()
		now := time.Now()
		var data []cwtypes.MetricDatum // of which PutMetricData takes 1000 at most
		for at := now.Add(-time.Second); at.Before(now.Add(2 * patience.Limit)); at = at.Add(500 * time.Millisecond) {
			data = append(data, cwtypes.MetricDatum{MetricName: aws.String("Errors"), Value: aws.Float64(9), Timestamp: aws.Time(at)})
		}
		if _, err := api.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("App"), MetricData: data}); err != nil {
			t.Fatal(err)
		}
	}
	errors()
	p.await("with errors", 2)
	if _, err := api.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String("errors"), StateValue: cwtypes.StateValueOk, StateReason: aws.String("by hand"),
	}); err != nil {
		t.Fatal(err)
	}
	p.await("the alarm set by hand", 2)
	if err := p.KillRegion(ctx, "us-west-2"); err != nil {
		t.Fatal(err)
	}
	p.await("its region lost", 1)
	if err := p.StartRegion(ctx, "us-west-2"); err != nil {
		t.Fatal(err)
	}
	out, err := api.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	if err != nil || len(out.MetricAlarms) != 1 {
		t.Fatalf("alarms after the region's return: %v, %v", out, err)
	}
	errors()
	p.await("errors again", 2)
}

// Routing controls are turned by the AWS CLI and by boto3, behind a safety rule.
func TestRoutingControlMovesTheAnswer(t *testing.T) {
	t.Parallel()
	p := &pair{start(t, cloud.Options{Speed: 30}), t}
	ctx, api := t.Context(), config.NewFromConfig(p.config("us-west-2"))
	cluster, err := api.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("c")})
	if err != nil {
		t.Fatal(err)
	}
	if e := *cluster.Cluster.ClusterEndpoints[0].Endpoint; e != p.Endpoint()+"/v1" {
		t.Errorf("endpoint %s of a cloud at %s", e, p.Endpoint())
	}
	var controls []string
	var panel *string
	for _, name := range []string{"primary", "secondary"} {
		made, err := api.CreateRoutingControl(ctx, &config.CreateRoutingControlInput{ClusterArn: cluster.Cluster.ClusterArn, RoutingControlName: &name})
		if err != nil {
			t.Fatal(err)
		}
		panel, controls = made.RoutingControl.ControlPanelArn, append(controls, *made.RoutingControl.RoutingControlArn)
	}
	p.watch(&r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: &controls[0]})
	p.await("off", 2)

	if said, err := p.cli("update-routing-control-states", "--update-routing-control-state-entries",
		"RoutingControlArn="+controls[0]+",RoutingControlState=On", "RoutingControlArn="+controls[1]+",RoutingControlState=On"); err != nil {
		t.Fatal(said)
	}
	p.await("on", 1)
	if _, err := api.CreateSafetyRule(ctx, &config.CreateSafetyRuleInput{AssertionRule: &configtypes.NewAssertionRule{
		Name: aws.String("one-at-least"), ControlPanelArn: panel, AssertedControls: controls, WaitPeriodMs: aws.Int32(0),
		RuleConfig: &configtypes.RuleConfig{Type: configtypes.RuleTypeAtleast, Threshold: aws.Int32(1), Inverted: aws.Bool(false)},
	}}); err != nil {
		t.Fatal(err)
	}
	off := func(control string) (string, error) {
		return p.cli("update-routing-control-state", "--routing-control-arn", control, "--routing-control-state", "Off")
	}
	if said, err := off(controls[0]); err != nil {
		t.Fatal(said)
	}
	p.await("turned off", 2)
	if said, err := off(controls[1]); err == nil || !strings.Contains(said, "ConflictException") || !strings.Contains(said, "one-at-least") {
		t.Errorf("the last one turned off: %s", said)
	}
	// The control is of no region: the loss of any leaves it as it is.
	if err := p.KillRegion(ctx, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	script := exec.CommandContext(ctx, judge.Need(t, "python3:boto3"), "testdata/controls.py", *cluster.Cluster.ClusterArn, controls[0], controls[1])
	script.Env = p.environment()
	if said, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	p.await("turned on by boto3", 1)
}

func (p *pair) cli(args ...string) (string, error) {
	args = append([]string{"--endpoint-url", p.Endpoint(), "route53-recovery-cluster"}, args...)
	cmd := exec.CommandContext(p.t.Context(), judge.Need(p.t, "/usr/bin/aws"), args...)
	cmd.Env = p.environment()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (p *pair) environment() []string {
	env := append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	for k, v := range p.Env() {
		env = append(env, k+"="+v)
	}
	return env
}

// Alarms can watch what Route 53 tells of its health checks, in us-east-1.
func TestHealthCheckMetricsAreInCloudWatch(t *testing.T) {
	t.Parallel()
	p := &pair{start(t, cloud.Options{Speed: 60}), t}
	ctx, api := t.Context(), cloudwatch.NewFromConfig(p.config("us-east-1"))
	api53 := route53.NewFromConfig(p.config("us-east-1"))
	check, err := api53.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{CallerReference: aws.String("c"), HealthCheckConfig: &r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(0),
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("well"), Namespace: aws.String("AWS/Route53"), MetricName: aws.String("HealthCheckStatus"),
		Statistic: cwtypes.StatisticMinimum, Period: aws.Int32(60),
		Dimensions:        []cwtypes.Dimension{{Name: aws.String("HealthCheckId"), Value: check.HealthCheck.Id}},
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: cwtypes.ComparisonOperatorLessThanThreshold,
	})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := patience.Deadline(); ; time.Sleep(50 * time.Millisecond) {
		out, err := api.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{StateValue: cwtypes.StateValueOk})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.MetricAlarms) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the alarm never had data")
		}
	}
}
