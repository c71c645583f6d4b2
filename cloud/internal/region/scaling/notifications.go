package scaling

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The types of notifications (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-sns-notifications.html).
const (
	notifyLaunch         = "autoscaling:EC2_INSTANCE_LAUNCH"
	notifyLaunchError    = "autoscaling:EC2_INSTANCE_LAUNCH_ERROR"
	notifyTerminate      = "autoscaling:EC2_INSTANCE_TERMINATE"
	notifyTerminateError = "autoscaling:EC2_INSTANCE_TERMINATE_ERROR"
	notifyTest           = "autoscaling:TEST_NOTIFICATION"
)

var notificationTypes = []string{notifyLaunch, notifyLaunchError, notifyTerminate, notifyTerminateError, notifyTest}

// notify tells a group's topics of an activity that has ended.
func (r *Room) notify(tx *store.Tx, a activityRow) {
	of, what := "", ""
	switch wrong := a.Status != successful; {
	case strings.HasPrefix(a.Description, "Launching") && wrong:
		of, what = notifyLaunchError, "launch error"
	case strings.HasPrefix(a.Description, "Launching"):
		of, what = notifyLaunch, "launch"
	case strings.HasPrefix(a.Description, "Terminating") && wrong:
		of, what = notifyTerminateError, "termination error"
	case strings.HasPrefix(a.Description, "Terminating"):
		of, what = notifyTerminate, "termination"
	}
	f, _ := r.fleets.GetTx(tx, a.Group)
	for _, topic := range slices.Sorted(maps.Keys(f.Notifications)) {
		if slices.Contains(f.Notifications[topic], of) {
			r.Log.Info("auto scaling notification", "to", topic, "event", of, "group", a.Group, "description", a.Description, "cause", a.Cause, "activity", a.ID)
			r.tell(topic, fmt.Sprintf("Auto Scaling: %s for group %q", what, a.Group), r.toldActivity(f, a, of))
		}
	}
}

// tell tells a topic. That it reaches nobody stops nothing.
func (r *Room) tell(topic, subject string, message map[string]any) {
	text, err := room.JSON(message, "")
	if err != nil {
		panic(err) // texts and numbers
	}
	if err := r.topics.Notify(topic, subject, text); err != nil {
		r.Log.Warn("tell a topic", "topic", topic, "subject", subject, "err", err)
	}
}

// tellTest tells a topic that a group will tell it of something.
func (r *Room) tellTest(topic, group string) {
	f, _ := r.fleets.Get(group)
	r.tell(topic, fmt.Sprintf("Auto Scaling: test notification for group %q", f.Name), r.told(f, map[string]any{"Event": notifyTest}))
}

// told is what all messages of a group have, and more
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-sns-notifications.html).
func (r *Room) told(f fleetRow, more map[string]any) map[string]any {
	said := map[string]any{
		"AccountId": r.Account, "AutoScalingGroupName": f.Name, "AutoScalingGroupARN": r.fleetARN(f), "Service": "AWS Auto Scaling",
		"Time": toldTime(time.Now()), "RequestId": room.NewUUID(),
	}
	maps.Copy(said, more)
	return said
}

func toldTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (r *Room) toldActivity(f fleetRow, a activityRow, event string) map[string]any {
	details := json.RawMessage(a.Details)
	if !json.Valid(details) {
		details = json.RawMessage("{}")
	}
	_, instance, _ := strings.Cut(a.Description, ": ")
	return r.told(f, map[string]any{
		"Event": event, "ActivityId": a.ID, "RequestId": a.ID, "Description": a.Description, "Cause": a.Cause, "StatusCode": a.Status,
		"StatusMessage": a.Message, "Progress": a.Progress, "StartTime": toldTime(a.Start), "EndTime": toldTime(a.End), "EC2InstanceId": instance,
		"Details": details,
	})
}

// topicsPerGroup is how many topics a group may tell (API reference, PutNotificationConfiguration).
const topicsPerGroup = 10

