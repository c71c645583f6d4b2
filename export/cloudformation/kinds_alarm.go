package cloudformation

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// fullNames are the attributes by which CloudWatch knows a load balancer and its target groups.
var fullNames = map[blueprint.Kind]string{blueprint.KindBalancer: "LoadBalancerFullName", blueprint.KindTargetGroup: "TargetGroupFullName"}

func (t *translation) alarm(s *export.Settings) {
	sent, of := export.Alarm(s)
	if sent == nil {
		return
	}
	r := t.add(s, "AWS::CloudWatch::Alarm")
	r.properties = t.structure(s, sent)
	r.properties.set("Dimensions", t.dimensions(of))
	t.tagged(s, r, "Tags")
	r.identified(entry{"AlarmName", s.Name})
}

// dimensions are what a metric is of.
func (t *translation) dimensions(all []types.Dimension) (list []any) {
	for _, d := range all {
		var value any = aws.ToString(d.Value)
		if to, ok := blueprint.ParseRef(aws.ToString(d.Value)); ok {
			value = ref{to, fullNames[t.pieces[to.Piece].Kind]}
		}
		list = append(list, tree{{"Name", aws.ToString(d.Name)}, {"Value", value}})
	}
	return list
}
