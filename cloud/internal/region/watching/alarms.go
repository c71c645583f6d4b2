package watching

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxActions is how many actions an alarm may have for each state.
const maxActions = 5

// PutMetricAlarm makes an alarm or replaces one of the same name. What it watches and how it judges begins
// anew then; its state stays until the next evaluation.
func (r *Room) PutMetricAlarm(ctx context.Context, in *cloudwatch.PutMetricAlarmInput) (*cloudwatch.PutMetricAlarmOutput, error) {
	if err := room.Only(in, "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName", "Namespace",
		"Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "Metrics", "EvaluationPeriods", "DatapointsToAlarm", "Threshold",
		"ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Tags"); err != nil {
		return nil, err
	}
	if err := r.DB.Update(func(tx *store.Tx) error { return r.PutAlarm(tx, in) }); err != nil {
		return nil, err
	}
	r.tell(ctx)
	return &cloudwatch.PutMetricAlarmOutput{}, nil
}

// PutAlarm is PutMetricAlarm within a change, as services do for themselves.
func (r *Room) PutAlarm(tx *store.Tx, in *cloudwatch.PutMetricAlarmInput) (err error) {
	row := alarmRow{
		Name: room.Deref(in.AlarmName), Description: room.Deref(in.AlarmDescription), ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled,
		OKActions: in.OKActions, AlarmActions: in.AlarmActions, MissingActions: in.InsufficientDataActions, MToAlarm: in.DatapointsToAlarm != nil,
	}
	if row.Settings, err = r.newSettings(in); err != nil {
		return err
	}
	return r.put(tx, row, in.Tags)
}

// put checks what all alarms have, and stores one in the place of that of its name.
func (r *Room) put(tx *store.Tx, row alarmRow, tags []cwtypes.Tag) (err error) {
	if err := r.checkAlarm(row); err != nil {
		return err
	}
	if row.Tags, err = mergeTags(nil, tags); err != nil {
		return err
	}
	now := time.Now().UTC()
	row.Configured, row.Updated, row.Transitioned = now, now, now
	row.State, row.Reason = cwtypes.StateValueInsufficientData, "Unchecked: Initial alarm creation"
	row.Suppressor.Performed = row.State
	what, updated := "created", false
	if old, ok := r.alarms.GetTx(tx, row.Name); ok {
		if old.composite() != row.composite() {
			return wire.Errorf("ValidationError", "An alarm of another type has the name %s", row.Name)
		}
		row.LeftAlarm = old.LeftAlarm
		if row.Suppressor.Performed = old.Suppressor.Performed; old.Suppressor.Alarm == "" {
			row.Suppressor.Performed = old.State // without a suppressor they were performed at once
		}
		// Tags are changed by TagResource alone.
		row.State, row.Reason, row.ReasonData, row.Updated, row.Transitioned, row.Tags =
			old.State, old.Reason, old.ReasonData, old.Updated, old.Transitioned, old.Tags
		what, updated = "updated", true
	} else if len(r.alarms.AllTx(tx)) >= r.Quota(alarmsPerRegion) {
		return wire.Errorf("LimitExceeded", "The quota for alarms for this customer has already been reached.")
	}
	if why := row.Settings.silent(); row.State == cwtypes.StateValueInsufficientData && !strings.HasSuffix(row.Reason, why) {
		row.Reason = strings.TrimSuffix(row.Reason, ".") + "." + why
	}
	if err := r.keepStream(tx, row, now); err != nil {
		return err
	}
	if err := r.remember(tx, row, historyItem{
		now, cwtypes.HistoryItemTypeConfigurationUpdate, fmt.Sprintf("Alarm \"%s\" %s", row.Name, what), r.configurationData(row, updated),
	}); err != nil {
		return err
	}
	return r.alarms.Put(tx, row.Name, row)
}

