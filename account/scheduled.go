package account

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
)

// ScheduledOf returns a stack's scheduled action in the words of a declaration, and what it says beyond these. StartTime of one that recurs is
// when it comes next (ScheduledUpdateGroupAction in the Amazon EC2 Auto Scaling API Reference).
func ScheduledOf(d *understudy.Declaration, a autoscalingtypes.ScheduledUpdateGroupAction) (s understudy.Scheduled, beyond string, ours bool) {
	name, ours := strings.CutPrefix(aws.ToString(a.ScheduledActionName), d.ScheduledPrefix())
	s = understudy.Scheduled{Name: name, Recurrence: aws.ToString(a.Recurrence), Zone: aws.ToString(a.TimeZone),
		Min: int(aws.ToInt32(a.MinSize)), Desired: int(aws.ToInt32(a.DesiredCapacity)), Max: int(aws.ToInt32(a.MaxSize))}
	for _, one := range []struct {
		what string
		n    *int32
	}{{"min 0", a.MinSize}, {"desired 0", a.DesiredCapacity}, {"max 0", a.MaxSize}} {
		if one.n != nil && *one.n == 0 {
			beyond += ", " + one.what
		}
	}
	if a.EndTime != nil {
		beyond += ", until " + a.EndTime.UTC().Format("2006-01-02T15:04Z")
	}
	return s, beyond, ours
}
