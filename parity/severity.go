package parity

import (
	"fmt"
	"slices"
	"strings"
)

// Severity is how much a finding hurts in a failover.
type Severity int

// The severities, from the mildest.
const (
	Low      Severity = iota + 1 // nobody would feel it in a failover
	Medium                       // the standby behaves otherwise than the primary
	High                         // the standby serves badly, late, or not what the primary serves
	Critical                     // users are not served
)

var severityNames = []string{"low", "medium", "high", "critical"}

// Severities lists the names, the mildest first.
func Severities() []string { return slices.Clone(severityNames) }

func (s Severity) String() string {
	if s < Low || s > Critical {
		return fmt.Sprintf("severity %d", int(s))
	}
	return severityNames[s-1]
}

// SeverityOf returns the severity of a name.
func SeverityOf(name string) (Severity, error) {
	n := slices.Index(severityNames, name)
	if n < 0 {
		return 0, fmt.Errorf("no severity %q: there are %s", name, strings.Join(severityNames, ", "))
	}
	return Severity(n + 1), nil
}

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = SeverityOf(string(text))
	return err
}