// checkAlarm bounds what all alarms have.
func (r *Room) checkAlarm(row alarmRow) error {
	if !printable(row.Name, 255) {
		return invalid("The value %s for parameter AlarmName is invalid.", row.Name)
	}
	if len(row.Description) > 1024 {
		return invalid("The parameter AlarmDescription must have 1024 characters at most.")
	}
	for _, list := range [][]string{row.OKActions, row.AlarmActions, row.MissingActions} {
		if len(list) > maxActions {
			return invalid("An alarm has %d actions at most for each state.", maxActions)
		}
	}
	if row.ActionsEnabled {
		return r.checkActions(row)
	}
	return nil
}

func (r *Room) newSettings(in *cloudwatch.PutMetricAlarmInput) (s alarmSettings, err error) {
	if len(in.Metrics) > 0 {
		err = r.watchQueries(&s, in)
	} else {
		err = s.watchMetric(in)
	}
	switch {
	case err != nil:
		return s, err
	case in.Threshold == nil:
		return s, missing("Threshold")
	case in.EvaluationPeriods == nil:
		return s, missing("EvaluationPeriods")
	case !slices.Contains(comparisons, in.ComparisonOperator):
		return s, invalid("The value %s for parameter ComparisonOperator is not supported here: %v are.", in.ComparisonOperator, comparisons)
	case in.TreatMissingData != nil && !slices.Contains([]string{metrics.Missing, metrics.Ignore, metrics.Breaching, metrics.NotBreaching}, *in.TreatMissingData):
		return s, invalid("The value %s for parameter TreatMissingData is invalid.", *in.TreatMissingData)
	case !slices.Contains([]string{"", "evaluate", ignoreLow}, room.Deref(in.EvaluateLowSampleCountPercentile)):
		return s, invalid("The value %s for parameter EvaluateLowSampleCountPercentile is invalid: evaluate and %s are valid.",
			*in.EvaluateLowSampleCountPercentile, ignoreLow)
	}
	if err := checkNumber(*in.Threshold, "Threshold"); err != nil {
		return s, err
	}
	s.EvaluationPeriods, s.DatapointsToAlarm = *in.EvaluationPeriods, *in.EvaluationPeriods
	s.Comparison, s.Threshold, s.TreatMissingData = in.ComparisonOperator, *in.Threshold, room.Deref(in.TreatMissingData)
	s.LowSamples = room.Deref(in.EvaluateLowSampleCountPercentile)
	if in.DatapointsToAlarm != nil {
		s.DatapointsToAlarm = *in.DatapointsToAlarm
	}
	return s, s.check()
}

// watchMetric reads what an alarm on one metric watches.
func (s *alarmSettings) watchMetric(in *cloudwatch.PutMetricAlarmInput) (err error) {
	if s.Metric, err = metricOf(in.Namespace, in.MetricName, in.Dimensions); err != nil {
		return err
	}
	s.Statistic = string(in.Statistic)
	if in.ExtendedStatistic != nil {
		s.Statistic = *in.ExtendedStatistic
	}
	switch {
	case (in.Statistic == "") == (in.ExtendedStatistic == nil):
		return invalidCombination("Must specify either Statistic or ExtendedStatistic, and not both.")
	case in.Statistic != "" && !slices.Contains(in.Statistic.Values(), in.Statistic):
		return invalid("The value %s for parameter Statistic is invalid.", in.Statistic)
	case in.ExtendedStatistic != nil && !metrics.Extended(s.Statistic):
		return invalid("The value %s for parameter ExtendedStatistic is not supported.", s.Statistic)
	}
	s.Unit, s.Period = in.Unit, room.Deref(in.Period)
	if err := checkUnit(s.Unit); err != nil {
		return err
	}
	return checkPeriod(in.Period)
}

// ignoreLow has an alarm on a percentile keep its state in periods that have too few values.
const ignoreLow = "ignore"

