package watching

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// Tools look before they leap: what cannot be made is listed, as empty.
func TestWhatIsNeverMadeIsListedEmpty(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	if out := roomtest.Must(s.DescribeAnomalyDetectors(ctx, &cloudwatch.DescribeAnomalyDetectorsInput{}))(t); len(out.AnomalyDetectors) != 0 {
		t.Errorf("anomaly detectors: %v", out.AnomalyDetectors)
	}
	if out := roomtest.Must(s.DescribeInsightRules(ctx, &cloudwatch.DescribeInsightRulesInput{}))(t); len(out.InsightRules) != 0 {
		t.Errorf("rules: %v", out.InsightRules)
	}
	managed := &cloudwatch.ListManagedInsightRulesInput{ResourceARN: new("arn:aws:ec2:x")}
	if out := roomtest.Must(s.ListManagedInsightRules(ctx, managed))(t); len(out.ManagedRules) != 0 {
		t.Errorf("managed rules: %v", out.ManagedRules)
	}
	if out := roomtest.Must(s.ListMetricStreams(ctx, &cloudwatch.ListMetricStreamsInput{}))(t); len(out.Entries) != 0 {
		t.Errorf("streams: %v", out.Entries)
	}
	_, err := s.ListMetricStreams(ctx, &cloudwatch.ListMetricStreamsInput{NextToken: new("x")})
	roomtest.WantAPIError(t, err, "InvalidNextToken")
}
