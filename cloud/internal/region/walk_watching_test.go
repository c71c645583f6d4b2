package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksWatching(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_cloudwatch_composite_alarm", create: func(p *provider) string { p.putChild("east"); return p.putComposite("ALARM(east)") },
			read:   (*provider).readComposite,
			update: func(p *provider, _ string) { p.putComposite("ALARM(east) OR OK(east)") },
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Watching.DeleteAlarms(p.T.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{name}}))(p.T)
			},
		},
		{
			resource: "aws_cloudwatch_dashboard", create: func(p *provider) string { return p.putDashboard("before") }, read: (*provider).readDashboard,
			update: func(p *provider, _ string) { p.putDashboard("after") },
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Watching.DeleteDashboards(p.T.Context(), &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{name}}))(p.T)
			},
			gone: []string{"ResourceNotFound"},
		},
	})
}

// putChild makes an alarm that a rule is about, or a suppressor.
func (p *provider) putChild(name string) {
	p.T.Helper()
	roomtest.Must(p.Watching.PutMetricAlarm(p.T.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, ActionsEnabled: new(true), TreatMissingData: new("missing"), Threshold: new(1.0), Namespace: new("App"), MetricName: new("Errors"),
		Statistic: "Sum", Period: new(int32(60)), EvaluationPeriods: new(int32(1)), ComparisonOperator: "GreaterThanOrEqualToThreshold",
	}))(p.T)
}

func (p *provider) putComposite(rule string) string {
	p.T.Helper()
	roomtest.Must(p.Watching.PutCompositeAlarm(p.T.Context(), &cloudwatch.PutCompositeAlarmInput{
		AlarmName: new("walk"), AlarmRule: &rule, ActionsEnabled: new(true), AlarmActions: []string{"arn:aws:sns:us-east-1:111122223333:pages"},
		ActionsSuppressor: new("east"), ActionsSuppressorWaitPeriod: new(int32(20)), ActionsSuppressorExtensionPeriod: new(int32(10)),
		Tags: []cwtypes.Tag{{Key: new("Name"), Value: new("walk")}},
	}))(p.T)
	return "walk"
}

func (p *provider) readComposite(name string) (any, error) {
	out, err := p.Watching.DescribeAlarms(p.T.Context(), &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{name}, AlarmTypes: []cwtypes.AlarmType{"CompositeAlarm"},
	})
	if err != nil {
		return nil, err
	}
	a := only(p, out.CompositeAlarms)
	if a == nil {
		return nil, nil
	}
	there(p, "AlarmArn", a.AlarmArn)
	there(p, "ActionsSuppressorWaitPeriod", a.ActionsSuppressorWaitPeriod)
	there(p, "ActionsSuppressorExtensionPeriod", a.ActionsSuppressorExtensionPeriod)
	tags := roomtest.Must(p.Watching.ListTagsForResource(p.T.Context(), &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn}))(p.T).Tags
	if len(tags) != 1 {
		p.T.Errorf("tags %v", tags)
	}
	// The provider keeps no state of an alarm.
	a.StateValue, a.StateReason, a.StateReasonData, a.StateUpdatedTimestamp, a.StateTransitionedTimestamp = "", nil, nil, nil, nil
	a.ActionsSuppressedBy, a.ActionsSuppressedReason = "", nil
	return *a, nil
}

func (p *provider) putDashboard(title string) string {
	p.T.Helper()
	body := `{"widgets":[{"type":"text","x":0,"y":0,"width":3,"height":3,"properties":{"markdown":"` + title + `"}}]}`
	roomtest.Must(p.Watching.PutDashboard(p.T.Context(), &cloudwatch.PutDashboardInput{DashboardName: new("walk"), DashboardBody: &body}))(p.T)
	return "walk"
}

func (p *provider) readDashboard(name string) (any, error) {
	out, err := p.Watching.GetDashboard(p.T.Context(), &cloudwatch.GetDashboardInput{DashboardName: &name})
	if err != nil {
		return nil, err
	}
	there(p, "DashboardArn", out.DashboardArn)
	return there(p, "DashboardBody", out.DashboardBody), nil
}