// comparisons are those of alarms with a fixed threshold.
var comparisons = []cwtypes.ComparisonOperator{
	cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold, cwtypes.ComparisonOperatorGreaterThanThreshold,
	cwtypes.ComparisonOperatorLessThanThreshold, cwtypes.ComparisonOperatorLessThanOrEqualToThreshold,
}

// check bounds the periods: all together a day at most, or a week where each is an hour at least.
func (s alarmSettings) check() error {
	if s.Period < 10 {
		return invalid("The value %d for parameter Period is invalid: it must be 10, 20, 30 or a multiple of 60.", s.Period)
	}
	if s.EvaluationPeriods < 1 {
		return invalid("The value %d for parameter EvaluationPeriods is invalid: it must be at least 1.", s.EvaluationPeriods)
	}
	if s.DatapointsToAlarm < 1 || s.DatapointsToAlarm > s.EvaluationPeriods {
		return invalid("The value %d for parameter DatapointsToAlarm is invalid: it must be between 1 and EvaluationPeriods.", s.DatapointsToAlarm)
	}
	most := int64(86_400)
	if s.Period >= 3600 {
		most *= 7
	}
	if total := int64(s.Period) * int64(s.EvaluationPeriods); total > most {
		return invalidCombination("Metrics cannot be checked across more than %d seconds (EvaluationPeriods * Period must be <= %d).", most, most)
	}
	return nil
}

func (r *Room) showAlarm(row alarmRow) cwtypes.MetricAlarm {
	s := row.Settings
	out := cwtypes.MetricAlarm{
		AlarmName: &row.Name, AlarmArn: new(r.alarmARN(row.Name)), AlarmDescription: room.Some(row.Description), AlarmConfigurationUpdatedTimestamp: &row.Configured,
		ActionsEnabled: &row.ActionsEnabled, OKActions: shownList(row.OKActions),
		AlarmActions: shownList(row.AlarmActions), InsufficientDataActions: shownList(row.MissingActions),
		StateValue: row.State, StateReason: &row.Reason, StateReasonData: room.Some(row.ReasonData),
		StateUpdatedTimestamp: &row.Updated, StateTransitionedTimestamp: &row.Transitioned,
		Dimensions: showDimensions(s.Metric), EvaluationPeriods: &s.EvaluationPeriods, Threshold: &s.Threshold,
		ComparisonOperator: s.Comparison, TreatMissingData: room.Some(s.TreatMissingData),
		EvaluateLowSampleCountPercentile: room.Some(s.LowSamples),
	}
	if row.MToAlarm {
		out.DatapointsToAlarm = &s.DatapointsToAlarm
	}
	if len(s.Queries) > 0 {
		for _, q := range s.Queries {
			out.Metrics = append(out.Metrics, q.show())
		}
		return out
	}
	out.MetricName, out.Namespace, out.Period, out.Unit = new(s.Metric.Name), new(s.Metric.Namespace), &s.Period, s.Unit
	if plain := cwtypes.Statistic(s.Statistic); slices.Contains(plain.Values(), plain) {
		out.Statistic = plain
	} else {
		out.ExtendedStatistic = &s.Statistic
	}
	return out
}

