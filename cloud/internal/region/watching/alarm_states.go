package watching

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// enter puts an alarm into a state. A state that it is in already is told anew, but is no transition.
func (r *Room) enter(tx *store.Tx, row alarmRow, state cwtypes.StateValue, reason, data string, now time.Time) error {
	before, old := row, row.State
	row.State, row.Reason, row.ReasonData, row.Updated = state, reason, data, now
	if old != state {
		row.Transitioned, row.Previous = now, old
		if old == cwtypes.StateValueAlarm {
			row.LeftAlarm = now
		}
		item := historyItem{now, cwtypes.HistoryItemTypeStateUpdate, fmt.Sprintf("Alarm updated from %s to %s", old, state), transition(before, row)}
		if err := r.remember(tx, row, item); err != nil {
			return err
		}
	}
	return r.alarms.Put(tx, row.Name, row)
}

// transition is the JSON of a state's history item, in the order of the AWS CLI's example of describe-alarm-history.
func transition(before, after alarmRow) string {
	type state struct {
		Value  cwtypes.StateValue `json:"stateValue"`
		Reason string             `json:"stateReason"`
		Data   json.RawMessage    `json:"stateReasonData,omitempty"`
	}
	of := func(row alarmRow) state { return state{row.State, row.Reason, json.RawMessage(row.ReasonData)} }
	return jsonOf(struct {
		Version string `json:"version"`
		Old     state  `json:"oldState"`
		New     state  `json:"newState"`
	}{"1.0", of(before), of(after)})
}

func (r *Room) remember(tx *store.Tx, row alarmRow, item historyItem) error {
	h, _ := r.histories.GetTx(tx, row.Name)
	h.Name, h.Composite = row.Name, row.composite()
	h.Items = append(slices.Clone(h.Items), item)
	h.Items = h.Items[max(0, len(h.Items)-maxHistory):]
	return r.histories.Put(tx, row.Name, h)
}

// SetAlarmState puts an alarm into a state until its next evaluation, a composite one until an alarm of its rule changes. Route 53 takes no notice:
// it watches the data.
func (r *Room) SetAlarmState(ctx context.Context, in *cloudwatch.SetAlarmStateInput) (*cloudwatch.SetAlarmStateOutput, error) {
	if err := room.Only(in, "AlarmName", "StateValue", "StateReason", "StateReasonData"); err != nil {
		return nil, err
	}
	if !slices.Contains(in.StateValue.Values(), in.StateValue) {
		return nil, invalid("The value %s for parameter StateValue is invalid.", in.StateValue)
	}
	if in.StateReason == nil {
		return nil, missing("StateReason")
	}
	if len(*in.StateReason) > 1023 || len(room.Deref(in.StateReasonData)) > 4000 {
		return nil, invalid("The parameter StateReason must have 1023 characters at most, and StateReasonData 4000.")
	}
	if data := room.Deref(in.StateReasonData); data != "" && !json.Valid([]byte(data)) {
		return nil, wire.Errorf("InvalidFormat", "The parameter StateReasonData is no JSON.")
	}
	var row alarmRow
	err := r.Update(func(tx *store.Tx) error {
		var ok bool
		if row, ok = r.alarms.GetTx(tx, room.Deref(in.AlarmName)); !ok {
			// Without words, as recorded from AWS in November 2026.
			return &wire.Error{Code: "ResourceNotFound", Status: http.StatusNotFound}
		}
		set := row
		if row.composite() {
			set.SetByHand = time.Now().UTC()
		}
		return r.enter(tx, set, in.StateValue, *in.StateReason, room.Deref(in.StateReasonData), time.Now().UTC())
	})
	if err == nil && row.State != in.StateValue {
		r.act(row, in.StateValue, nil)
	}
	return &cloudwatch.SetAlarmStateOutput{}, err
}

// EnableAlarmActions passes over alarms that there are not, and refuses those with actions that are not carried out here.
func (r *Room) EnableAlarmActions(ctx context.Context, in *cloudwatch.EnableAlarmActionsInput) (*cloudwatch.EnableAlarmActionsOutput, error) {
	if err := room.Only(in, "AlarmNames"); err != nil {
		return nil, err
	}
	return &cloudwatch.EnableAlarmActionsOutput{}, r.eachAlarm(in.AlarmNames, false, func(tx *store.Tx, row alarmRow) error {
		if err := r.checkActions(row); err != nil {
			return err
		}
		row.ActionsEnabled = true
		return r.alarms.Put(tx, row.Name, row)
	})
}

// DisableAlarmActions disables the actions of alarms.
func (r *Room) DisableAlarmActions(ctx context.Context, in *cloudwatch.DisableAlarmActionsInput) (*cloudwatch.DisableAlarmActionsOutput, error) {
	if err := room.Only(in, "AlarmNames"); err != nil {
		return nil, err
	}
	return &cloudwatch.DisableAlarmActionsOutput{}, r.eachAlarm(in.AlarmNames, false, func(tx *store.Tx, row alarmRow) error {
		row.ActionsEnabled = false
		return r.alarms.Put(tx, row.Name, row)
	})
}

