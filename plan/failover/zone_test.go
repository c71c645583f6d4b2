package failover

import (
	"net/http"
	"testing"

	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// The zone of a call whose answer was lost is the one with its caller reference.
func TestZoneOfALostAnswerIsAdopted(t *testing.T) {
	var reference string
	s := resourcetest.Answering(t, func(*http.Request) (int, string) {
		return http.StatusOK, "<ListHostedZonesByNameResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>hello.test.</Name>" +
			"<CallerReference>" + reference + "</CallerReference></HostedZone></HostedZones></ListHostedZonesByNameResponse>"
	})
	z := &Zone{Scope: s}
	for _, c := range []struct {
		reference string
		adopted   bool
	}{{"ours-1", true}, {"another", false}} {
		reference = c.reference
		if there, err := z.adopt(t.Context(), "ours-1"); there != c.adopted || err != nil {
			t.Errorf("%s: %v, %v", c.reference, there, err)
		}
	}
	if z.ID != "Z1" {
		t.Errorf("the zone is %q", z.ID)
	}
}
