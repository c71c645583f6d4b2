package watching

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// An alarm on a metric that no service of this cloud puts is accepted, and its reason says so, in whatever state it is for want of data.
func TestAlarmsOnMetricsThatAreNeverPut(t *testing.T) {
	r, _ := openSlow(t, t.TempDir())
	credits := func(name string) *cloudwatch.PutMetricAlarmInput {
		in := alarmInput(name)
		in.Namespace, in.MetricName, in.Dimensions = new("AWS/EC2"), new("CPUCreditBalance"), nil
		return in
	}
	breaching, known := credits("breaching"), credits("known")
	breaching.TreatMissingData, known.MetricName = new("breaching"), new("CPUUtilization")
	math := alarmInput("math")
	math.Namespace, math.MetricName, math.Dimensions, math.Statistic, math.Period = nil, nil, nil, "", nil
	math.Metrics = []cwtypes.MetricDataQuery{
		{Id: new("a"), MetricStat: &cwtypes.MetricStat{
			Stat: new("Sum"), Period: new(int32(60)), Metric: &cwtypes.Metric{Namespace: new("AWS/SQS"), MetricName: new("NumberOfMessagesSent")},
		},
			ReturnData: new(false)},
		{Id: new("b"), Expression: new("a * 2")},
	}
	for _, in := range []*cloudwatch.PutMetricAlarmInput{credits("plain"), breaching, math, known, alarmInput("own")} {
		roomtest.Must(r.PutMetricAlarm(t.Context(), in))(t)
	}
	roomtest.Must(r.PutMetricAlarm(t.Context(), credits("plain")))(t) // says it once
	r.evaluateAlarms(r.Data.Floor(time.Now(), time.Minute), time.Now(), every)
	for name, want := range map[string]string{
		"plain":     "Unchecked: Initial alarm creation. Nothing puts data of AWS/EC2 CPUCreditBalance in this cloud.",
		"math":      "Unchecked: Initial alarm creation. Nothing puts data of AWS/SQS NumberOfMessagesSent in this cloud.",
		"breaching": "treated as [Breaching]. Nothing puts data of AWS/EC2 CPUCreditBalance in this cloud.",
		"known":     "Unchecked: Initial alarm creation",
		"own":       "Unchecked: Initial alarm creation",
	} {
		if got := *r.stateOf(t, name).StateReason; !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
