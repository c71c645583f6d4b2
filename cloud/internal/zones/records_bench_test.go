package zones

import (
	"fmt"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// BenchmarkBatchOfOne changes one record of a zone that holds as many as AWS allows, and puts it in force.
func BenchmarkBatchOfOne(b *testing.B) {
	a, _ := newAPI(b, b.TempDir())
	p := newPlane(Config{Speed: 1}, a.state)
	a.data = p
	z := makeZone(b, a, "example.com")
	for from := 0; from < maxZoneRecords-100; from += 900 {
		var changes []r53types.Change
		for i := from; i < min(from+900, maxZoneRecords-100); i++ {
			changes = append(changes, create(a1(fmt.Sprintf("n%d.example.com", i))))
		}
		if err := apply(b, a, z, changes...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := apply(b, a, z, upsert(a1("n5000.example.com"))); err != nil {
			b.Fatal(err)
		}
	}
}
