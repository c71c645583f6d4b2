package wire

import (
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// Every place of the table is shown or not as AWS was seen to do, and so are its neighbours, which keep to the rule.
func TestEmptyListsStandWhereAWSSendsThem(t *testing.T) {
	tested := 0
	for _, c := range []struct {
		s         *Service
		op        string
		out       any
		has, lack string // elements
	}{
		{EC2, "CreateVpc", &ec2.CreateVpcOutput{Vpc: &ec2types.Vpc{}}, "ipv6CidrBlockAssociationSet", "tagSet"},
		{EC2, "DescribeVpcs", &ec2.DescribeVpcsOutput{Vpcs: []ec2types.Vpc{{}}}, "vpcSet", "ipv6CidrBlockAssociationSet"},
		{EC2, "DescribeAvailabilityZones", &ec2.DescribeAvailabilityZonesOutput{AvailabilityZones: []ec2types.AvailabilityZone{{}}},
			"messageSet", ""},
		{Route53, "GetHostedZone", &route53.GetHostedZoneOutput{HostedZone: &r53types.HostedZone{}, VPCs: []r53types.VPC{}}, "HostedZone", "VPCs"},
		{CloudWatch, "GetMetricData", &cloudwatch.GetMetricDataOutput{MetricDataResults: []cwtypes.MetricDataResult{{}}},
			"<GetMetricDataResult><Messages", "<member><Messages"},
		{CloudWatch, "DescribeAlarms", &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{{}}}, "Dimensions", "Metrics"},
		{CloudWatch, "DescribeAlarms", &cloudwatch.DescribeAlarmsOutput{}, "CompositeAlarms", ""},
		{CloudWatch, "DescribeAlarms", &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{{}}}, "OKActions", ""},
		{CloudWatch, "ListMetrics", &cloudwatch.ListMetricsOutput{}, "Metrics", "OwningAccounts"},
		{AutoScaling, "DescribePolicies", &autoscaling.DescribePoliciesOutput{ScalingPolicies: []astypes.ScalingPolicy{{
			TargetTrackingConfiguration: &astypes.TargetTrackingConfiguration{CustomizedMetricSpecification: &astypes.CustomizedMetricSpecification{}},
		}}}, "Dimensions", "Metrics"},
	} {
		tested++
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/", nil)
		if err := c.s.codec(r).encode(c.s, c.s.table.operation(c.op), w, "id", reflect.ValueOf(c.out).Elem()); err != nil {
			t.Fatal(err)
		}
		body := w.Body.String()
		if !strings.Contains(body, c.has+">") || c.lack != "" && strings.Contains(body, c.lack+">") {
			t.Errorf("%s: want %s and not %q in %s", c.op, c.has, c.lack, body)
		}
	}
	if tested < len(emptyLists) {
		t.Errorf("%d cases for %d places", tested, len(emptyLists))
	}
}

// A place whose shape or member is misspelt would change nothing.
func TestPlacesOfEmptyListsExist(t *testing.T) {
	for place := range emptyLists {
		f := strings.Fields(place)
		name, field, _ := strings.Cut(f[len(f)-1], ".")
		s := ServiceNamed(f[0])
		if m, ok := s.table.shape(name).members[field]; !ok || s.table.shape(m.shape).kind != "list" {
			t.Errorf("%s is no list", place)
		}
	}
}
