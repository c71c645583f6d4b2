package region

import (
	"testing"

	"github.com/understudy/understudy/cloud/internal/access"
)

// TestPoliciesKnowEveryKind: a kind that package access does not know would be in no policy's resources. Tags call it as its ARNs do
// (Service Authorization Reference, "Resource types defined by Amazon EC2"), but for Elastic IP addresses.
func TestPoliciesKnowEveryKind(t *testing.T) {
	r, _ := open(t)
	kinds := r.resources.Tagged()
	if len(kinds) < 15 {
		t.Errorf("found %d kinds, which is too few to be all", len(kinds))
	}
	for prefix, kind := range kinds {
		if got := access.KindOf(prefix + "-0123456789abcdef0"); got != string(kind) {
			t.Errorf("%s, an id of %s, is of the kind %q in policies", prefix, kind, got)
		}
	}
}
