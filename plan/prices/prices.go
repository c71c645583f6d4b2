// Package prices knows about what AWS's things cost.
package prices

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

// About what things cost, in US dollars: AWS's list prices in US East (N. Virginia) for Linux in 2026, without free
// tiers, traffic and taxes. Other regions cost up to half as much again. Whoever needs the exact price finds it at
// aws.amazon.com/ec2/pricing/on-demand, /elasticloadbalancing/pricing, /vpc/pricing, /ebs/pricing and /route53/pricing.
const (
	HoursAMonth   = 730
	BalancerHour  = 0.0225 // without the capacity units, which depend on the traffic
	AddressHour   = 0.005  // a public IPv4 address
	NATHour       = 0.045  // without the gigabytes that it processes, at as much each
	EndpointHour  = 0.01   // of an interface endpoint in each zone, without gigabytes
	imageGiB      = 8      // of the root volume, where no size is declared
	metricMonth   = 0.30   // of CloudWatch; with detailed monitoring EC2 gives seven of each instance
	SnapshotMonth = 0.40   // 8 GiB at 0.05, if all of it is used
	ZoneMonth     = 0.50
	checkMonth    = 0.50 // of an endpoint in AWS
)

const AlarmMonth = 0.10 // of a metric of standard resolution

// FeatureMonth is what a check costs more for each of HTTPS, a text to look for, an interval of 10 s, and latency.
const FeatureMonth = 1.00

// instanceHour has the types that small services use; others cost what is not known here.
var instanceHour = map[string]float64{
	"t2.nano": 0.0058, "t2.micro": 0.0116, "t2.small": 0.023, "t2.medium": 0.0464,
	"t3.nano": 0.0052, "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832, "t3.xlarge": 0.1664,
	"t3a.nano": 0.0047, "t3a.micro": 0.0094, "t3a.small": 0.0188, "t3a.medium": 0.0376, "t3a.large": 0.0752,
	"t4g.nano": 0.0042, "t4g.micro": 0.0084, "t4g.small": 0.0168, "t4g.medium": 0.0336, "t4g.large": 0.0672,
	"m5.large": 0.096, "m5.xlarge": 0.192, "m6i.large": 0.096, "m6g.large": 0.077, "m7g.large": 0.0816,
	"c5.large": 0.085, "c6i.large": 0.085, "c6g.large": 0.068, "c7g.large": 0.0725,
}

// InstanceMonth returns about what one of a region's declared instances costs a month.
func InstanceMonth(d *understudy.Declaration, side understudy.Side) float64 {
	of := d.Instance
	of.Type = d.InstanceType(side)
	return OfInstance(of)
}

// OfInstance counts an instance, its root volume, and its metrics.
func OfInstance(i understudy.Instance) float64 {
	each := HoursAMonth*instanceHour[i.Type] + volumeMonth(i.Volume)
	if i.Monitoring == understudy.MonitoringDetailed {
		each += 7 * metricMonth
	}
	return each
}

// volumeMonth counts what is beyond gp3's 3000 IOPS and 125 MiB/s, and the first tier of io2's IOPS for all of them.
func volumeMonth(v understudy.Volume) float64 {
	size := float64(cmp.Or(v.Size, imageGiB))
	switch v.Type {
	case "gp2":
		return size * 0.10
	case "io1", "io2":
		return size*0.125 + float64(v.IOPS)*0.065
	}
	return size*0.08 + float64(max(0, v.IOPS-3000))*0.005 + float64(max(0, v.Throughput-125))*0.04
}

// OfCheck counts the optional features; a calculated check has none.
func OfCheck(c *route53types.HealthCheckConfig) float64 {
	cost := checkMonth
	https := c.Type == route53types.HealthCheckTypeHttps || c.Type == route53types.HealthCheckTypeHttpsStrMatch
	for _, feature := range []bool{https, c.SearchString != nil, aws.ToInt32(c.RequestInterval) == 10, aws.ToBool(c.MeasureLatency)} {
		if feature {
			cost += FeatureMonth
		}
	}
	return cost
}

// Source tells of when and where these prices are.
const Source = "AWS's list prices in US East (N. Virginia) for Linux in 2026"

// OfUnknownType names instances of which the price is not known, or says nothing.
func OfUnknownType(instanceType string) string {
	if _, known := instanceHour[instanceType]; known {
		return ""
	}
	return "instances of " + instanceType
}
