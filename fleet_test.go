package understudy_test

import (
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

// What is not said of the standby's fleet is as the primary's, as far as what is said allows.
func TestStandbyIsAsLargeAsDeclared(t *testing.T) {
	for _, c := range []struct {
		fleet, standby string
		want           understudy.Size
		grows          bool
	}{
		{"{}", "{}", understudy.Size{Min: 2, Desired: 2, Max: 4}, false},
		{"{min: 2, desired: 4, max: 8}", "{}", understudy.Size{Min: 2, Desired: 4, Max: 8}, false},
		{"{min: 2, desired: 4, max: 8}", "{min: 2, desired: 4, max: 8}", understudy.Size{Min: 2, Desired: 4, Max: 8}, false},
		{"{min: 2, desired: 4, max: 8}", "{desired: 0}", understudy.Size{Min: 0, Desired: 0, Max: 8}, true},
		{"{min: 2, desired: 4, max: 8}", "{min: 0}", understudy.Size{Min: 0, Desired: 4, Max: 8}, false},
		{"{min: 2, desired: 4, max: 8}", "{max: 1}", understudy.Size{Min: 1, Desired: 1, Max: 1}, true},
		{"{min: 2, desired: 4, max: 8}", "{max: 4}", understudy.Size{Min: 2, Desired: 4, Max: 4}, true},
		{"{min: 2, desired: 4, max: 8}", "{desired: 9}", understudy.Size{Min: 2, Desired: 9, Max: 9}, false},
		{"{min: 2, desired: 4, max: 8}", "{min: 5}", understudy.Size{Min: 5, Desired: 5, Max: 8}, false},
	} {
		text := strings.Replace(good, "10.20.0.0/16", "10.20.0.0/16, fleet: "+c.standby, 1) + "fleet: " + c.fleet + "\n"
		d, err := parse(text)
		if err != nil {
			t.Fatalf("%s beside %s: %v", c.standby, c.fleet, err)
		}
		if got := d.Size(understudy.Secondary); got != c.want || d.Grows() != c.grows || d.Size(understudy.Primary) != d.Fleet.Size() {
			t.Errorf("%s beside %s is %v and grows: %v; want %v, %v", c.standby, c.fleet, got, d.Grows(), c.want, c.grows)
		}
	}
}
