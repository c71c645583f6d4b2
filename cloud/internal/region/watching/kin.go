package watching

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// describeKin lists the alarms that a composite alarm's rule names, or the composite alarms whose rules name an alarm. Of the children it tells the
// name, the ARN and the state, of the parents the first two; no other parameter may be there
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html).
func (r *Room) describeKin(in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	if in.ChildrenOfAlarmName != nil && in.ParentsOfAlarmName != nil || len(in.AlarmNames) > 0 || in.AlarmNamePrefix != nil || len(in.AlarmTypes) > 0 ||
		in.StateValue != "" || in.ActionPrefix != nil {
		return nil, wire.Errorf("ValidationError",
			"ChildrenOfAlarmName or ParentsOfAlarmName cannot be specified with other parameters than MaxRecords and NextToken.")
	}
	children := in.ChildrenOfAlarmName != nil
	of, _ := r.alarms.Get(r.childName(room.Deref(in.ChildrenOfAlarmName)))
	named := func(row alarmRow, name string) bool {
		return slices.ContainsFunc(row.rule().Alarms(), func(s string) bool { return r.childName(s) == name })
	}
	var rows []alarmRow
	for _, row := range r.alarms.All() {
		if children && of.composite() && named(of, row.Name) || !children && row.composite() && named(row, r.childName(*in.ParentsOfAlarmName)) {
			rows = append(rows, row)
		}
	}
	rows, next, err := page(rows, func(a alarmRow) string { return a.Name }, in.MaxRecords, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{}, CompositeAlarms: []cwtypes.CompositeAlarm{}, NextToken: next}
	for _, row := range rows {
		metric := cwtypes.MetricAlarm{AlarmName: &row.Name, AlarmArn: new(r.alarmARN(row.Name))}
		composite := cwtypes.CompositeAlarm{AlarmName: metric.AlarmName, AlarmArn: metric.AlarmArn}
		if children {
			metric.StateValue, metric.StateUpdatedTimestamp = row.State, &row.Updated
			composite.StateValue, composite.StateUpdatedTimestamp = row.State, &row.Updated
		}
		if row.composite() {
			out.CompositeAlarms = append(out.CompositeAlarms, composite)
		} else {
			out.MetricAlarms = append(out.MetricAlarms, metric)
		}
	}
	return out, nil
}
