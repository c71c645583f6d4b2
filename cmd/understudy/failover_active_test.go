package main

import (
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/balancing"
)

func TestDrawsSeldomMissARegion(t *testing.T) {
	for _, c := range []struct {
		routing            understudy.Routing
		primary, secondary int
		want               int
	}{
		{understudy.RoutingWeighted, 100, 100, 10},
		{understudy.RoutingWeighted, 3, 1, 25}, // 0.75^25 < 0.001 < 0.75^24
		{understudy.RoutingWeighted, 255, 1, 200},
		{understudy.RoutingLatency, 100, 100, 1},
	} {
		d := &understudy.Declaration{Failover: understudy.Failover{Routing: c.routing}, Regions: map[understudy.Side]understudy.Region{
			understudy.Primary: {Weight: c.primary}, understudy.Secondary: {Weight: c.secondary}}}
		if got := draws(d); got != c.want {
			t.Errorf("%d to %d: %d draws, want %d", c.primary, c.secondary, got, c.want)
		}
	}
}

func TestSwitchesAreDescribedByWhatTheyDo(t *testing.T) {
	const active, one = understudy.RoutingWeighted, understudy.RoutingFailover
	for _, c := range []struct {
		at       understudy.Side
		routing  understudy.Routing
		position understudy.Side
		want     string
	}{
		{understudy.Secondary, one, understudy.Secondary, "the standby serves, while it is healthy"},
		{understudy.Secondary, one, understudy.Primary, "health decides who serves"},
		{understudy.Secondary, active, understudy.Secondary, "the secondary alone serves, while it is healthy"},
		{understudy.Primary, active, understudy.Primary, "the primary alone serves, while it is healthy"},
		{understudy.Primary, active, understudy.Secondary, "health decides who serves"},
	} {
		if got := describeSwitch(c.at, c.routing, balancing.SwitchState{Position: c.position}); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// A drill of the secondary works on the stack with its sides in each other's place; the marker is where nothing is broken.
func TestDrillOfTheSecondaryIsOfTheMirroredStack(t *testing.T) {
	s := &plan.Stack{Declaration: &understudy.Declaration{Name: "hello", Failover: understudy.Failover{Routing: understudy.RoutingWeighted},
		Regions: map[understudy.Side]understudy.Region{understudy.Primary: {Name: "us-east-1"}, understudy.Secondary: {Name: "us-west-2"}}}}
	f := drillFlags{side: "secondary"}
	lost := f.lost(s)
	if lost.Declaration.Regions[understudy.Primary].Name != "us-west-2" || s.Declaration.Regions[understudy.Primary].Name != "us-east-1" {
		t.Errorf("to be lost is %s", lost.Declaration.Regions[understudy.Primary].Name)
	}
	if len(marker(s)) != 2 || lostOf(s, "") != s {
		t.Error("the marker is not looked for in both regions, or an entry without a side is not the primary's")
	}
	s.Declaration.Failover.Routing = understudy.RoutingFailover
	if len(marker(s)) != 1 {
		t.Error("where one region serves, the marker is looked for in both")
	}
}
