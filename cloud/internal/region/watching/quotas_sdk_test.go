package watching

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// A region has as many alarms as its quota says, of metrics and of other alarms together. What is there is changed all the same.
func TestAlarmsAreBounded(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	s.r.Quotas = map[string]int{alarmsPerRegion.Code: 2}
	roomtest.Must(s.PutMetricAlarm(ctx, alarmInput("first")))(t)
	both := &cloudwatch.PutCompositeAlarmInput{AlarmName: new("both"), AlarmRule: new("ALARM(first)")}
	roomtest.Must(s.PutCompositeAlarm(ctx, both))(t)
	_, err := s.PutMetricAlarm(ctx, alarmInput("third"))
	roomtest.WantAPIError(t, err, "LimitExceeded")
	_, err = s.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: new("all"), AlarmRule: new("ALARM(first)")})
	roomtest.WantAPIError(t, err, "LimitExceeded")
	roomtest.Must(s.PutMetricAlarm(ctx, alarmInput("first")))(t)
	roomtest.Must(s.PutCompositeAlarm(ctx, both))(t)
	roomtest.Must(s.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"both"}}))(t)
	roomtest.Must(s.PutMetricAlarm(ctx, alarmInput("third")))(t)
}
