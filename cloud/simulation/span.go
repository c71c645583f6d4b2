package simulation

import (
	"fmt"
	"time"
)

// Span is a time that is written as Go writes it, 1m30s, in JSON too.
type Span time.Duration

// String writes it.
func (s Span) String() string { return time.Duration(s).String() }

// MarshalText writes it.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads it.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no time, for example 1m30s", text)
	}
	*s = Span(d)
	return nil
}

// Milliseconds returns it as drill reports show times, rounded to a tenth.
func (s Span) Milliseconds() float64 {
	return float64(time.Duration(s).Round(100*time.Microsecond)) / float64(time.Millisecond)
}
