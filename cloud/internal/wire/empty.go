package wire

import (
	"reflect"
	"strings"
)

// emptyLists are the places where AWS was seen to send an empty list in XML, or to leave it out, against the rule
// of showsEmpty. A place is a service's shape and member, with an operation in front where that decides, too. All were
// recorded from AWS in November 2026, but for that of Auto Scaling: Terraform's provider takes a list there, even an empty one, for metric math, and
// would never come to an empty plan if AWS sent one.
var emptyLists = map[string]bool{
	"ec2 CreateVpc Vpc.Ipv6CidrBlockAssociationSet":     true, // DescribeVpcs leaves it out
	"ec2 AvailabilityZone.Messages":                     true,
	"route53 GetHostedZoneResponse.VPCs":                false, // of a public zone
	"monitoring MetricDataResult.Messages":              false, // the answer's own Messages are sent
	"monitoring MetricAlarm.Metrics":                    false, // its Dimensions and lists of actions are sent
	"monitoring ListMetricsOutput.OwningAccounts":       false,
	"autoscaling CustomizedMetricSpecification.Metrics": false, // its Dimensions are sent
}

// showsEmpty tells whether a list without elements is sent. The rule: an empty list is an empty element at the top of
// an answer and, in the services that speak AWS query, everywhere; elsewhere a handler decides, as EC2 leaves out
// the tags of some things that have none: an empty list is sent, a nil one is not.
func (w *xmlWriter) showsEmpty(f *xmlField, v reflect.Value) bool {
	if f.exceptional {
		for _, key := range []string{w.s.SigningName + " " + w.op + " " + f.place, w.s.SigningName + " " + f.place} {
			if shown, ok := emptyLists[key]; ok {
				return shown
			}
		}
	}
	return !v.IsNil() || w.depth == 1 || w.s.protocol == awsQuery
}

// isException tells whether emptyLists has a place, for whatever operation.
func (s *Service) isException(place string) bool {
	for key := range emptyLists {
		if strings.HasPrefix(key, s.SigningName+" ") && strings.HasSuffix(key, " "+place) {
			return true
		}
	}
	return false
}
