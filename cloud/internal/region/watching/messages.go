package watching

import (
	"fmt"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/room"
)

// messageTime is how times are written in what topics are told.
const messageTime = "2006-01-02T15:04:05.000-0700"

// subject is the title of what a topic is told.
func (r *Room) subject(row alarmRow, state cwtypes.StateValue) string {
	return fmt.Sprintf("%s: \"%s\" in %s", state, row.Name, partition.Title(r.Region))
}

// toldAlarm is what a topic is told of an alarm, as AWS's messages have it ("Notifying users on alarm changes", CloudWatch user guide).
type toldAlarm struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountId                       string
	AlarmConfigurationUpdatedTimestamp string
	NewStateValue                      cwtypes.StateValue
	NewStateReason                     string
	StateChangeTime                    string
	Region, AlarmArn                   string
	OldStateValue                      cwtypes.StateValue
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	AlarmRule                          string       `json:",omitempty"` // of a composite alarm
	Trigger                            *toldTrigger `json:",omitempty"` // of others
}

// toldTrigger is what an alarm watches.
type toldTrigger struct {
	MetricName                       string               `json:",omitempty"`
	Namespace                        string               `json:",omitempty"`
	StatisticType                    string               `json:",omitempty"`
	Statistic                        string               `json:",omitempty"`
	ExtendedStatistic                string               `json:",omitempty"`
	Unit                             *string              `json:",omitempty"`
	Dimensions                       *[]map[string]string `json:",omitempty"`
	Metrics                          []toldQuery          `json:",omitempty"` // in place of those above
	Period                           int32
	EvaluationPeriods                int32
	DatapointsToAlarm                int32
	ComparisonOperator               cwtypes.ComparisonOperator
	Threshold                        float64
	TreatMissingData                 string
	EvaluateLowSampleCountPercentile string
}

type toldQuery struct {
	Id         string
	Label      string    `json:",omitempty"`
	Expression string    `json:",omitempty"`
	MetricStat *toldStat `json:",omitempty"`
	ReturnData bool
}

type toldStat struct {
	Metric toldMetric
	Period int32
	Stat   string
}

type toldMetric struct {
	MetricName, Namespace string
	Dimensions            []map[string]string
}

// message is what a topic is told.
func (r *Room) message(row alarmRow, state cwtypes.StateValue) string {
	list := func(all []string) []string { return append([]string{}, all...) }
	at := row.Transitioned
	if at.IsZero() {
		at = time.Now()
	}
	told := toldAlarm{
		AlarmName: row.Name, AlarmDescription: room.Some(row.Description), AWSAccountId: r.Account,
		AlarmConfigurationUpdatedTimestamp: row.Configured.UTC().Format(messageTime), NewStateValue: state, NewStateReason: row.Reason,
		StateChangeTime: at.UTC().Format(messageTime), Region: partition.Title(r.Region), AlarmArn: r.alarmARN(row.Name), OldStateValue: row.Previous,
		OKActions: list(row.OKActions), AlarmActions: list(row.AlarmActions), InsufficientDataActions: list(row.MissingActions), AlarmRule: row.Rule,
	}
	if !row.composite() {
		told.Trigger = new(row.Settings.told())
	}
	return jsonOf(told)
}

func (s alarmSettings) told() toldTrigger {
	t := toldTrigger{
		Period: s.Period, EvaluationPeriods: s.EvaluationPeriods, DatapointsToAlarm: s.DatapointsToAlarm, ComparisonOperator: s.Comparison,
		Threshold: s.Threshold, TreatMissingData: s.judge().TreatMissingData, EvaluateLowSampleCountPercentile: s.LowSamples,
	}
	if len(s.Queries) > 0 {
		for _, q := range s.Queries {
			t.Metrics = append(t.Metrics, q.told())
		}
		return t
	}
	t.MetricName, t.Namespace, t.Dimensions = s.Metric.Name, s.Metric.Namespace, new(toldDimensions(showDimensions(s.Metric)))
	t.Unit = room.Some(string(s.Unit))
	if word := toldStatistics[cwtypes.Statistic(s.Statistic)]; word != "" {
		t.StatisticType, t.Statistic = "Statistic", word
	} else {
		t.StatisticType, t.ExtendedStatistic = "ExtendedStatistic", s.Statistic
	}
	return t
}

// toldStatistics are the statistics as AWS's messages write them.
var toldStatistics = map[cwtypes.Statistic]string{
	cwtypes.StatisticSampleCount: "SAMPLE_COUNT", cwtypes.StatisticAverage: "AVERAGE", cwtypes.StatisticSum: "SUM",
	cwtypes.StatisticMinimum: "MINIMUM", cwtypes.StatisticMaximum: "MAXIMUM",
}

func toldDimensions(all []cwtypes.Dimension) []map[string]string {
	told := []map[string]string{}
	for _, d := range all {
		told = append(told, map[string]string{"name": *d.Name, "value": *d.Value})
	}
	return told
}

func (q query) told() toldQuery {
	t := toldQuery{Id: q.ID, Label: q.Label, Expression: q.Expression, ReturnData: !q.Hidden}
	if q.Expression == "" {
		t.MetricStat = &toldStat{toldMetric{q.Metric.Name, q.Metric.Namespace, toldDimensions(showDimensions(q.Metric))}, q.Period, q.Statistic}
	}
	return t
}
