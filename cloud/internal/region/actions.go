package region

import (
	"fmt"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/notifying"
	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/store"
)

// actions has alarms carry out the policies of Auto Scaling, EC2 what they want of instances, and SNS tell whom they tell.
type actions struct {
	*scaling.Room
	compute   *compute.Room
	notifying *notifying.Room
}

// Policy implements watching.Actions.
func (a actions) Policy(arn, alarm string, state cwtypes.StateValue, distance float64) (why string, err error) {
	return a.Alarmed(arn, scaling.Breach{Distance: distance, By: fmt.Sprintf("a monitor alarm %s in state %s", alarm, state)})
}

// Instance implements watching.Actions. One that is recovered is rebooted: there is no other machine for it.
func (a actions) Instance(verb, id string) (err error) {
	ctx, ids := a.Context(), []string{id}
	switch verb {
	case "stop":
		_, err = a.compute.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids})
	case "terminate":
		_, err = a.compute.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
	case "reboot", "recover":
		_, err = a.compute.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids})
	}
	return err
}

// Notify implements watching.Actions.
func (a actions) Notify(topic, subject, message string) error {
	return a.notifying.Notify(topic, subject, message)
}

// alarms is CloudWatch as Auto Scaling sees it. It is loaded after Auto Scaling, and so found through the region.
type alarms struct{ *Region }

func (a alarms) Acting(action string) []autoscalingtypes.Alarm {
	all := []autoscalingtypes.Alarm{}
	names, arns := a.watching.Acting(action)
	for i := range names {
		all = append(all, autoscalingtypes.Alarm{AlarmName: &names[i], AlarmARN: &arns[i]})
	}
	return all
}

func (a alarms) Reading(name string) (cwtypes.StateValue, *float64) { return a.watching.Reading(name) }

func (a alarms) News() []store.Topic { return a.watching.News() }

func (a alarms) PutAlarm(tx *store.Tx, in *cloudwatch.PutMetricAlarmInput) error {
	return a.watching.PutAlarm(tx, in)
}

func (a alarms) DropAction(tx *store.Tx, action string, last bool) error {
	return a.watching.DropAction(tx, action, last)
}

func (a alarms) DropAlarms(tx *store.Tx, names ...string) error {
	return a.watching.DropAlarms(tx, names...)
}