// PutNotificationConfiguration has a topic told of a group's activities of some types, in place of those of before.
func (r *Room) PutNotificationConfiguration(
	ctx context.Context,
	in *autoscaling.PutNotificationConfigurationInput,
) (*autoscaling.PutNotificationConfigurationOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "NotificationTypes", "TopicARN"); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(room.Deref(in.TopicARN), "arn:aws:sns:") {
		return nil, invalid("Invalid Amazon SNS topic ARN: %s", room.Deref(in.TopicARN))
	}
	if len(in.NotificationTypes) == 0 {
		return nil, invalid("At least one notification type must be specified.")
	}
	for _, t := range in.NotificationTypes {
		if !slices.Contains(notificationTypes, t) {
			return nil, invalid("\"%s\" is not a valid Notification Type.", t)
		}
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(_ *store.Tx, f *fleetRow) error {
		all := map[string][]string{}
		maps.Copy(all, f.Notifications)
		if _, known := all[*in.TopicARN]; !known && len(all) >= topicsPerGroup {
			return wire.Errorf("LimitExceeded", "You have reached the maximum number of SNS topics, %d, for the group %s.", topicsPerGroup, f.Name)
		}
		all[*in.TopicARN] = slices.Compact(slices.Sorted(slices.Values(in.NotificationTypes)))
		f.Notifications = all
		return nil
	})
	if err == nil { // whatever types were asked for
		r.Log.Info("auto scaling notification", "to", *in.TopicARN, "event", notifyTest, "group", *in.AutoScalingGroupName)
		r.tellTest(*in.TopicARN, *in.AutoScalingGroupName)
	}
	return &autoscaling.PutNotificationConfigurationOutput{}, err
}

// DeleteNotificationConfiguration has a topic told of nothing; it is no error that there was none.
func (r *Room) DeleteNotificationConfiguration(
	ctx context.Context,
	in *autoscaling.DeleteNotificationConfigurationInput,
) (*autoscaling.DeleteNotificationConfigurationOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "TopicARN"); err != nil {
		return nil, err
	}
	err := r.changeFleet(in.AutoScalingGroupName, func(_ *store.Tx, f *fleetRow) error {
		f.Notifications = maps.Clone(f.Notifications)
		delete(f.Notifications, room.Deref(in.TopicARN))
		return nil
	})
	return &autoscaling.DeleteNotificationConfigurationOutput{}, err
}

// DescribeNotificationConfigurations lists who is told of what, a row for each type.
func (r *Room) DescribeNotificationConfigurations(
	ctx context.Context,
	in *autoscaling.DescribeNotificationConfigurationsInput,
) (*autoscaling.DescribeNotificationConfigurationsOutput, error) {
	if err := room.Only(in, "AutoScalingGroupNames", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	var all []autoscalingtypes.NotificationConfiguration
	for _, f := range r.fleets.All() {
		if len(in.AutoScalingGroupNames) > 0 && !slices.Contains(in.AutoScalingGroupNames, f.Name) {
			continue
		}
		for topic, types := range f.Notifications {
			for _, t := range types {
				all = append(all, autoscalingtypes.NotificationConfiguration{AutoScalingGroupName: &f.Name, TopicARN: &topic, NotificationType: &t})
			}
		}
	}
	key := func(n autoscalingtypes.NotificationConfiguration) string {
		return *n.AutoScalingGroupName + "\x00" + *n.TopicARN + "\x00" + *n.NotificationType
	}
	rows, next, err := page(all, key, in.MaxRecords, in.NextToken, 50, 100)
	return &autoscaling.DescribeNotificationConfigurationsOutput{NotificationConfigurations: rows, NextToken: next}, err
}

// DescribeAutoScalingNotificationTypes lists the types.
func (r *Room) DescribeAutoScalingNotificationTypes(
	context.Context,
	*autoscaling.DescribeAutoScalingNotificationTypesInput,
) (*autoscaling.DescribeAutoScalingNotificationTypesOutput, error) {
	return &autoscaling.DescribeAutoScalingNotificationTypesOutput{AutoScalingNotificationTypes: notificationTypes}, nil
}
