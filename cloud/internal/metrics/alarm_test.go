package metrics

import (
	"testing"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"pgregory.net/rapid"
)

const (
	ok           = cwtypes.StateValueOk
	alarm        = cwtypes.StateValueAlarm
	insufficient = cwtypes.StateValueInsufficientData
	retain       = cwtypes.StateValue("RETAIN")
)

// points reads the guide's notation: 0 is a value that does not breach, X one that does, - a missing one.
func points(s string) (values []*float64) {
	zero, one := 0.0, 1.0
	for _, c := range s {
		switch c {
		case '0':
			values = append(values, &zero)
		case 'X':
			values = append(values, &one)
		case '-':
			values = append(values, nil)
		}
	}
	return values
}

func mOfN(m, n int, missing string) Alarm {
	return Alarm{EvaluationPeriods: n, DatapointsToAlarm: m, Comparison: cwtypes.ComparisonOperatorGreaterThanThreshold, TreatMissingData: missing}
}

// The rows of both tables of "Configuring how CloudWatch alarms treat missing data" and the cases of
// "Avoiding premature transitions to alarm state" in the CloudWatch user guide.
func TestMissingData(t *testing.T) {
	for _, c := range []struct {
		m                                        int
		data                                     string
		missing, ignore, breaching, notBreaching cwtypes.StateValue
	}{
		{3, "0 - X - X", ok, ok, ok, ok},
		{3, "0 - - - -", ok, ok, ok, ok},
		{3, "- - - - -", insufficient, retain, alarm, ok},
		{3, "0 X X - X", alarm, alarm, alarm, alarm},
		{3, "- - X - -", alarm, retain, alarm, ok},

		{2, "0 - X - X", alarm, alarm, alarm, alarm},
		{2, "0 0 X 0 X", alarm, alarm, alarm, alarm},
		{2, "0 - X - -", ok, ok, alarm, ok},
		{2, "- - - - 0", ok, ok, alarm, ok},
		{2, "- - - X -", alarm, retain, alarm, ok},

		{3, "- - - - X", retain, retain, alarm, ok},
		{3, "- - - X -", retain, retain, alarm, ok},
		{3, "- - - X 0", ok, ok, ok, ok},
		{3, "- - X - 0", ok, ok, ok, ok},
	} {
		for treat, want := range map[string]cwtypes.StateValue{Missing: c.missing, Ignore: c.ignore, Breaching: c.breaching, NotBreaching: c.notBreaching} {
			for _, current := range []cwtypes.StateValue{ok, alarm, insufficient} {
				expected := want
				if want == retain {
					expected = current
				}
				if got := mOfN(c.m, 3, treat).Judge(points(c.data), current); got != expected {
					t.Errorf("%d of 3, %s, %s, in %s: %s, want %s", c.m, c.data, treat, current, got, expected)
				}
			}
		}
	}
}

func TestComparisons(t *testing.T) {
	for op, want := range map[cwtypes.ComparisonOperator]string{
		cwtypes.ComparisonOperatorGreaterThanThreshold:          "001",
		cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold: "011",
		cwtypes.ComparisonOperatorLessThanThreshold:             "100",
		cwtypes.ComparisonOperatorLessThanOrEqualToThreshold:    "110",
	} {
		got := ""
		for _, v := range []float64{4, 5, 6} {
			if (Alarm{Comparison: op, Threshold: 5}).Breaches(v) {
				got += "1"
			} else {
				got += "0"
			}
		}
		if got != want {
			t.Errorf("%s of 4, 5 and 6 with 5: %s, want %s", op, got, want)
		}
	}
}

// What holds of any alarm and any data.
func TestJudgeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		a := mOfN(rapid.IntRange(1, n).Draw(t, "m"), n, rapid.SampledFrom([]string{Missing, Ignore, Breaching, NotBreaching}).Draw(t, "missing"))
		text := ""
		for range a.Range() {
			text += rapid.SampledFrom([]string{"0", "X", "-"}).Draw(t, "point")
		}
		current := rapid.SampledFrom([]cwtypes.StateValue{ok, alarm, insufficient}).Draw(t, "current")
		got := a.Judge(points(text), current)

		// Filling missing data with what it is treated as, by hand, gives the same. Only so many are filled
		// that the evaluation periods are.
		recent, bad := "", 0
		for i := len(text) - 1; i >= 0 && len(recent) < n; i-- {
			if text[i] != '-' {
				recent += text[i : i+1]
			}
		}
		for i := range recent {
			if recent[i] == 'X' {
				bad++
			}
		}
		full := len(recent) == n
		switch {
		case full && got != map[bool]cwtypes.StateValue{true: alarm, false: ok}[bad >= a.DatapointsToAlarm]:
			t.Fatalf("%+v of %s: %s with data enough", a, text, got)
		case a.TreatMissingData == NotBreaching && (got == alarm) != (bad >= a.DatapointsToAlarm):
			t.Fatalf("%+v of %s: %s", a, text, got)
		case a.TreatMissingData == Breaching && (got == alarm) != (bad+n-len(recent) >= a.DatapointsToAlarm):
			t.Fatalf("%+v of %s: %s", a, text, got)
		case bad >= a.DatapointsToAlarm && got != alarm:
			t.Fatalf("%+v of %s: %s with breaching points enough", a, text, got)
		case got == insufficient && current != insufficient && (recent != "" || a.TreatMissingData != Missing):
			t.Fatalf("%+v of %s: %s", a, text, got)
		case a.TreatMissingData == Ignore && recent == "" && got != current:
			t.Fatalf("%+v of %s: %s, was %s", a, text, got, current)
		}
	})
}
