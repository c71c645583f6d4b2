package main

import (
	"strings"
	"testing"

	"github.com/understudy/understudy/parity"
)

func TestDrillsBeginWhereUsersWouldFeelNoDifference(t *testing.T) {
	low, medium, high := parity.Finding{Name: "a", Severity: parity.Low},
		parity.Finding{Name: "b", Severity: parity.Medium}, parity.Finding{Name: "c", Severity: parity.High}
	for want, found := range map[string][]parity.Finding{
		"":                                nil,
		"1 findings, the gravest: b (me":  {medium, low},
		"2 findings, the gravest: c (hig": {high, medium, low, low},
	} {
		got := felt(&parity.Report{Findings: found})
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%v: %q, want %q", found, got, want)
		}
	}
	if got := felt(&parity.Report{Findings: []parity.Finding{low}}); got != "" {
		t.Errorf("what nobody would feel keeps a drill from beginning: %s", got)
	}
}
