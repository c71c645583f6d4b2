package watching

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// Alarms are found by the composite alarms that name them, and the other way round.
func TestAlarmsAreFoundByTheirKin(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	for _, name := range []string{"east", "west", "alone"} {
		roomtest.Must(s.PutMetricAlarm(ctx, alarmInput(name)))(t)
	}
	for name, rule := range map[string]string{"inner": "ALARM(east)", "outer": "ALARM(" + s.r.alarmARN("west") + ") OR AT_LEAST(1, OK, (inner, east))"} {
		for range 2 { // the outer one may come first, and is refused then
			if _, err := s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: &rule}); err == nil {
				break
			}
			roomtest.Must(s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: new("inner"), AlarmRule: new("ALARM(east)")}))(t)
		}
	}
	for _, c := range []struct {
		children, parents, want string
	}{
		{"outer", "", "[east west] [inner]"}, {"inner", "", "[east] []"}, {"east", "", "[] []"}, {"none", "", "[] []"},
		{"", "east", "[] [inner outer]"}, {"", "inner", "[] [outer]"}, {"", "alone", "[] []"}, {"", "none", "[] []"},
	} {
		in := &cloudwatch.DescribeAlarmsInput{}
		if c.children != "" {
			in.ChildrenOfAlarmName = &c.children
		} else {
			in.ParentsOfAlarmName = &c.parents
		}
		out := roomtest.Must(s.DescribeAlarms(ctx, in))(t)
		metric, composite := []string{}, []string{}
		for _, a := range out.MetricAlarms {
			metric = append(metric, *a.AlarmName)
			if *a.AlarmArn != s.r.alarmARN(*a.AlarmName) || a.StateValue == "" || a.StateUpdatedTimestamp == nil || a.Namespace != nil {
				t.Errorf("of %s%s: %+v", c.children, c.parents, a)
			}
		}
		for _, a := range out.CompositeAlarms {
			composite = append(composite, *a.AlarmName)
			if *a.AlarmArn != s.r.alarmARN(*a.AlarmName) || (a.StateValue == "") == (c.children != "") || a.AlarmRule != nil {
				t.Errorf("of %s%s: %+v", c.children, c.parents, a)
			}
		}
		if got := fmt.Sprint(metric, " ", composite); got != c.want {
			t.Errorf("of %s%s: %s, want %s", c.children, c.parents, got, c.want)
		}
	}
	for _, in := range []*cloudwatch.DescribeAlarmsInput{
		{ChildrenOfAlarmName: new("outer"), ParentsOfAlarmName: new("east")}, {ChildrenOfAlarmName: new("outer"), AlarmNames: []string{"east"}},
		{ParentsOfAlarmName: new("east"), AlarmTypes: []cwtypes.AlarmType{"CompositeAlarm"}}, {ParentsOfAlarmName: new("east"), StateValue: "OK"},
	} {
		_, err := s.DescribeAlarms(ctx, in)
		roomtest.WantAPIError(t, err, "ValidationError")
	}
}