// shownList keeps an empty list, which clients index without asking.
func shownList(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// jsonOf is for what cannot fail to be written.
func jsonOf(what any) string {
	text, err := room.JSON(what, "")
	if err != nil {
		return ""
	}
	return text
}

// alarmPage cuts a listing of alarms or of what happened to them.
func page[T any](rows []T, key func(T) string, size *int32, token *string) ([]T, *string, error) {
	return room.Page(rows, key, size, token, room.Paging{
		Usual: 50, Least: 1, Most: 100, // DescribeAlarms, MaxRecords
		BadSize: func(size int32) error {
			return invalid("The value %d for parameter MaxRecords is invalid: it must be between 1 and 100.", size)
		},
		BadToken: badToken,
	})
}

func badToken(token string) error {
	return wire.Errorf("InvalidNextToken", "The value %s for parameter NextToken is invalid.", token)
}

// DescribeAlarms lists alarms by their names: those on metrics, unless it is asked for composite ones.
func (r *Room) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	if err := room.Only(in, "AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "ActionPrefix", "MaxRecords", "NextToken",
		"ChildrenOfAlarmName", "ParentsOfAlarmName"); err != nil {
		return nil, err
	}
	if in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
		return r.describeKin(in)
	}
	if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
		return nil, invalidCombination("AlarmNamePrefix cannot be specified if AlarmNames are.")
	}
	if in.StateValue != "" && !slices.Contains(in.StateValue.Values(), in.StateValue) {
		return nil, invalid("The value %s for parameter StateValue is invalid.", in.StateValue)
	}
	var rows []alarmRow
	for _, row := range r.alarms.All() {
		if (len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, row.Name)) && strings.HasPrefix(row.Name, room.Deref(in.AlarmNamePrefix)) &&
			(in.StateValue == "" || in.StateValue == row.State) && (in.ActionPrefix == nil || row.actsOn(*in.ActionPrefix)) &&
			slices.Contains(alarmTypes(in.AlarmTypes), row.kind()) {
			rows = append(rows, row)
		}
	}
	rows, next, err := page(rows, func(a alarmRow) string { return a.Name }, in.MaxRecords, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{}, CompositeAlarms: []cwtypes.CompositeAlarm{}, NextToken: next}
	for _, row := range rows {
		if row.composite() {
			out.CompositeAlarms = append(out.CompositeAlarms, r.showComposite(row))
		} else {
			out.MetricAlarms = append(out.MetricAlarms, r.showAlarm(row))
		}
	}
	return out, nil
}

// alarmTypes are the types that are asked for.
func alarmTypes(asked []cwtypes.AlarmType) []cwtypes.AlarmType {
	if len(asked) == 0 {
		return []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm}
	}
	return asked
}

func (row alarmRow) actsOn(prefix string) bool {
	return slices.ContainsFunc(slices.Concat(row.OKActions, row.AlarmActions, row.MissingActions), func(a string) bool { return strings.HasPrefix(a, prefix) })
}

// DescribeAlarmsForMetric lists the alarms that watch a metric; not those on metric math with it.
func (r *Room) DescribeAlarmsForMetric(ctx context.Context, in *cloudwatch.DescribeAlarmsForMetricInput) (*cloudwatch.DescribeAlarmsForMetricOutput, error) {
	if err := room.Only(in, "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit"); err != nil {
		return nil, err
	}
	m, err := metricOf(in.Namespace, in.MetricName, in.Dimensions)
	if err != nil {
		return nil, err
	}
	statistic := string(in.Statistic) + room.Deref(in.ExtendedStatistic)
	out := &cloudwatch.DescribeAlarmsForMetricOutput{MetricAlarms: []cwtypes.MetricAlarm{}}
	for _, row := range r.alarms.All() {
		s := row.Settings
		if !row.composite() && len(s.Queries) == 0 && metricKey(s.Metric) == metricKey(m) && (statistic == "" || statistic == s.Statistic) &&
			(in.Period == nil || *in.Period == s.Period) && (in.Unit == "" || in.Unit == s.Unit) {
			out.MetricAlarms = append(out.MetricAlarms, r.showAlarm(row))
		}
	}
	slices.SortFunc(out.MetricAlarms, func(a, b cwtypes.MetricAlarm) int { return strings.Compare(*a.AlarmName, *b.AlarmName) })
	return out, nil
}

