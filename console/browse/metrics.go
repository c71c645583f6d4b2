package browse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
)

// Series is a metric's course.
type Series struct {
	Title  string    `json:"title"`
	Unit   string    `json:"unit"`
	Of     string    `json:"of"` // the load balancer's name
	Times  []int64   `json:"times"`
	Values []float64 `json:"values"`
}

// metric is one of a load balancer's.
type metric struct{ metric, statistic, title, unit string }

// measured are the metrics of load balancers that tell whether users are served, by the names that metrics and ARNs have for their kinds
// (Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer", and for your Network Load Balancer).
var measured = map[elbtypes.LoadBalancerTypeEnum]struct {
	namespace string
	metrics   []metric
}{
	elbtypes.LoadBalancerTypeEnumApplication: {"AWS/ApplicationELB", ofApplications},
	elbtypes.LoadBalancerTypeEnumNetwork:     {"AWS/NetworkELB", ofNetworks},
}

var ofNetworks = []metric{
	{"NewFlowCount", "Sum", "Connections", "a minute"},
	{"TCP_Target_Reset_Count", "Sum", "Connections reset by targets", "a minute"},
	{"TCP_ELB_Reset_Count", "Sum", "Connections reset by the load balancer", "a minute"},
	{"ActiveFlowCount", "Average", "Open connections", "at a time"},
}

var ofApplications = []metric{
	{"RequestCount", "Sum", "Requests", "a minute"},
	{"HTTPCode_Target_5XX_Count", "Sum", "5xx answers of targets", "a minute"},
	{"HTTPCode_ELB_5XX_Count", "Sum", "5xx answers of the load balancer", "a minute"},
	{"TargetResponseTime", "Average", "Response time of targets", "s"},
}

// minutes is how many of them a series has.
const minutes = 60

// Metrics reads the last hour's metrics of a region's load balancers, at most the first ten, a point each minute. Where the cloud runs
// at another speed its minutes are shorter, and so is the hour.
func Metrics(ctx context.Context, a *account.Account, speed float64) ([]Series, error) {
	found, err := a.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	if err != nil {
		return nil, fmt.Errorf("describe load balancers in %s: %w", a.Region, err)
	}
	end := time.Now()
	start := end.Add(-time.Duration(minutes * float64(time.Minute) / max(speed, 1)))
	in := &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, ScanBy: cloudwatchtypes.ScanByTimestampAscending}
	all := []Series{}
	for _, b := range found.LoadBalancers[:min(10, len(found.LoadBalancers))] {
		_, dimension, _ := strings.Cut(aws.ToString(b.LoadBalancerArn), ":loadbalancer/")
		of := measured[b.Type]
		for _, m := range of.metrics {
			in.MetricDataQueries = append(in.MetricDataQueries, cloudwatchtypes.MetricDataQuery{
				Id: aws.String(fmt.Sprintf("m%d", len(all))),
				MetricStat: &cloudwatchtypes.MetricStat{Period: aws.Int32(60), Stat: aws.String(m.statistic), Metric: &cloudwatchtypes.Metric{
					Namespace: aws.String(of.namespace), MetricName: aws.String(m.metric),
					Dimensions: []cloudwatchtypes.Dimension{{Name: aws.String("LoadBalancer"), Value: &dimension}},
				}},
			})
			all = append(all, Series{Title: m.title, Unit: m.unit, Of: aws.ToString(b.LoadBalancerName), Times: []int64{}, Values: []float64{}})
		}
	}
	if len(all) == 0 {
		return all, nil
	}
	pages := cloudwatch.NewGetMetricDataPaginator(a.CloudWatch, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("get metric data in %s: %w", a.Region, err)
		}
		for _, r := range page.MetricDataResults {
			i := slices.IndexFunc(in.MetricDataQueries, func(q cloudwatchtypes.MetricDataQuery) bool { return aws.ToString(q.Id) == aws.ToString(r.Id) })
			for n, at := range r.Timestamps {
				all[i].Times, all[i].Values = append(all[i].Times, at.UnixMilli()), append(all[i].Values, r.Values[n])
			}
		}
	}
	return all, nil
}