// DescribeAlarmHistory lists what happened to alarms, the newest first, also to those that are deleted.
func (r *Room) DescribeAlarmHistory(ctx context.Context, in *cloudwatch.DescribeAlarmHistoryInput) (*cloudwatch.DescribeAlarmHistoryOutput, error) {
	if err := room.Only(in, "AlarmName", "AlarmTypes", "HistoryItemType", "StartDate", "EndDate", "ScanBy", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	type found struct {
		alarmHistory
		item historyItem
		key  string
	}
	var all []found
	for _, h := range r.histories.All() {
		if in.AlarmName != nil && *in.AlarmName != h.Name || !slices.Contains(alarmTypes(in.AlarmTypes), h.kind()) {
			continue
		}
		for i, item := range h.Items {
			if (in.HistoryItemType == "" || in.HistoryItemType == item.Type) && (in.StartDate == nil || !item.At.Before(*in.StartDate)) &&
				(in.EndDate == nil || !item.At.After(*in.EndDate)) {
				// Pages are in the order of their keys, so the newest item has the least.
				order := item.At.UnixNano()
				if in.ScanBy != cwtypes.ScanByTimestampAscending {
					order = 1<<62 - order
				}
				all = append(all, found{h, item, fmt.Sprintf("%020d %s %03d", order, h.Name, i)})
			}
		}
	}
	all, next, err := page(all, func(f found) string { return f.key }, in.MaxRecords, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.DescribeAlarmHistoryOutput{AlarmHistoryItems: []cwtypes.AlarmHistoryItem{}, NextToken: next}
	for _, f := range all {
		out.AlarmHistoryItems = append(out.AlarmHistoryItems, cwtypes.AlarmHistoryItem{
			AlarmName: new(f.Name), AlarmType: f.kind(), Timestamp: new(f.item.At), HistoryItemType: f.item.Type,
			HistorySummary: new(f.item.Summary), HistoryData: room.Some(f.item.Data),
		})
	}
	return out, nil
}

// explain words the reason of a state that data decided, as CloudWatch does, with the data points of the periods up to end.
func (r *Room) explain(s alarmSettings, values []*float64, state cwtypes.StateValue, end time.Time) string {
	a := s.judge()
	var shown []string
	breaching, missing := 0, 0
	for i := len(values) - 1; i >= 0 && len(shown) < a.EvaluationPeriods; i-- {
		if values[i] == nil {
			missing++
			continue
		}
		if a.Breaches(*values[i]) {
			breaching++
		}
		start := end.Add(-time.Duration(len(values)-i) * r.Speed.Of(s.period())).UTC()
		shown = append(shown, decimal(*values[i])+start.Format(" (02/01/06 15:04:05)"))
	}
	switch {
	case state == cwtypes.StateValueInsufficientData:
		return fmt.Sprintf("Insufficient Data: %s unknown.", counted(min(missing, a.EvaluationPeriods), "datapoint was", "datapoints were")) + s.silent()
	case len(shown) == 0:
		return withoutData(s) + s.silent()
	}
	decisive, verb, from, least := breaching, "", "OK -> ALARM", int(s.DatapointsToAlarm)
	if state != cwtypes.StateValueAlarm {
		decisive, verb, from, least = len(shown)-breaching, "not ", "ALARM -> OK", int(s.EvaluationPeriods-s.DatapointsToAlarm+1)
	}
	were := "were"
	if decisive == 1 {
		were = "was"
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s%s the threshold (%s) (minimum %s for %s transition).",
		decisive, len(shown), strings.Join(shown, ", "), were, verb, comparisonWords[s.Comparison], decimal(s.Threshold),
		counted(least, "datapoint", "datapoints"), from)
}

var comparisonWords = map[cwtypes.ComparisonOperator]string{
	cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold: "greater than or equal to", cwtypes.ComparisonOperatorGreaterThanThreshold: "greater than",
	cwtypes.ComparisonOperatorLessThanThreshold: "less than", cwtypes.ComparisonOperatorLessThanOrEqualToThreshold: "less than or equal to",
}

// decimal writes a number with its point, as CloudWatch does.
func decimal(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + several
}

// silent says, after the reason of an alarm's state, which metric that it watches has no data here, ever; AWS's services may put it there.
func (s alarmSettings) silent() string {
	watched := []metrics.Metric{s.Metric}
	for _, q := range s.Queries {
		watched = append(watched, q.Metric)
	}
	for _, m := range watched {
		if m.Name != "" && !m.Published() {
			return fmt.Sprintf(" Nothing puts data of %s %s in this cloud.", m.Namespace, m.Name)
		}
	}
	return ""
}

// withoutData words a state that a treatment of missing data alone has decided: of the evaluation periods, not of the longer range.
func withoutData(s alarmSettings) string {
	n, period, datapoints := s.EvaluationPeriods, "periods", "missing datapoints were"
	if n == 1 {
		period, datapoints = "period", "missing datapoint was"
	}
	treated := strings.ToUpper(s.TreatMissingData[:1]) + s.TreatMissingData[1:]
	return fmt.Sprintf("Threshold Crossed: no datapoints were received for %d %s and %d %s treated as [%s].", n, period, n, datapoints, treated)
}
