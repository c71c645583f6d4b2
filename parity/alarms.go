package parity

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// The alarms of a declared stack, by their names. Those of others are not compared: nothing says which of an account's are of a load balancer's
// service.

const kindAlarm = "alarm"

// alarmRoles are the roles of all alarms that a stack may have.
func alarmRoles() (roles []string) {
	for _, k := range understudy.AlarmKinds {
		for _, of := range understudy.Sides {
			if role := understudy.AlarmRole(k.Name, of); !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return roles
}

// readAlarms reads the stack's alarms, and their tags.
func (r *fetcher) readAlarms(ctx context.Context) error {
	if r.declared == nil {
		return nil
	}
	var names []string
	for _, role := range alarmRoles() {
		names = append(names, r.declared.AlarmName(role))
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(r.CloudWatch, &cloudwatch.DescribeAlarmsInput{
		AlarmNames: names, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.alarms = append(r.f.alarms, page.MetricAlarms...)
	}
	return each(ctx, r.f.alarms, func(ctx context.Context, a cwtypes.MetricAlarm) error {
		out, err := r.CloudWatch.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn})
		if err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.f.alarmTags[aws.ToString(a.AlarmArn)] = account.OfCloudWatch(out.Tags)
		return nil
	})
}

func (c *canon) describeAlarms() {
	for _, a := range c.f.alarms {
		name, arn := aws.ToString(a.AlarmName), aws.ToString(a.AlarmArn)
		for _, role := range alarmRoles() {
			if c.declared.AlarmName(role) == name {
				c.roles[arn] = role
			}
		}
		c.add(kindAlarm, arn, c.f.alarmTags[arn], c.alarmSettings(a), map[string]Command{
			"": {Remove: "cloudwatch delete-alarms --alarm-names " + shell(name)},
		})
	}
}

func (c *canon) alarmSettings(a cwtypes.MetricAlarm) map[string]string {
	of := aws.ToInt32(a.EvaluationPeriods)
	datapoints := of
	if a.DatapointsToAlarm != nil {
		datapoints = *a.DatapointsToAlarm
	}
	return map[string]string{
		"metric": aws.ToString(a.Namespace) + " " + aws.ToString(a.MetricName), "of": c.watches(a.Dimensions),
		"statistic": string(a.Statistic) + aws.ToString(a.ExtendedStatistic), "alarms when": string(a.ComparisonOperator),
		"threshold": decimal(aws.ToFloat64(a.Threshold)), "period": count(a.Period), "evaluation periods": itoa(int(of)),
		"datapoints to alarm": itoa(int(datapoints)), "missing data": aws.ToString(a.TreatMissingData), "acts": yes(a.ActionsEnabled),
		"tells": c.told(a.AlarmActions), "tells when ok": c.told(a.OKActions), "tells without data": c.told(a.InsufficientDataActions),
	}
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

const declaredTopics = "the declared topics"

// told is whom an alarm tells: the region's topics in the declaration's words.
func (c *canon) told(actions []string) string {
	topics := c.declared.Alarms.Notify[c.side]
	if len(topics) > 0 && list(slices.Clone(topics)) == list(slices.Clone(actions)) {
		return declaredTopics
	}
	return list(slices.Clone(actions))
}

// watches is what an alarm's metric is of, by what that is to the stack.
func (c *canon) watches(dimensions []cwtypes.Dimension) string {
	var all []string
	for _, d := range dimensions {
		value := aws.ToString(d.Value)
		switch aws.ToString(d.Name) {
		case "AutoScalingGroupName":
			value = c.meaning(value)
		case "HealthCheckId": // which is of the whole world, and not known here
			value = "a health check"
		default:
			for id, name := range c.names {
				if strings.HasSuffix(id, ":loadbalancer/"+value) || strings.HasSuffix(id, ":"+value) {
					value = name
				}
			}
		}
		all = append(all, value)
	}
	return list(all)
}

// expectAlarms adds those of a region.
func expectAlarms(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	for _, m := range d.AlarmsOf(side) {
		tells := None
		if len(m.Topics) > 0 {
			tells = declaredTopics
		}
		parts[key{kindAlarm, m.Role}] = map[string]string{
			"metric": m.Namespace + " " + m.Metric, "of": watched[m.AlarmKind.Of], "statistic": m.Statistic, "alarms when": string(account.Comparison(m.AlarmKind)),
			"threshold": decimal(m.Threshold), "period": itoa(m.Period), "evaluation periods": itoa(m.Periods), "datapoints to alarm": itoa(m.Periods),
			"missing data": m.Missing, "acts": "true", "tells": tells, "tells when ok": tells, "tells without data": None,
		}
	}
}

// watched is what watches makes of what a metric is of.
var watched = map[string]string{
	understudy.OfBalancer: "load balancer load-balancer",
	understudy.OfTargets:  "load balancer load-balancer, target group " + understudy.TargetGroupRole,
	understudy.OfFleet:    "auto scaling group fleet",
	understudy.OfCheck:    "a health check",
}
