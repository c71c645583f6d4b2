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

// PutCompositeAlarm makes an alarm that follows the states of others, or replaces one of the same name.
func (r *Room) PutCompositeAlarm(ctx context.Context, in *cloudwatch.PutCompositeAlarmInput) (*cloudwatch.PutCompositeAlarmOutput, error) {
	if err := room.Only(in, "AlarmName", "AlarmRule", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions",
		"Tags", "ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"); err != nil {
		return nil, err
	}
	row := alarmRow{
		Name: room.Deref(in.AlarmName), Description: room.Deref(in.AlarmDescription), ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled,
		OKActions: in.OKActions, AlarmActions: in.AlarmActions, MissingActions: in.InsufficientDataActions, Rule: room.Deref(in.AlarmRule),
	}
	return &cloudwatch.PutCompositeAlarmOutput{}, r.Update(func(tx *store.Tx) error {
		rule, err := metrics.ParseRule(row.Rule)
		if err != nil {
			return wire.Errorf("ValidationError", "AlarmRule is invalid: %v", err)
		}
		if err := r.checkChildren(tx, rule); err != nil {
			return err
		}
		if row.Suppressor, err = r.readSuppressor(tx, in); err != nil {
			return err
		}
		return r.put(tx, row, in.Tags)
	})
}

// checkChildren refuses a rule about alarms that are not there.
func (r *Room) checkChildren(tx *store.Tx, rule metrics.Rule) error {
	var unknown []string
	for _, name := range rule.Alarms() {
		if _, ok := r.alarms.GetTx(tx, r.childName(name)); !ok {
			unknown = append(unknown, r.alarmARN(r.childName(name)))
		}
	}
	if len(unknown) > 0 {
		return wire.Errorf("ValidationError", "Could not save the composite alarm as alarms [%s] in the alarm rule do not exist", strings.Join(unknown, ", "))
	}
	return nil
}

// childName is the name of an alarm that a rule has by its name or its ARN.
func (r *Room) childName(s string) string { return strings.TrimPrefix(s, r.alarmARN("")) }

// parents are the composite alarms whose rules are about an alarm, or whose suppressor it is.
func (r *Room) parents(tx *store.Tx, name string) (names []string) {
	for _, row := range r.alarms.AllTx(tx) {
		needs := func(child string) bool { return child != "" && r.childName(child) == name }
		if row.composite() && (needs(row.Suppressor.Alarm) || slices.ContainsFunc(row.rule().Alarms(), needs)) {
			names = append(names, row.Name)
		}
	}
	return names
}

func (row alarmRow) composite() bool { return row.Rule != "" }

// rule reads the rule of a composite alarm, as was done when it was put.
func (row alarmRow) rule() metrics.Rule {
	rule, err := metrics.ParseRule(row.Rule)
	if err != nil {
		return metrics.Rule{} // which never holds
	}
	return rule
}

// kind is what an alarm is.
func (row alarmRow) kind() cwtypes.AlarmType { return alarmType(row.composite()) }

func alarmType(composite bool) cwtypes.AlarmType {
	if composite {
		return cwtypes.AlarmTypeCompositeAlarm
	}
	return cwtypes.AlarmTypeMetricAlarm
}

// tendComposites judges composite alarms whenever an alarm has changed, until the region closes.
func (r *Room) tendComposites() {
	watch := r.Watch(r.alarms.Any())
	defer watch.Stop()
	for {
		next := watch.Next()
		r.judgeComposites()
		var later <-chan time.Time
		if due := r.performComposites(); !due.IsZero() {
			later = time.After(time.Until(due))
		}
		select {
		case <-next:
		case <-later:
		case <-r.Context().Done():
			return
		}
	}
}

// judgeComposites judges once; what changes wakes who watches, and those that follow it are judged then. One whose state was set by hand keeps it
// until an alarm of its rule changes, or it is put anew (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html).
func (r *Room) judgeComposites() {
	for _, row := range r.alarms.All() {
		if !row.composite() {
			continue
		}
		state, last := r.followed(row)
		if state == row.State || !row.SetByHand.IsZero() && !last.Transitioned.After(row.SetByHand) {
			continue
		}
		r.change(row, state, r.followedWhy(last), r.followedData(last), nil)
	}
}

// performComposites has composite alarms perform what their suppressors no longer suppress, and returns when to look again.
func (r *Room) performComposites() (due time.Time) {
	for _, row := range r.alarms.All() {
		if row.Suppressor.Alarm == "" {
			continue
		}
		if at := r.performUnlessSuppressed(row); !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	return due
}

// followed is the state that a composite alarm's rule says, and which of its alarms changed last.
func (r *Room) followed(row alarmRow) (state cwtypes.StateValue, last alarmRow) {
	rule := row.rule()
	for _, name := range rule.Alarms() {
		if child, ok := r.alarms.Get(r.childName(name)); ok && child.Transitioned.After(last.Transitioned) {
			last = child
		}
	}
	if rule.Holds(func(name string) cwtypes.StateValue { child, _ := r.alarms.Get(r.childName(name)); return child.State }) {
		return cwtypes.StateValueAlarm, last
	}
	return cwtypes.StateValueOk, last
}

// followedWhy words the reason as CloudWatch does.
func (r *Room) followedWhy(last alarmRow) string {
	if last.Name == "" {
		return "The alarm rule is constant"
	}
	return fmt.Sprintf("%s transitioned to %s at %s", r.alarmARN(last.Name), last.State, last.Transitioned.UTC().Format("Monday 02 January, 2006 15:04:05 MST"))
}

func (r *Room) followedData(last alarmRow) string {
	if last.Name == "" {
		return ""
	}
	return jsonOf(map[string]any{"triggeringAlarms": []any{map[string]any{
		"arn": r.alarmARN(last.Name), "state": map[string]any{"value": last.State, "timestamp": last.Transitioned.UTC().Format(time.RFC3339)},
	}}})
}

func (r *Room) showComposite(row alarmRow) cwtypes.CompositeAlarm {
	out := cwtypes.CompositeAlarm{
		AlarmName: &row.Name, AlarmArn: new(r.alarmARN(row.Name)), AlarmDescription: room.Some(row.Description), AlarmRule: &row.Rule,
		AlarmConfigurationUpdatedTimestamp: &row.Configured, ActionsEnabled: &row.ActionsEnabled, OKActions: shownList(row.OKActions),
		AlarmActions: shownList(row.AlarmActions), InsufficientDataActions: shownList(row.MissingActions), StateValue: row.State, StateReason: &row.Reason,
		StateReasonData: room.Some(row.ReasonData), StateUpdatedTimestamp: &row.Updated, StateTransitionedTimestamp: &row.Transitioned,
	}
	r.showSuppressor(row, &out)
	return out
}
