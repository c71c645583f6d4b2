package zones

import (
	"fmt"
	"path/filepath"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// filled is Route 53 with zones that hold nearly as many records as AWS allows, in the folder dir.
func filled(b *testing.B, dir string, zones int) (a *Room, last string) {
	b.Helper()
	a, _ = openAPI(b, dir)
	a.answers = newAnswers(a, routing.New(0, 1, nil), "")
	for n := range zones {
		last = makeZone(b, a, fmt.Sprintf("z%d.example.com", n))
		for from := 0; from < records.MaxZoneRecords-100; from += 900 {
			var changes []r53types.Change
			for i := from; i < min(from+900, records.MaxZoneRecords-100); i++ {
				changes = append(changes, create(a1(fmt.Sprintf("n%d.z%d.example.com", i, n))))
			}
			if err := apply(b, a, last, changes...); err != nil {
				b.Fatal(err)
			}
		}
	}
	return a, last
}

// BenchmarkBatchOfOne changes one record, and puts it in force.
func BenchmarkBatchOfOne(b *testing.B) {
	for _, zones := range []int{1, 10} {
		b.Run(fmt.Sprintf("%d_records", zones*records.MaxZoneRecords), func(b *testing.B) {
			a, z := filled(b, b.TempDir(), zones)
			for b.Loop() {
				if err := apply(b, a, z, upsert(a1(fmt.Sprintf("n5000.z%d.example.com", zones-1)))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStart reads 100,000 records and makes them ready to be answered.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	a, _ := filled(b, dir, 10)
	if err := a.DB.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		db, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		r, err := load(room.New(room.Identity{Pace: tempo.At(1)}, db, nil))
		if err != nil {
			b.Fatal(err)
		}
		newAnswers(r, routing.New(0, 1, nil), "").Publish()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
