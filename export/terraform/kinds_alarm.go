package terraform

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan"
)

const alarmsFile = "alarms.tf"

// alarmNames are the arguments of aws_cloudwatch_metric_alarm that are not called as the API has them.
var alarmNames = map[string]string{"OKActions": "ok_actions"}

func (t *translation) alarm(s *export.Settings) {
	in, ok := s.Content.(*cloudwatch.PutMetricAlarmInput)
	if !ok {
		s.Refuse("an alarm of %T", s.Content)
		return
	}
	for _, f := range s.Piece.Settings {
		if f.Name != "tagged" {
			s.Told(f.Name) // all of it is told by what is sent
		}
	}
	r := t.add(s, "aws_cloudwatch_metric_alarm", alarmsFile, "alarm")
	sent := *in
	sent.Dimensions, sent.Tags = nil, nil
	t.structure(s, &r.block, &sent, alarmNames)
	var of object
	for _, d := range in.Dimensions {
		of = append(of, entry{aws.ToString(d.Name), t.dimension(aws.ToString(d.Value))})
	}
	r.set("dimensions", of)
	t.tags(s, r)
	r.imported = text(s.Name)
}

// dimension is what a metric is of: CloudWatch knows load balancers and target groups by the ends of their ARNs.
func (t *translation) dimension(of string) value {
	to, ok := plan.ParseRef(of)
	switch kind := t.pieces[to.Piece].Kind; {
	case !ok:
		return text(of)
	case kind == plan.KindBalancer || kind == plan.KindTargetGroup:
		return ref{to, "arn_suffix"}
	}
	return ref{Ref: to}
}
