package region

import (
	"fmt"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/region/scaling"
)

// actions has alarms carry out the policies of Auto Scaling.
type actions struct{ *scaling.Room }

// Policy implements watching.Actions.
func (a actions) Policy(arn, alarm string, state cwtypes.StateValue, distance float64) (why string, err error) {
	return a.Alarmed(arn, scaling.Breach{Distance: distance, By: fmt.Sprintf("a monitor alarm %s in state %s", alarm, state)})
}

// actingAlarms are the alarms whose action something is, as Auto Scaling tells of them.
func (r *Region) actingAlarms(action string) []autoscalingtypes.Alarm {
	all := []autoscalingtypes.Alarm{}
	names, arns := r.watching.Acting(action)
	for i := range names {
		all = append(all, autoscalingtypes.Alarm{AlarmName: &names[i], AlarmARN: &arns[i]})
	}
	return all
}
