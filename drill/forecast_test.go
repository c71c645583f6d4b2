package drill

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatWasForeseenStandsBesideWhatWasMeasured(t *testing.T) {
	r := &Report{Clients: 4, GrainMS: 1000, Kinds: []KindReport{
		{Kind: "cache", Clients: 3, DowntimeMS: Spread{P50: 41_000, P99: 90_000}, Ledger: []Row{{Cause: CauseCache, SumMS: 9000}, {Cause: CauseProbe, SumMS: 300}}},
		{Kind: "stub", Clients: 1, DowntimeMS: Spread{P50: 9000, P99: 900}, Ledger: []Row{{Cause: CauseProbe, SumMS: 100}}},
		{Kind: "pool", Clients: 0, DowntimeMS: Spread{P50: 5}},
	}}
	r.Foresee(map[string]Forecast{
		"cache": {P50: 40_000, P99: 70_000, Causes: map[Cause]float64{CauseCache: 2000, CauseAnswer: 10}},
		"stub":  {P50: 10_000, P99: 0, Causes: map[Cause]float64{CauseProbe: 200}},
	})
	want := []Compared{{CauseProbe, 100, 50}, {CauseAnswer, 0, 7.5}, {CauseCache, 2250, 1500}}
	if diff := cmp.Diff(want, r.Compared); diff != "" {
		t.Error(diff)
	}
	// Of the stub, 10 % are off and no more, and 900 ms cannot be seen by who asks once a second.
	if diff := cmp.Diff([]Finding{{"cache", "p99", 3, 90_000, 70_000}}, r.Findings); diff != "" {
		t.Error(diff)
	}
	if said := r.Findings[0].String(); !strings.Contains(said, "+29 %") || r.Kinds[2].Forecast != nil {
		t.Errorf("%s; %+v", said, r.Kinds[2])
	}
}
