package plan

import (
	"math"
	"slices"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// What is only looked for, and may be left of an earlier declaration, is not in the price. What is declared for one region is in its own.
func TestThePriceIsThatOfWhatIsDeclared(t *testing.T) {
	d := resourcetest.Declared(t)
	s := &Stack{Declaration: d, Accounts: map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}}
	before := s.Price()
	sum := before.Primary.Monthly + before.Secondary.Monthly + before.Global.Monthly
	if math.Abs(before.All.Monthly-sum) > 1e-6 || before.Global.Monthly != prices.ZoneMonth {
		t.Errorf("the parts are not the whole: %+v", before)
	}
	place := d.Regions[understudy.Secondary]
	place.Egress = understudy.EgressNATPerZone
	d.Regions[understudy.Secondary] = place
	after, nats := s.Price(), 2*prices.HoursAMonth*(prices.NATHour+prices.AddressHour)
	if more := after.Secondary.Monthly - before.Secondary.Monthly; math.Abs(more-nats) > 1e-6 {
		t.Errorf("two NAT gateways add %v, want %v", more, nats)
	}
	if after.Primary.Monthly != before.Primary.Monthly {
		t.Errorf("the primary costs %v, and %v before", after.Primary, before.Primary)
	}
	place.Egress = understudy.EgressEndpoints
	d.Regions[understudy.Secondary] = place
	if more, want := s.Price().Secondary.Monthly-before.Secondary.Monthly, 2*2*prices.HoursAMonth*prices.EndpointHour; math.Abs(more-want) > 1e-6 {
		t.Errorf("two interface endpoints in two zones add %v, want %v", more, want)
	}
}

func TestAnUnknownPriceIsSaidToBeUnknown(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Instance.Type = "x9.colossal"
	p := (&Stack{Declaration: d, Accounts: map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}}).Price()
	want := []string{"instances of x9.colossal"}
	for name, part := range map[string]PartialPrice{"all": p.All, "primary": p.Primary, "secondary": p.Secondary} {
		if !slices.Equal(part.Unknown, want) || part.Monthly == 0 {
			t.Errorf("%s: %+v", name, part)
		}
	}
	if text := (PartialPrice{12.5, want}).String(); text != "$12.50 and what is not known: instances of x9.colossal" {
		t.Errorf("said as %q", text)
	}
}

// A region's own type is what its instances cost.
func TestTheTypeOfARegionIsPriced(t *testing.T) {
	d := resourcetest.Declared(t)
	s := &Stack{Declaration: d, Accounts: map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}}}
	before, place := s.Price(), d.Regions[understudy.Secondary]
	place.Type = "t3.small"
	d.Regions[understudy.Secondary] = place
	after, want := s.Price(), float64(d.Fleet.Desired+d.Hosts.Count)*prices.HoursAMonth*(0.0208-0.0104)
	if more := after.Secondary.Monthly - before.Secondary.Monthly; math.Abs(more-want) > 1e-6 || after.Primary.Monthly != before.Primary.Monthly {
		t.Errorf("the secondary costs %v more, want %v", more, want)
	}
}
