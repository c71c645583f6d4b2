package understudy

import (
	"fmt"
	"slices"
	"strings"
)

// Alarms are CloudWatch alarms of what the stack has made, and whom they tell.
type Alarms struct {
	Notify map[Side][]string // ARNs of topics of SNS, each of its region; nil tells nobody
	On     []Alarm
}

// Alarm is one of AlarmKinds, as it is declared.
type Alarm struct {
	Kind      string
	Threshold int // in the kind's unit; 0 is the kind's own
	Period    int // seconds over which the metric is taken together
	Periods   int // in a row that are beyond the threshold, to go to ALARM; 0 is the kind's own
}

// AlarmKind is what an alarm watches.
type AlarmKind struct {
	Name, Purpose               string
	Namespace, Metric, Of       string // Of is what the metric is of
	Statistic                   string // one of CloudWatch's five, or a percentile
	Below                       bool   // whether less than the threshold is wrong, and not the threshold and more
	Threshold, Periods, Divisor int    // the divisor leads from the declaration's unit to the metric's
	Missing                     string // what no data is taken for, as AWS names it
}

// What a metric is of.
const (
	OfBalancer = "load balancer"
	OfTargets  = "target group"
	OfFleet    = "fleet"
	OfCheck    = "health check"
)

// What no data is taken for (PutMetricAlarm in the CloudWatch API Reference, TreatMissingData). A load balancer counts errors only where there
// are some; of what is always measured, silence is the worst news.
const (
	noneIsGood = "notBreaching"
	noneIsBad  = "breaching"
)

// The kinds that other code asks for.
const (
	AlarmFleetSize    = "fleet-size"
	AlarmHealthyHosts = "healthy-hosts"
	AlarmHealthCheck  = "health-check"
)

// The namespaces of load balancers' metrics. Of network load balancers, targets are counted alike, and no answers ("CloudWatch metrics for your
// Network Load Balancer" in its User Guide).
const (
	ofBalancers        = "AWS/ApplicationELB"
	ofNetworkBalancers = "AWS/NetworkELB"
)

// AlarmKinds are all that may be declared. The metrics: "CloudWatch metrics for your Application Load Balancer" in its User Guide, "Amazon
// CloudWatch metrics for Amazon EC2 Auto Scaling", "Monitoring health checks using CloudWatch" in the Route 53 Developer Guide.
var AlarmKinds = []AlarmKind{
	{"errors", "answers of the service with a status of 5xx", ofBalancers, "HTTPCode_Target_5XX_Count", OfBalancer, "Sum", false, 10, 3, 1, noneIsGood},
	{"balancer-errors", "answers of the load balancer's own with a status of 5xx",
		ofBalancers, "HTTPCode_ELB_5XX_Count", OfBalancer, "Sum", false, 10, 3, 1, noneIsGood},
	{"unhealthy-hosts", "targets that fail their health check", ofBalancers, "UnHealthyHostCount", OfTargets, "Maximum", false, 1, 3, 1, noneIsBad},
	{AlarmHealthyHosts, "targets that pass their health check", ofBalancers, "HealthyHostCount", OfTargets, "Minimum", true, 1, 1, 1, noneIsBad},
	{"response-time", "the 99th percentile of the service's response times", ofBalancers,
		"TargetResponseTime", OfBalancer, "p99", false, 1000, 3, 1000, noneIsGood},
	{"rejected-connections", "connections that the load balancer had no room for",
		ofBalancers, "RejectedConnectionCount", OfBalancer, "Sum", false, 1, 1, 1, noneIsGood},
	{AlarmFleetSize, "instances in service", "AWS/AutoScaling", "GroupInServiceInstances", OfFleet, "Minimum", true, 0, 3, 1, noneIsBad},
	{AlarmHealthCheck, "whether Route 53 takes the region for healthy", "AWS/Route53", "HealthCheckStatus", OfCheck, "Minimum", true, 1, 1, 1, noneIsBad},
}

// RoutesMetrics is the region in which the metrics of Route 53 are ("Monitoring health checks using CloudWatch").
const RoutesMetrics = "us-east-1"

// alarmKind returns a kind by its name.
func alarmKind(name string) (AlarmKind, bool) {
	i := slices.IndexFunc(AlarmKinds, func(k AlarmKind) bool { return k.Name == name })
	if i < 0 {
		return AlarmKind{}, false
	}
	return AlarmKinds[i], true
}

// MadeAlarm is an alarm as it stands in a region.
type MadeAlarm struct {
	AlarmKind
	Role      string
	At, Of    Side // where it stands, and whose it watches
	Threshold float64
	Period    int
	Periods   int
	Topics    []string
}

// AlarmsOf are the alarms that stand in a region. A standby that is declared without an instance has none of its instances, which would be in
// ALARM all the time; those of health checks stand together where Route 53's metrics are.
func (d *Declaration) AlarmsOf(at Side) (all []MadeAlarm) {
	for _, a := range d.Alarms.On {
		kind, _ := alarmKind(a.Kind)
		if d.Balancer.Kind == KindNetwork && kind.Of == OfTargets {
			kind.Namespace = ofNetworkBalancers
		}
		for _, of := range Sides {
			m := MadeAlarm{AlarmKind: kind, Role: AlarmRole(kind.Name, of), At: at, Of: of, Period: a.Period, Periods: a.Periods, Topics: d.Alarms.Notify[at]}
			m.Threshold = float64(d.threshold(a, kind, of)) / float64(kind.Divisor)
			if d.alarmStands(kind, of) == at && !(d.Size(of).Desired == 0 && kind.ofInstances()) {
				all = append(all, m)
			}
		}
	}
	return all
}

