package scaling

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestTopicsAreTold(t *testing.T) {
	s := newStage(t)
	var said bytes.Buffer
	client, ctx := s.client(), t.Context()
	s.alone(1, nil)
	topic := "arn:aws:sns:us-east-1:111122223333:t"
	put := func(topic string, types ...string) error {
		_, err := client.PutNotificationConfiguration(ctx, &autoscaling.PutNotificationConfigurationInput{
			AutoScalingGroupName: new("app"), TopicARN: &topic, NotificationTypes: types,
		})
		return err
	}
	if err := put(topic, notifyTerminate, notifyLaunch); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	client = s.client()
	list := roomtest.Must(client.DescribeNotificationConfigurations(ctx, &autoscaling.DescribeNotificationConfigurationsInput{
		AutoScalingGroupNames: []string{"app"},
	}))(t)
	if n := list.NotificationConfigurations; len(n) != 2 || *n[0].NotificationType != notifyLaunch || *n[1].TopicARN != topic {
		t.Errorf("the list is %+v", n)
	}
	r := &Room{Base: &room.Base{Log: slog.New(slog.NewTextHandler(&said, nil))}, fleets: s.r.fleets, topics: &s.topics}
	r.notify(nil, activityRow{Group: "app", Description: "Launching a new EC2 instance: i-1", Status: successful})
	r.notify(nil, activityRow{Group: "app", Description: "Launching a new EC2 instance", Status: failed})
	if out := said.String(); strings.Count(out, "\n") != 1 || !strings.Contains(out, topic) || !strings.Contains(out, "event="+notifyLaunch+" ") {
		t.Errorf("the log says %s", out)
	}
	if !s.topics.has(`Auto Scaling: launch for group "app"`, topic, `"EC2InstanceId":"i-1"`,
		`"Event":"autoscaling:EC2_INSTANCE_LAUNCH"`, `"AutoScalingGroupName":"app"`) {
		t.Errorf("told %q", s.topics.told)
	}
	// Who is to be told is tried at once.
	s.r.Log = slog.New(slog.NewTextHandler(&said, nil))
	if err := put(topic, notifyTerminate); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(client.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: new("app"), LifecycleHookName: new("h"), LifecycleTransition: new(terminating), NotificationTargetARN: &topic, RoleARN: new("r"),
	}))(t)
	if out := said.String(); strings.Count(out, "event="+notifyTest+" ") != 2 {
		t.Errorf("the log says %s", out)
	}
	if !s.topics.has(`Auto Scaling: test notification for group "app"`, topic, `"Event":"autoscaling:TEST_NOTIFICATION"`) {
		t.Errorf("told %q", s.topics.told)
	}
	roomtest.WantAPIError(t, put("t", notifyLaunch), "ValidationError")
	roomtest.WantAPIError(t, put(topic, []string{}...), "ValidationError")
	roomtest.WantAPIError(t, put(topic, "launch"), "ValidationError")
	roomtest.Must(client.DeleteNotificationConfiguration(ctx, &autoscaling.DeleteNotificationConfigurationInput{
		AutoScalingGroupName: new("app"), TopicARN: &topic,
	}))(t)
	list = roomtest.Must(client.DescribeNotificationConfigurations(ctx, &autoscaling.DescribeNotificationConfigurationsInput{}))(t)
	if len(list.NotificationConfigurations) != 0 {
		t.Errorf("afterwards the list is %+v", list.NotificationConfigurations)
	}
	if types := roomtest.Must(client.DescribeAutoScalingNotificationTypes(ctx,
		&autoscaling.DescribeAutoScalingNotificationTypesInput{}))(t); len(types.AutoScalingNotificationTypes) != 5 {
		t.Errorf("%+v", types)
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutNotificationConfiguration.html
func TestAGroupTellsTenTopics(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	put := func(n int) error {
		_, err := s.client().PutNotificationConfiguration(t.Context(), &autoscaling.PutNotificationConfigurationInput{
			AutoScalingGroupName: new("app"), TopicARN: new("arn:aws:sns:us-east-1:111122223333:t" + strconv.Itoa(n)), NotificationTypes: []string{notifyLaunch},
		})
		return err
	}
	for n := range 10 {
		if err := put(n); err != nil {
			t.Fatal(err)
		}
	}
	roomtest.WantAPIError(t, put(10), "LimitExceeded")
	if err := put(3); err != nil {
		t.Errorf("one that is there: %v", err)
	}
}
