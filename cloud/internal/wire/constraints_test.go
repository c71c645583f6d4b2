package wire

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
)

// The first is recorded from AWS; the others have the same form.
func TestConstraintsAreCheckedInAWSsWords(t *testing.T) {
	const one = "1 validation error detected: Value "
	for _, c := range []struct {
		s        *Service
		op, want string
		in       any
	}{
		{CloudWatch, "SetAlarmState", "ValidationError: " + one + "'INVALID' at 'stateValue' failed to satisfy constraint: " +
			"Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
			&cloudwatch.SetAlarmStateInput{AlarmName: aws.String("a"), StateReason: aws.String("r"), StateValue: "INVALID"}},
		{CloudWatch, "DeleteAlarms", "", &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"a"}}},
		{CloudWatch, "PutMetricData", "", &cloudwatch.PutMetricDataInput{Namespace: aws.String("n"),
			MetricData: []cwtypes.MetricDatum{{MetricName: aws.String("")}}}},
		{CloudWatch, "PutMetricAlarm", "ValidationError: 2 validation errors detected: " +
			"Value '' at 'dimensions.1.member.name' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
			"Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1",
			&cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("a"), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
				EvaluationPeriods: aws.Int32(0), Dimensions: []cwtypes.Dimension{{Name: aws.String(""), Value: aws.String("v")}}}},
		{Route53, "ListTagsForResource", "InvalidInput: " + one + "'x' at 'resourceType' failed to satisfy constraint: " +
			"Member must satisfy enum value set: [healthcheck, hostedzone]",
			&route53.ListTagsForResourceInput{ResourceId: aws.String("Z1"), ResourceType: "x"}},
		{AutoScaling, "PutScalingPolicy", "ValidationError: 2 validation errors detected: " +
			"Value null at 'autoScalingGroupName' failed to satisfy constraint: Member must not be null; " +
			"Value '' at 'policyName' failed to satisfy constraint: Member must have length greater than or equal to 1",
			&autoscaling.PutScalingPolicyInput{PolicyName: aws.String("")}},
	} {
		got := ""
		if err := c.s.check(c.s.table.operation(c.op), reflect.ValueOf(c.in).Elem()); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.op, got, c.want)
		}
	}
}

// Java's patterns that Go's cannot express are not checked; each is named here.
func TestEveryPatternIsCheckedOrNamed(t *testing.T) {
	known := []string{"acm DomainNameString", "iam accountAliasType"} // the first, package certificates checks itself
	for name := range strings.FieldsSeq("AlarmName DocumentReviewComment InstancePropertyFilterValue " +
		"InstancePropertyStringFilterKey MetadataKey OpsItemCategory OpsItemDataKey OpsItemSeverity " +
		"OpsItemSource OpsItemTitle OpsMetadataFilterKey OpsMetadataResourceId Policy " +
		"RegistrationMetadataKey RegistrationMetadataValue StringDateTime") { // of operations that are not here
		known = append(known, "ssm "+name)
	}
	var unchecked []string
	patterns := 0
	for _, s := range Services {
		s.table.load()
		for name := range s.table.lines {
			if p := s.table.shape(name).limits.pattern; p != "" {
				patterns++
				if javaPattern(p) == nil {
					unchecked = append(unchecked, s.SigningName+" "+name)
				}
			}
		}
	}
	slices.Sort(unchecked)
	if patterns < 40 || !slices.Equal(unchecked, known) {
		t.Errorf("of %d patterns Go cannot take %q, want %q", patterns, unchecked, known)
	}
}
