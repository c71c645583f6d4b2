package understudy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

const (
	topicEast = `"arn:aws:sns:us-east-1:123456789012:page"`
	topicWest = `"arn:aws:sns:us-west-2:123456789012:page"`
)

// Each region has the alarms that are declared, but for those that would be in ALARM all the time, and tells its own topics.
func TestTheAlarmsOfEachRegion(t *testing.T) {
	d, err := parse(good + "fleet: {min: 2, metrics: true}\nalarms:\n  notify: {primary: [" + topicEast + "], secondary: [" + topicWest + "]}\n" +
		"  on: [{alarm: errors}, {alarm: response-time, threshold: 250}, {alarm: fleet-size}, " +
		"{alarm: health-check}, {alarm: healthy-hosts, period: 300, evaluation_periods: 2}]\n")
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Name            string
		Of              understudy.Side
		Threshold       float64
		Period, Periods int
		Topic           string
	}
	of := func(d *understudy.Declaration, at understudy.Side) (all []seen) {
		for _, m := range d.AlarmsOf(at) {
			all = append(all, seen{d.AlarmName(m.Role), m.Of, m.Threshold, m.Period, m.Periods, `"` + m.Topics[0] + `"`})
		}
		return all
	}
	p, s := understudy.Primary, understudy.Secondary
	want := []seen{
		{"understudy-hello-errors", p, 10, 60, 3, topicEast}, {"understudy-hello-response-time", p, 0.25, 60, 3, topicEast},
		{"understudy-hello-fleet-size", p, 2, 60, 3, topicEast}, {"understudy-hello-health-check-primary", p, 1, 60, 1, topicEast},
		{"understudy-hello-health-check-secondary", s, 1, 60, 1, topicEast}, {"understudy-hello-healthy-hosts", p, 1, 300, 2, topicEast},
	}
	if diff := cmp.Diff(want, of(d, p)); diff != "" {
		t.Errorf("the primary's (-want +got)\n%s", diff)
	}
	west := []seen{
		{"understudy-hello-errors", s, 10, 60, 3, topicWest}, {"understudy-hello-response-time", s, 0.25, 60, 3, topicWest},
		{"understudy-hello-fleet-size", s, 2, 60, 3, topicWest}, {"understudy-hello-healthy-hosts", s, 1, 300, 2, topicWest},
	}
	if diff := cmp.Diff(west, of(d, s)); diff != "" {
		t.Errorf("the secondary's (-want +got)\n%s", diff)
	}
	dark := d.Regions[s]
	dark.Fleet = &understudy.Size{Max: 2}
	d.Regions[s] = dark
	if diff := cmp.Diff(west[:2], of(d, s)); diff != "" {
		t.Errorf("those of a standby without instances (-want +got)\n%s", diff)
	}
}

func TestAlarmsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct{ declared, want string }{
		"twice":     {"{on: [{alarm: errors}, {alarm: errors}]}", "found errors a second time; allowed: each alarm once"},
		"none told": {"{notify: {primary: [" + topicEast + "], secondary: [" + topicWest + "]}}", "found topics, and no alarm that would tell them"},
		"another region": {"{notify: {primary: [" + topicWest + "], secondary: [" + topicWest + "]}, on: [{alarm: errors}]}",
			"found a topic of us-west-2, the 1. of the list; allowed: topics of us-east-1"},
		"one region's": {"{notify: {primary: [" + topicEast + "]}, on: [{alarm: errors}]}", "found topics of one region; allowed: some of each"},
		"no topic":     {"{notify: {primary: [page]}, on: [{alarm: errors}]}", "allowed: the ARN of a topic of SNS in this region"},
		"unknown": {"{on: [{alarm: fires}]}",
			"allowed: errors, balancer-errors, unhealthy-hosts, healthy-hosts, response-time, rejected-connections, fleet-size, health-check"},
		"no name":            {"{on: [{period: 60}]}", "found no alarms.on[0].alarm"},
		"no fleet's metrics": {"{on: [{alarm: fleet-size}]}", "found fleet-size, without fleet.metrics"},
		"beyond a check's":   {"{on: [{alarm: health-check, threshold: 2}]}", "allowed: 0 or 1: the metric is 1 while the check is healthy"},
		"an odd period":      {"{on: [{alarm: errors, period: 90}]}", "allowed: 60 or 300 or 900 or 3600"},
	} {
		if _, err := parse(good + "alarms: " + c.declared + "\n"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := parse(strings.Replace(good, "us-east-1", "eu-west-1", 1) + "alarms: {on: [{alarm: health-check}]}\n"); err == nil ||
		!strings.Contains(err.Error(), "no region is us-east-1") {
		t.Errorf("health checks without us-east-1: %v", err)
	}
}

// A network load balancer counts its targets in a namespace of its own, and no answers.
func TestTheAlarmsOfNetworkLoadBalancers(t *testing.T) {
	const kind = "balancer: {kind: network}\nfailover: {switch: none}\n"
	d, err := parse(good + kind + "alarms: {on: [{alarm: healthy-hosts}, {alarm: health-check}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, m := range d.AlarmsOf(understudy.Primary) {
		of[m.Role] = m.Namespace
	}
	want := map[string]string{"alarm-healthy-hosts": "AWS/NetworkELB", "alarm-health-check-primary": "AWS/Route53",
		"alarm-health-check-secondary": "AWS/Route53"}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, name := range []string{"errors", "balancer-errors", "response-time", "rejected-connections"} {
		_, err := parse(good + kind + "alarms: {on: [{alarm: " + name + "}]}\n")
		if err == nil || !strings.Contains(err.Error(), name+", with balancer.kind network") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
