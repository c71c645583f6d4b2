package terraform

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

const alarmsFile = "alarms.tf"

// alarmNames are the arguments of aws_cloudwatch_metric_alarm that are not called as the API has them.
var alarmNames = map[string]string{"OKActions": "ok_actions"}

func (t *translation) alarm(s *export.Settings) {
	sent, of := export.Alarm(s)
	if sent == nil {
		return
	}
	r := t.add(s, "aws_cloudwatch_metric_alarm", alarmsFile, "alarm")
	t.structure(s, &r.block, sent, alarmNames)
	var dimensions object
	for _, d := range of {
		dimensions = append(dimensions, entry{aws.ToString(d.Name), t.dimension(aws.ToString(d.Value))})
	}
	r.set("dimensions", dimensions)
	t.tags(s, r)
	r.imported = text(s.Name)
}

// dimension is what a metric is of: CloudWatch knows load balancers and target groups by the ends of their ARNs.
func (t *translation) dimension(of string) value {
	to, ok := blueprint.ParseRef(of)
	switch kind := t.pieces[to.Piece].Kind; {
	case !ok:
		return text(of)
	case kind == blueprint.KindBalancer || kind == blueprint.KindTargetGroup:
		return ref{to, "arn_suffix"}
	}
	return ref{Ref: to}
}
