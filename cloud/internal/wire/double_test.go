package wire

import (
	"math"
	"testing"
)

// The texts are Java's, whose Double.toString AWS's services write with.
func TestDoublesAreWrittenAsJavaWritesThem(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0.0", 41: "41.0", -1.5: "-1.5", 0.001: "0.001", 0.0001: "1.0E-4", 9999999: "9999999.0", 1e7: "1.0E7", 12345678.5: "1.23456785E7",
		math.Inf(1): "Infinity", math.Inf(-1): "-Infinity",
	} {
		if got := double(f, 64); got != want {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
	if got := double(math.NaN(), 64); got != "NaN" {
		t.Error(got)
	}
}
