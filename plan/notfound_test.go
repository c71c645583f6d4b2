package plan

import (
	"net/http"
	"testing"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// That something is not found is a success only for what takes it away.
func TestNotFoundIsNoSuccessOfWhatIsMade(t *testing.T) {
	s := resourcetest.Answering(t, resourcetest.NotFound("InvalidRouteTableID.NotFound"))
	made := &routes{Scope: s, id: "rtb-1", gateway: &gateway{Scope: s, id: "igw-1"}}
	if err := made.lead(t.Context()); !account.IsNotFound(err) {
		t.Errorf("a route in no table: %v", err)
	}
	s = resourcetest.Answering(t, resourcetest.NotFound("InvalidRoute.NotFound"))
	if err := (&routes{Scope: s, id: "rtb-1"}).lead(t.Context()); err != nil {
		t.Errorf("delete a route that is not there: %v", err)
	}
	extra := []rule{{"tcp", 22, 22, everywhere}, {"tcp", 8080, 8080, everywhere}}
	for code, fails := range map[string]bool{"InvalidGroup.NotFound": true, "InvalidPermission.NotFound": false} {
		g := &group{Scope: resourcetest.Answering(t, resourcetest.NotFound(code)), id: "sg-1", port: 8080, ingress: extra,
			egress: []rule{{protocol: "-1", peer: everywhere}}}
		if err := g.Change(t.Context(), nil); (err != nil) != fails {
			t.Errorf("revoke: %s: %v", code, err)
		}
	}
}

// The zone of a call whose answer was lost is the one with its caller reference.
func TestZoneOfALostAnswerIsAdopted(t *testing.T) {
	var reference string
	s := resourcetest.Answering(t, func(*http.Request) (int, string) {
		return http.StatusOK, "<ListHostedZonesByNameResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>hello.test.</Name>" +
			"<CallerReference>" + reference + "</CallerReference></HostedZone></HostedZones></ListHostedZonesByNameResponse>"
	})
	z := &zone{Scope: s}
	for _, c := range []struct {
		reference string
		adopted   bool
	}{{"ours-1", true}, {"another", false}} {
		reference = c.reference
		if there, err := z.adopt(t.Context(), "ours-1"); there != c.adopted || err != nil {
			t.Errorf("%s: %v, %v", c.reference, there, err)
		}
	}
	if z.id != "Z1" {
		t.Errorf("the zone is %q", z.id)
	}
}