// DeleteAlarms deletes the alarms that it names and that there are; it is an error where there are none of them.
func (r *Room) DeleteAlarms(ctx context.Context, in *cloudwatch.DeleteAlarmsInput) (*cloudwatch.DeleteAlarmsOutput, error) {
	if err := room.Only(in, "AlarmNames"); err != nil {
		return nil, err
	}
	composites := 0
	return &cloudwatch.DeleteAlarmsOutput{}, r.eachAlarm(in.AlarmNames, true, func(tx *store.Tx, row alarmRow) error {
		if row.composite() {
			composites++
		}
		if composites > 1 {
			return wire.Errorf("ValidationError", "Only one composite alarm can be deleted at a time")
		}
		if parents := r.parents(tx, row.Name); len(parents) > 0 && !slices.Equal(parents, []string{row.Name}) {
			return wire.Errorf("ValidationError", "Cannot delete %s as there are composite alarm(s) depending on it.", row.Name)
		}
		return r.deleteAlarm(tx, row)
	})
}

// DropAlarms is DeleteAlarms within a change. Alarms that there are not are no error.
func (r *Room) DropAlarms(tx *store.Tx, names ...string) error {
	for _, name := range names {
		if row, ok := r.alarms.GetTx(tx, name); ok {
			if err := r.deleteAlarm(tx, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// DropAction takes an action from the alarms that have it, within a change. Those that have no action left are deleted where it is the last
// that they were for, unless a composite alarm is about them.
func (r *Room) DropAction(tx *store.Tx, action string, last bool) error {
	for _, row := range r.alarms.AllTx(tx) {
		had := len(row.OKActions) + len(row.AlarmActions) + len(row.MissingActions)
		row.dropActions(func(a string) bool { return a == action })
		has := len(row.OKActions) + len(row.AlarmActions) + len(row.MissingActions)
		if has == had {
			continue
		}
		put := func() error { return r.alarms.Put(tx, row.Name, row) }
		if last && has == 0 && len(r.parents(tx, row.Name)) == 0 {
			put = func() error { return r.deleteAlarm(tx, row) }
		}
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) deleteAlarm(tx *store.Tx, row alarmRow) error {
	item := historyItem{time.Now().UTC(), cwtypes.HistoryItemTypeConfigurationUpdate, "Alarm \"" + row.Name + "\" deleted", ""}
	if err := r.remember(tx, row, item); err != nil {
		return err
	}
	if err := r.alarms.Delete(tx, row.Name); err != nil {
		return err
	}
	return r.forgetDeleted(tx)
}

// maxDeleted is of how many deleted alarms the history and the settings are kept: those deleted last.
const maxDeleted = 500

// forgetDeleted drops what is kept of the alarms that were deleted longest ago.
func (r *Room) forgetDeleted(tx *store.Tx) error {
	deleted := slices.DeleteFunc(r.histories.AllTx(tx), func(h alarmHistory) bool {
		_, lives := r.alarms.GetTx(tx, h.Name)
		return lives
	})
	slices.SortFunc(deleted, func(a, b alarmHistory) int { return a.Items[len(a.Items)-1].At.Compare(b.Items[len(b.Items)-1].At) })
	for _, h := range deleted[:max(0, len(deleted)-maxDeleted)] {
		if err := r.histories.Delete(tx, h.Name); err != nil {
			return err
		}
		for _, s := range r.streams.AllTx(tx) {
			if s.Name != h.Name {
				continue
			}
			if err := r.streams.Delete(tx, streamKey(s.Name, s.Fingerprint)); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachAlarm changes those alarms of some names that there are, in one go. Where some are needed it is an error that there are none.
func (r *Room) eachAlarm(names []string, needed bool, change func(*store.Tx, alarmRow) error) error {
	if n := len(names); n == 0 || n > 100 {
		return invalid("The collection AlarmNames must have a size from 1 to 100.")
	}
	return r.Update(func(tx *store.Tx) error {
		found := 0
		for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
			row, ok := r.alarms.GetTx(tx, name)
			if !ok {
				continue
			}
			found++
			if err := change(tx, row); err != nil {
				return err
			}
		}
		if needed && found == 0 {
			return missingAlarm(names[0])
		}
		return nil
	})
}