// threshold is where an alarm of a region begins: that of the fleet's size at the least that is declared there.
func (d *Declaration) threshold(a Alarm, kind AlarmKind, of Side) int {
	if a.Threshold == 0 && kind.Name == AlarmFleetSize {
		return d.Size(of).Min
	}
	return a.Threshold
}

// ofInstances tells whether too few instances are what is wrong.
func (k AlarmKind) ofInstances() bool { return k.Name == AlarmHealthyHosts || k.Name == AlarmFleetSize }

// alarmStands is the side in whose region the alarm of a kind stands that watches a side, empty for neither.
func (d *Declaration) alarmStands(kind AlarmKind, of Side) Side {
	if kind.Of != OfCheck {
		return of
	}
	for _, side := range Sides {
		if d.Regions[side].Name == RoutesMetrics {
			return side
		}
	}
	return ""
}

// AlarmRole is what an alarm is to the stack. Those of both health checks stand in one region.
func AlarmRole(kind string, of Side) string {
	if kind == AlarmHealthCheck {
		return "alarm-" + kind + "-" + string(of)
	}
	return "alarm-" + kind
}

// AlarmName is the name of a stack's alarm.
func (d *Declaration) AlarmName(role string) string {
	return "understudy-" + d.Name + "-" + strings.TrimPrefix(role, "alarm-")
}

// alarms reads which alarms there are, and whom they tell.
func alarms(o *object, d *Declaration) Alarms {
	a := Alarms{Notify: topics(o.object("notify"), d)}
	for _, one := range o.objects("on") {
		next := alarm(one, d)
		if next.Kind != "" && slices.ContainsFunc(a.On, func(b Alarm) bool { return b.Kind == next.Kind }) {
			one.mistake("alarm", next.Kind+" a second time", "each alarm once")
		}
		a.On = append(a.On, next)
	}
	if len(a.Notify) > 0 && len(a.On) == 0 {
		o.mistake("on", "topics, and no alarm that would tell them", "alarms: [{alarm: errors}]")
	}
	return a
}

// topics reads whom the alarms of each region tell: CloudWatch publishes to topics of the alarm's region alone.
func topics(o *object, d *Declaration) map[Side][]string {
	const most = 5 // actions of a state (PutMetricAlarm, AlarmActions)
	found := map[Side][]string{}
	for _, side := range Sides {
		for i, arn := range o.texts(string(side), []string{}, topicARN) {
			if at, region := strings.Split(arn, ":")[3], d.Regions[side].Name; region != "" && at != region {
				o.mistake(string(side), fmt.Sprintf("a topic of %s, the %s", at, nth(i)), "topics of "+region)
			}
			if slices.Contains(found[side], arn) {
				o.mistake(string(side), "a topic twice, "+arn, "each topic once")
			}
			found[side] = append(found[side], arn)
		}
		if len(found[side]) > most {
			o.mistake(string(side), fmt.Sprintf("%d topics", len(found[side])), fmt.Sprintf("at most %d", most))
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		o.wrong("topics of one region", "some of each: {primary: [ARN], secondary: [ARN]}")
	}
	return found
}

// nth numbers an item of a list for a person.
func nth(index int) string { return fmt.Sprintf("%d. of the list", index+1) }

// alarm reads one alarm. CloudWatch looks back for a day at most (PutMetricAlarm, EvaluationPeriods): a day has 24 of the longest period.
func alarm(o *object, d *Declaration) Alarm {
	o.require("alarm", alarmName.allowed)
	a := Alarm{Kind: o.text("alarm", "", alarmName), Threshold: o.number("threshold", 0, 0, 1_000_000), Period: o.choice("period", 60, 60, 300, 900, 3600),
		Periods: o.number("evaluation_periods", 0, 0, 24)}
	kind, known := alarmKind(a.Kind)
	if !known {
		return a
	}
	if a.Periods == 0 {
		a.Periods = kind.Periods
	}
	switch {
	case kind.Of == OfBalancer && d.Balancer.Kind == KindNetwork:
		o.mistake("alarm", kind.Name+", with balancer.kind network",
			"one of targets, of the fleet or of health checks: a network load balancer counts no answers")
	case kind.Name == AlarmFleetSize && !d.Fleet.Metrics:
		o.mistake("alarm", kind.Name+", without fleet.metrics", "it beside fleet.metrics: true, by which the group's sizes are measured")
	case kind.Of == OfCheck && d.alarmStands(kind, Primary) == "":
		o.mistake("alarm", kind.Name+", and no region is "+RoutesMetrics, "it where one of the regions is "+RoutesMetrics+": Route 53's metrics are there")
	case kind.Of == OfCheck && a.Threshold > 1:
		o.mistake("threshold", fmt.Sprint(a.Threshold), "0 or 1: the metric is 1 while the check is healthy, and 0 while it is not")
	}
	if a.Threshold == 0 {
		a.Threshold = kind.Threshold
	}
	return a
}

var (
	alarmName = oneOf(strings.Join(alarmNames(), ", "), alarmNames()...)
	// "Amazon SNS topics": a name of 1 to 256 letters, digits, hyphens and underscores. An alarm publishes to standard topics.
	topicARN = matching(`arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}`, "the ARN of a topic of SNS in this region")
)

func alarmNames() (names []string) {
	for _, k := range AlarmKinds {
		names = append(names, k.Name)
	}
	return names
}
