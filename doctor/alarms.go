package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
)

const whyTopics = "an alarm whose topic is gone, or does not let CloudWatch publish, tells nobody that a region is ill"

// trackingAlarms is how many alarms Auto Scaling makes of its own for a target that a fleet tracks: when to grow, and when to shrink.
const trackingAlarms = 2

// alarmsNeeded is how many alarms a region has by the declaration, those of target tracking among them.
func alarmsNeeded(d *understudy.Declaration, side understudy.Side) int {
	n := len(d.AlarmsOf(side))
	if d.Fleet.Track != (understudy.Track{}) {
		n += trackingAlarms
	}
	return n
}

// judgeTopics names the topics that nobody has asked for: no call of this program goes to SNS.
func judgeTopics(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	topics := d.Alarms.Notify[side]
	if len(topics) == 0 {
		return nil
	}
	var heal []string
	for _, arn := range topics {
		heal = append(heal, fmt.Sprintf("aws sns get-topic-attributes --region %s --topic-arn %s", r.name, arn))
	}
	return []Finding{{
		Check: CheckTopic, Severity: Unchecked, Side: side, Why: whyTopics, Heal: strings.Join(heal, "; "),
		What: fmt.Sprintf("%s: SNS was not asked whether the alarms' topics are there: %s", r.name, strings.Join(topics, ", ")),
	}}
}

// alarms counts those of metrics and those of others' states.
func (q asker) alarms(ctx context.Context) (n counted, err error) {
	if alarmsNeeded(q.declared, q.side) == 0 {
		return n, nil
	}
	var own, tracking []string
	for _, a := range q.declared.AlarmsOf(q.side) {
		own = append(own, q.declared.AlarmName(a.Role))
	}
	for _, group := range balancing.GenerationNames(q.declared.Name) {
		tracking = append(tracking, "TargetTracking-"+group+"-")
	}
	add := func(name *string) {
		begins := func(prefix string) bool { return strings.HasPrefix(aws.ToString(name), prefix) }
		n = n.add(slices.Contains(own, aws.ToString(name)) || slices.ContainsFunc(tracking, begins))
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(q.CloudWatch, &cloudwatch.DescribeAlarmsInput{
		AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, err
		}
		for _, a := range page.MetricAlarms {
			add(a.AlarmName)
		}
		for _, a := range page.CompositeAlarms {
			add(a.AlarmName)
		}
	}
	return n, nil
}
