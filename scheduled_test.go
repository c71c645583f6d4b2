package understudy_test

import (
	"testing"

	"github.com/understudy/understudy"
)

// What a scheduled action has set is what the fleet is to have; what nobody has declared is not.
func TestBoundsOfScheduledActionsAreTheFleets(t *testing.T) {
	d, err := parse(good + "fleet: {min: 2, desired: 2, max: 4, scheduled: [\n" +
		"  {name: morning, recurrence: '0 7 * * MON-FRI', timezone: Europe/Berlin, min: 4, desired: 6, max: 12},\n" +
		"  {name: west, recurrence: '0 8 * * *', region: secondary, max: 20}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		side        understudy.Side
		found, want understudy.Size
	}{
		{understudy.Primary, understudy.Size{Min: 4, Desired: 9, Max: 12}, understudy.Size{Min: 4, Desired: 2, Max: 12}},
		{understudy.Primary, understudy.Size{Min: 3, Desired: 3, Max: 12}, understudy.Size{Min: 2, Desired: 2, Max: 12}},
		{understudy.Primary, understudy.Size{Min: 4, Desired: 4, Max: 20}, understudy.Size{Min: 4, Desired: 2, Max: 4}},
		{understudy.Secondary, understudy.Size{Min: 4, Desired: 4, Max: 20}, understudy.Size{Min: 4, Desired: 2, Max: 20}},
	} {
		if got := d.ScheduledSize(c.side, c.found); got != c.want {
			t.Errorf("%s, found %+v: %+v, want %+v", c.side, c.found, got, c.want)
		}
	}
	if got := d.Peak(understudy.Primary); got != (understudy.Size{Min: 4, Desired: 6, Max: 12}) {
		t.Errorf("the primary is at most %+v", got)
	}
	actions := d.ScheduledActions(understudy.Primary)
	if len(actions) != 1 || actions[0].String() != "0 7 * * MON-FRI in Europe/Berlin: min 4, desired 6, max 12" {
		t.Errorf("the primary's are %v", actions)
	}
}
