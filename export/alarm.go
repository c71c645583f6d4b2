package export

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Alarm reads a CloudWatch alarm: what is sent of it, which tells all of its settings but its tags, and what its metric is of. It is nil where
// the piece has none, which is refused.
func Alarm(s *Settings) (sent *cloudwatch.PutMetricAlarmInput, of []types.Dimension) {
	in, ok := s.Content.(*cloudwatch.PutMetricAlarmInput)
	if !ok {
		s.Refuse("an alarm of %T", s.Content)
		return nil, nil
	}
	for _, f := range s.Piece.Settings {
		if f.Name != "tagged" {
			s.Told(f.Name)
		}
	}
	rest := *in
	rest.Dimensions, rest.Tags = nil, nil
	return &rest, in.Dimensions
}
