package resource

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// Every row comes exactly once over the pages, whatever is made or removed between two of them.
func TestPagesHoldEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfDistinct(rapid.StringMatching(`[a-z]{1,8}`), rapid.ID).Draw(t, "rows")
		size := int32(rapid.IntRange(1, 9).Draw(t, "size"))
		seen := map[string]bool{}
		var token *string
		for {
			got, next, err := Page(append([]string(nil), rows...), func(s string) string { return s }, &size, token, 1, 9)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range got {
				if seen[s] {
					t.Fatalf("%q twice", s)
				}
				seen[s] = true
			}
			if next == nil {
				break
			}
			token = next
		}
		if len(seen) != len(rows) {
			t.Fatalf("%d of %d rows", len(seen), len(rows))
		}
	})
	_, _, err := Page([]string{"a"}, func(s string) string { return s }, nil, new("forged"), 1, 9)
	roomtest.WantCode(t, err, "InvalidParameterValue")
}
