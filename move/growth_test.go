package move

import (
	"testing"
	"time"

	"github.com/understudy/understudy"
)

// Each look is a letter: u, the primary answers and has the users; d, it does not answer; s, it does not and the name leads to the standby;
// h, it answers and the switch holds users at the standby. Looks are a minute apart.
func TestStandbyGrowsInAnOutageAndShrinksAfterIt(t *testing.T) {
	for _, c := range []struct{ looks, want string }{
		{"uuuuuuuuuuuu", "............"},
		{"uduuduuddu", ".........."},         // a hiccup is no outage
		{"udddduuuuuu", "...g......-"},       // a pilot light, to which no name leads
		{"udssuuuuuuu", "..g......-."},       // a warm standby, to which it leads at once
		{"uddddduduuuuuu", "...g.........-"}, // calm begins anew
		{"ushhhhhhhhhhuuuuuu", ".g...............-"},
	} {
		g := Growth{Threshold: 3, Calm: 5 * time.Minute}
		grown, got := false, ""
		for n, letter := range c.looks {
			s := Sight{At: time.Unix(int64(n)*60, 0), Switch: understudy.Primary, Answer: understudy.Primary, PrimaryOK: letter == 'u' || letter == 'h'}
			switch letter {
			case 's':
				s.Answer = understudy.Secondary
			case 'h':
				s.Answer, s.Switch = understudy.Secondary, understudy.Secondary
			}
			switch g.Next(s, grown, true) {
			case Grow:
				grown, got = true, got+"g"
			case Shrink:
				grown, got = false, got+"-"
			default:
				got += "."
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.looks, got, c.want)
		}
	}
	g := Growth{Threshold: 1}
	if step := g.Next(Sight{Switch: understudy.Primary, Answer: understudy.Primary, PrimaryOK: true}, true, false); step != "" {
		t.Errorf("what a failover by hand has made grow: %s", step)
	}
}
