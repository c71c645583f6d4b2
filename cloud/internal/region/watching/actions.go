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

// Actions is what alarms do: the scaling policies of Auto Scaling, what EC2 does with instances, and whom SNS tells.
type Actions interface {
	// Instance does with an instance what one of the verbs says.
	Instance(verb, id string) error
	// Notify tells a topic, which may be any ARN. It returns an error where it reaches nobody.
	Notify(topic, subject, message string) error
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

// verbs are what alarms do with instances (PutMetricAlarm in the API reference, AlarmActions).
var verbs = []string{"stop", "terminate", "reboot", "recover"}

// instanceVerb is what an action's ARN says that this region's EC2 does with an instance. There are two kinds of such ARNs, by a service-linked
// role and by a role (the same page): arn:aws:automate:REGION:ec2:stop and arn:aws:swf:REGION:ACCOUNT:action/actions/AWS_EC2.InstanceId.Stop/1.0.
func (r *Room) instanceVerb(action string) (verb string, ok bool) {
	byRole := r.ARN("swf", "action/actions/AWS_EC2.InstanceId.")
	for _, verb := range verbs {
		if action == "arn:aws:automate:"+r.Region+":ec2:"+verb || action == byRole+strings.ToUpper(verb[:1])+verb[1:]+"/1.0" {
			return verb, true
		}
	}
	return "", false
}

// topics begins the ARN of a topic, of any region and account. That it exists is not asked before it is to be told, as on AWS.
const topics = "arn:aws:sns:"

// checkActions refuses actions that would not be carried out: this cloud has none of the other services that alarms may name,
// and an alarm that was to act and does not would be the worst of surprises.
func (r *Room) checkActions(row alarmRow) error {
	for _, action := range slices.Concat(row.OKActions, row.AlarmActions, row.MissingActions) {
		_, ofInstance := r.instanceVerb(action)
		switch {
		case row.composite() && !strings.HasPrefix(action, topics):
			return wire.Errorf("UnsupportedOperation", "The action '%s' is not supported here: composite alarms have topics.", action)
		case strings.HasPrefix(action, r.policies()), strings.HasPrefix(action, topics):
		case !ofInstance:
			return wire.Errorf(
				"UnsupportedOperation",
				"The action '%s' is not supported here: scaling policies of this account and region, %v of instances, and topics are. "+
					"Others are kept of an alarm whose actions are disabled.",
				action, verbs,
			)
		case row.instance() == "":
			return invalid("The action %s is for metrics with the dimension InstanceId.", action)
		}
	}
	return nil
}

// scalingAlone is an alarm with no actions but those that are scaling policies.
func (r *Room) scalingAlone(row alarmRow) alarmRow {
	row.dropActions(func(a string) bool { return !strings.HasPrefix(a, r.policies()) })
	return row
}

// dropActions takes actions from those of each state, and leaves the lists that the alarm had as they were.
func (row *alarmRow) dropActions(drop func(action string) bool) {
	for _, list := range []*[]string{&row.OKActions, &row.AlarmActions, &row.MissingActions} {
		*list = slices.DeleteFunc(slices.Clone(*list), drop)
	}
}

// instance is the one whose metric an alarm watches, if any.
func (row alarmRow) instance() string {
	for _, d := range row.Settings.Metric.Dimensions {
		if d.Name == "InstanceId" {
			return d.Value
		}
	}
	return ""
}

// act carries out an alarm's actions as it enters a state, unless it has a suppressor: then it may be that they are not carried out, or later.
// values are those that led to the state, the latest last.
func (r *Room) act(row alarmRow, state cwtypes.StateValue, values []*float64) {
	if row.Suppressor.Alarm == "" {
		r.perform(row, state, values)
	}
}

// perform carries out an alarm's actions of a state, and remembers how each went.
func (r *Room) perform(row alarmRow, state cwtypes.StateValue, values []*float64) {
	if !row.ActionsEnabled {
		return
	}
	distance := 0.0
	if n := len(values); n > 0 && values[n-1] != nil {
		distance = *values[n-1] - row.Settings.Threshold
	}
	for _, action := range row.of(state) {
		summary := "Successfully executed action " + action
		if why, err := r.carryOut(action, row, state, distance); err != nil {
			summary = fmt.Sprintf("Failed to execute action %s: %v", action, err)
		} else if why != "" {
			summary = fmt.Sprintf("Action %s was not carried out: %s", action, why)
		}
		item := historyItem{time.Now().UTC(), cwtypes.HistoryItemTypeAction, summary, ""}
		if err := r.Update(func(tx *store.Tx) error { return r.remember(tx, row, item) }); err != nil {
			r.Log.Error("keep an alarm's action", "alarm", row.Name, "err", err)
		}
	}
}

// carryOut does one action. It returns why nothing was done, or an error.
func (r *Room) carryOut(action string, row alarmRow, state cwtypes.StateValue, distance float64) (why string, err error) {
	verb, ofInstance := r.instanceVerb(action)
	switch {
	case ofInstance:
		return "", r.actions.Instance(verb, row.instance())
	case strings.HasPrefix(action, topics):
		if now, ok := r.alarms.Get(row.Name); ok {
			row = now // with the reason of the state that it has entered
		}
		r.Log.Info("alarm", "to", action, "alarm", row.Name, "state", state, "reason", row.Reason)
		return "", r.actions.Notify(action, r.subject(row, state), r.message(row, state))
	}
	return r.actions.Policy(action, row.Name, state, distance)
}

// Reading tells an alarm's state, and the latest value that decides on it; nil where there is no data.
func (r *Room) Reading(name string) (state cwtypes.StateValue, value *float64) {
	row, ok := r.alarms.Get(name)
	if !ok || row.composite() {
		return row.State, nil
	}
	now := time.Now()
	for _, v := range r.values(row.Settings, r.Data.Floor(now, row.Settings.period()), now) {
		if v != nil {
			value = v
		}
	}
	return row.State, value
}

// Acting are the alarms with an action, by name and ARN, in the order of their names.
func (r *Room) Acting(action string) (names, arns []string) {
	for _, row := range r.alarms.All() {
		if row.actsOn(action) {
			names = append(names, row.Name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		arns = append(arns, r.alarmARN(name))
	}
	return names, arns
}
