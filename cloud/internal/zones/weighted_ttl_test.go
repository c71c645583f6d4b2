package zones

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// TestWeightedSetsHaveOneTTL changes the TTL of weighted record sets, one alone and all together.
func TestWeightedSetsHaveOneTTL(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	weighted := func(id string, ttl int64) *r53types.ResourceRecordSet {
		return a1("w.example.com", weight(id, 1), func(s *r53types.ResourceRecordSet) { s.TTL = aws.Int64(ttl) })
	}
	if err := apply(t, a, z, create(weighted("a", 60)), create(weighted("b", 60)), create(a1("x.example.com", weight("a", 1)))); err != nil {
		t.Fatal(err)
	}
	const first = "RRSet with DNS name w.example.com., type A, SetIdentifier a cannot be created as weighted sets must contain the same TTL."
	refused(t, apply(t, a, z, upsert(weighted("a", 300))), "InvalidChangeBatch", "["+first+"]")
	refused(
		t,
		apply(t, a, z, upsert(weighted("a", 300)), create(weighted("c", 60))),
		"InvalidChangeBatch",
		"["+first+", RRSet with DNS name w.example.com., type A, SetIdentifier c cannot be created as weighted sets must contain the same TTL.]",
	)
	if err := apply(t, a, z, upsert(weighted("a", 300)), upsert(weighted("b", 300)),
		create(a1("w.example.com", weight("alias", 1), alias(z, "x.example.com")))); err != nil {
		t.Errorf("all together: %v", err)
	}
	if err := apply(t, a, z, remove(weighted("b", 300)), upsert(weighted("a", 60))); err != nil {
		t.Errorf("the other goes: %v", err)
	}
}
