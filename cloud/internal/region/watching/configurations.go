package watching

import (
	"encoding/json"
	"slices"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
)

// configuration is how history items of the type ConfigurationUpdate tell of an alarm. The members of one that is created, and their order,
// were seen in an answer of CloudWatch's; of the others there the names follow the same rule.
type configuration struct {
	AlarmName        string             `json:"alarmName"`
	AlarmDescription string             `json:"alarmDescription,omitempty"`
	AlarmArn         string             `json:"alarmArn"`
	Configured       string             `json:"alarmConfigurationUpdatedTimestamp"`
	AlarmRule        string             `json:"alarmRule,omitempty"` // of a composite alarm, which has none of what follows to EvaluationPeriods
	Namespace        string             `json:"namespace,omitempty"`
	MetricName       string             `json:"metricName,omitempty"`
	Statistic        string             `json:"statistic,omitempty"`
	Extended         string             `json:"extendedStatistic,omitempty"`
	Period           int32              `json:"period,omitempty"`
	Dimensions       *[]dimensionTold   `json:"dimensions,omitempty"`
	Unit             string             `json:"unit,omitempty"`
	Metrics          []configuredMetric `json:"metrics,omitempty"` // in place of those above
	Threshold        json.Number        `json:"threshold,omitempty"`
	Comparison       string             `json:"comparisonOperator,omitempty"`
	TreatMissingData string             `json:"treatMissingData,omitempty"`
	LowSamples       string             `json:"evaluateLowSampleCountPercentile,omitempty"`
	Periods          int32              `json:"evaluationPeriods,omitempty"`
	ToAlarm          int32              `json:"datapointsToAlarm,omitempty"`
	StateValue       cwtypes.StateValue `json:"stateValue"`
	StateUpdated     string             `json:"stateUpdatedTimestamp"`
	ActionsEnabled   bool               `json:"actionsEnabled"`
	AlarmActions     []string           `json:"alarmActions"`
	MissingActions   []string           `json:"insufficientDataActions"`
	OKActions        []string           `json:"okactions"`
}

type dimensionTold struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

type configuredMetric struct {
	ID         string          `json:"id"`
	Label      string          `json:"label,omitempty"`
	Expression string          `json:"expression,omitempty"`
	Period     int32           `json:"period,omitempty"` // of an expression
	Stat       *configuredStat `json:"metricStat,omitempty"`
	ReturnData bool            `json:"returnData"`
}

type configuredStat struct {
	Metric struct {
		Namespace  string          `json:"namespace"`
		MetricName string          `json:"metricName"`
		Dimensions []dimensionTold `json:"dimensions"`
	} `json:"metric"`
	Period int32  `json:"period"`
	Stat   string `json:"stat"`
	Unit   string `json:"unit,omitempty"`
}

// configurationData is the JSON of the history item of an alarm that is created, or updated.
func (r *Room) configurationData(row alarmRow, updated bool) string {
	data := struct {
		Version string         `json:"version"`
		Type    string         `json:"type"`
		Created *configuration `json:"createdAlarm,omitempty"`
		Updated *configuration `json:"updatedAlarm,omitempty"`
	}{Version: "1.0", Type: "Create"}
	told := r.configuration(row)
	if data.Created = &told; updated {
		data.Type, data.Created, data.Updated = "Update", nil, &told
	}
	return jsonOf(data)
}

func (r *Room) configuration(row alarmRow) configuration {
	stamp := func(t time.Time) string { return t.UTC().Format(messageTime) }
	out := configuration{
		AlarmName: row.Name, AlarmDescription: row.Description, AlarmArn: r.alarmARN(row.Name), Configured: stamp(row.Configured), AlarmRule: row.Rule,
		StateValue: row.State, StateUpdated: stamp(row.Updated), ActionsEnabled: row.ActionsEnabled,
		AlarmActions: shownList(row.AlarmActions), MissingActions: shownList(row.MissingActions), OKActions: shownList(row.OKActions),
	}
	if !row.composite() {
		out.watches(row)
	}
	return out
}

// watches adds what an alarm on metrics watches, and how it judges.
func (c *configuration) watches(row alarmRow) {
	s := row.Settings
	c.Threshold, c.Comparison, c.TreatMissingData = json.Number(decimal(s.Threshold)), string(s.Comparison), s.TreatMissingData
	c.LowSamples, c.Periods = s.LowSamples, s.EvaluationPeriods
	if row.MToAlarm {
		c.ToAlarm = s.DatapointsToAlarm
	}
	if len(s.Queries) > 0 {
		for _, q := range s.Queries {
			c.Metrics = append(c.Metrics, q.configured())
		}
		return
	}
	c.Namespace, c.MetricName, c.Period, c.Unit = s.Metric.Namespace, s.Metric.Name, s.Period, string(s.Unit)
	dimensions := toldPairs(s.Metric)
	c.Dimensions = &dimensions
	if slices.Contains(cwtypes.Statistic("").Values(), cwtypes.Statistic(s.Statistic)) {
		c.Statistic = s.Statistic
	} else {
		c.Extended = s.Statistic
	}
}

func toldPairs(m metrics.Metric) []dimensionTold {
	told := []dimensionTold{}
	for _, d := range m.Dimensions {
		told = append(told, dimensionTold{d.Value, d.Name})
	}
	return told
}

func (q query) configured() configuredMetric {
	out := configuredMetric{ID: q.ID, Label: q.Label, Expression: q.Expression, ReturnData: !q.Hidden}
	if q.Expression != "" {
		out.Period = q.Period
		return out
	}
	out.Stat = &configuredStat{Period: q.Period, Stat: q.Statistic, Unit: string(q.Unit)}
	out.Stat.Metric.Namespace, out.Stat.Metric.MetricName, out.Stat.Metric.Dimensions = q.Metric.Namespace, q.Metric.Name, toldPairs(q.Metric)
	return out
}
