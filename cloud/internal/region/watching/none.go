package watching

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// lists are of what cannot be made here: there is none of it.
func lists(m *wire.Mux) {
	none(m, "DescribeAnomalyDetectors", &cloudwatch.DescribeAnomalyDetectorsOutput{AnomalyDetectors: []cwtypes.AnomalyDetector{}},
		func(in *cloudwatch.DescribeAnomalyDetectorsInput) *string { return in.NextToken })
	none(m, "DescribeInsightRules", &cloudwatch.DescribeInsightRulesOutput{InsightRules: []cwtypes.InsightRule{}},
		func(in *cloudwatch.DescribeInsightRulesInput) *string { return in.NextToken })
	none(m, "ListManagedInsightRules", &cloudwatch.ListManagedInsightRulesOutput{ManagedRules: []cwtypes.ManagedRuleDescription{}},
		func(in *cloudwatch.ListManagedInsightRulesInput) *string { return in.NextToken })
	none(m, "ListMetricStreams", &cloudwatch.ListMetricStreamsOutput{Entries: []cwtypes.MetricStreamEntry{}},
		func(in *cloudwatch.ListMetricStreamsInput) *string { return in.NextToken })
}

// none answers an operation that lists, and that has given nobody a token.
func none[In, Out any](m *wire.Mux, operation string, out *Out, token func(*In) *string) {
	wire.Handle(m, wire.CloudWatch, operation, func(_ context.Context, in *In) (*Out, error) {
		if given := room.Deref(token(in)); given != "" {
			return nil, badToken(given)
		}
		return out, nil
	})
}
