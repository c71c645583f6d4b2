package metrics

import (
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Suppression is what decides whether a composite alarm performs its actions, whose suppressor is another alarm
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html).
type Suppression struct {
	State     cwtypes.StateValue // the alarm's
	Since     time.Time          // when it entered that state
	Performed cwtypes.StateValue // the state whose actions it performed last, or would have
	Sounds    bool               // the suppressor is in ALARM
	Left      time.Time          // when the suppressor left ALARM last; zero for never
	Wait      time.Duration      // for the suppressor, after the alarm has entered ALARM
	Extension time.Duration      // after the suppressor has left it
}

// By is what suppresses the actions now, and until when, the zero value for as long as the suppressor sounds; "" for nothing. Only an alarm that
// is to perform actions waits.
func (s Suppression) By(now time.Time) (by cwtypes.ActionsSuppressedBy, until time.Time) {
	if s.Sounds {
		return cwtypes.ActionsSuppressedByAlarm, time.Time{}
	}
	if until := s.Left.Add(s.Extension); !s.Left.IsZero() && until.After(now) {
		return cwtypes.ActionsSuppressedByExtensionPeriod, until
	}
	if until := s.Since.Add(s.Wait); s.Pends() && s.State == cwtypes.StateValueAlarm && until.After(now) {
		return cwtypes.ActionsSuppressedByWaitPeriod, until
	}
	return "", time.Time{}
}

// Pends tells whether there are actions to perform. An alarm that went back to where it was while they were suppressed has none.
func (s Suppression) Pends() bool { return s.State != s.Performed }
