package watching

import (
	"fmt"
	"slices"
	"strings"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Actions is what alarms do: the scaling policies of Auto Scaling.
type Actions interface {
	// Policy carries out a scaling policy because of an alarm. distance is how far the metric is from the threshold. It returns
	// why nothing was done, or an error.
	Policy(arn, alarm string, state cwtypes.StateValue, distance float64) (why string, err error)
}

// of are the actions of a state.
func (row alarmRow) of(state cwtypes.StateValue) []string {
	switch state {
	case cwtypes.StateValueAlarm:
		return row.AlarmActions
	case cwtypes.StateValueOk:
		return row.OKActions
	}
	return row.MissingActions
}

// policies begins the ARN of a scaling policy of this region and account.
func (r *Room) policies() string { return r.ARN("autoscaling", "scalingPolicy:") }

// checkActions refuses actions that would not be carried out: this cloud has none of the other services that alarms may name,
// and an alarm that was to act and does not would be the worst of surprises.
func (r *Room) checkActions(row alarmRow) error {
	for _, action := range slices.Concat(row.OKActions, row.AlarmActions, row.MissingActions) {
		if !strings.HasPrefix(action, r.policies()) {
			return wire.Errorf(
				"UnsupportedOperation",
				"The action '%s' is not supported here: scaling policies of this account and region are. Others are kept of an alarm whose actions are disabled.",
				action,
			)
		}
	}
	return nil
}

// act carries out an alarm's actions in a state, and remembers how each went. values are those that led to it, the latest last.
func (r *Room) act(row alarmRow, state cwtypes.StateValue, values []*float64) {
	if !row.ActionsEnabled {
		return
	}
	distance := 0.0
	if n := len(values); n > 0 && values[n-1] != nil {
		distance = *values[n-1] - row.Settings.Threshold
	}
	for _, action := range row.of(state) {
		summary := "Successfully executed action " + action
		if why, err := r.actions.Policy(action, row.Name, state, distance); err != nil {
			summary = fmt.Sprintf("Failed to execute action %s: %v", action, err)
		} else if why != "" {
			summary = fmt.Sprintf("Action %s was not carried out: %s", action, why)
		}
		item := historyItem{time.Now().UTC(), cwtypes.HistoryItemTypeAction, summary, ""}
		if err := r.Update(func(tx *store.Tx) error { return r.remember(tx, row.Name, item) }); err != nil {
			r.Log.Error("keep an alarm's action", "alarm", row.Name, "err", err)
		}
	}
}

// Reading tells an alarm's state, and the latest value that decides on it; nil where there is no data.
func (r *Room) Reading(name string) (state cwtypes.StateValue, value *float64) {
	row, ok := r.alarms.Get(name)
	if !ok {
		return "", nil
	}
	now := time.Now()
	for _, v := range r.values(row.Settings, r.Data.Floor(now, row.Settings.period()), now) {
		if v != nil {
			value = v
		}
	}
	return row.State, value
}

// Acting are the alarms with an action, by name and ARN.
func (r *Room) Acting(action string) (names, arns []string) {
	for _, row := range r.alarms.All() {
		if row.actsOn(action) {
			names, arns = append(names, row.Name), append(arns, r.alarmARN(row.Name))
		}
	}
	return names, arns
}
