package metrics

import (
	"testing"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// The cases of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html, with its periods of minutes.
func TestSuppression(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	alarm, fine := cwtypes.StateValueAlarm, cwtypes.StateValueOk
	base := Suppression{State: alarm, Since: at(2), Performed: fine, Wait: 2 * time.Minute, Extension: 3 * time.Minute}
	with := func(change func(*Suppression)) Suppression { s := base; change(&s); return s }
	sounds := with(func(s *Suppression) { s.Sounds = true })
	left := with(func(s *Suppression) { s.Left = at(6) })
	for _, c := range []struct {
		name  string
		s     Suppression
		at    int
		by    cwtypes.ActionsSuppressedBy
		until int
	}{
		{"waits for its suppressor", base, 2, cwtypes.ActionsSuppressedByWaitPeriod, 4},
		{"which does not come", base, 4, "", 0},
		{"is suppressed", sounds, 3, cwtypes.ActionsSuppressedByAlarm, 0},
		{"after the wait, too", sounds, 5, cwtypes.ActionsSuppressedByAlarm, 0},
		{"the suppressor has left", left, 6, cwtypes.ActionsSuppressedByExtensionPeriod, 9},
		{"long ago", left, 9, "", 0},
		{"nothing pends after its way back", with(func(s *Suppression) { s.State, s.Since = fine, at(3) }), 3, "", 0},
		{"to leave ALARM waits for nothing", with(func(s *Suppression) { s.State, s.Performed = fine, alarm }), 2, "", 0},
		{"nor does one that has performed", with(func(s *Suppression) { s.Performed = alarm }), 2, "", 0},
		{"without periods", with(func(s *Suppression) { s.Wait, s.Extension, s.Left = 0, 0, at(2) }), 2, "", 0},
	} {
		by, until := c.s.By(at(c.at))
		if by != c.by || !until.IsZero() != (c.until > 0) || c.until > 0 && !until.Equal(at(c.until)) {
			t.Errorf("%s: %q until %v", c.name, by, until)
		}
	}
}
