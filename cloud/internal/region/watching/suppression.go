package watching

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// suppressor is by what a composite alarm's actions are suppressed.
type suppressor struct {
	Alarm           string // its name or ARN, as it was said; empty for none
	Wait, Extension int32  // seconds
	// Performed is the state whose actions were performed last, or would have been without a suppressor.
	Performed cwtypes.StateValue
}

// readSuppressor reads a request's. Both periods are required with it
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html).
func (r *Room) readSuppressor(tx *store.Tx, in *cloudwatch.PutCompositeAlarmInput) (s suppressor, err error) {
	s = suppressor{
		Alarm: room.Deref(in.ActionsSuppressor), Wait: room.Deref(in.ActionsSuppressorWaitPeriod),
		Extension: room.Deref(in.ActionsSuppressorExtensionPeriod),
	}
	switch {
	case s.Alarm == "" && (in.ActionsSuppressorWaitPeriod != nil || in.ActionsSuppressorExtensionPeriod != nil):
		return s, wire.Errorf("ValidationError", "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are for an alarm with an ActionsSuppressor")
	case s.Alarm == "":
		return s, nil
	case in.ActionsSuppressorWaitPeriod == nil || in.ActionsSuppressorExtensionPeriod == nil:
		return s, wire.Errorf("ValidationError", "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with an ActionsSuppressor")
	case s.Wait < 0 || s.Extension < 0:
		return s, wire.Errorf("ValidationError", "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must not be negative")
	}
	name := r.childName(s.Alarm)
	if _, ok := r.alarms.GetTx(tx, name); !ok {
		return s, wire.Errorf("ValidationError", "Could not save the composite alarm as the actions suppressor %s does not exist", r.alarmARN(name))
	}
	return s, nil
}

// suppression is what decides on an alarm's actions at present.
func (r *Room) suppression(row alarmRow) metrics.Suppression {
	by, _ := r.alarms.Get(r.childName(row.Suppressor.Alarm))
	seconds := func(n int32) time.Duration { return r.Speed.Of(time.Duration(n) * time.Second) }
	return metrics.Suppression{
		State: row.State, Since: row.Transitioned, Performed: row.Suppressor.Performed, Sounds: by.State == cwtypes.StateValueAlarm, Left: by.LeftAlarm,
		Wait: seconds(row.Suppressor.Wait), Extension: seconds(row.Suppressor.Extension),
	}
}

// performUnlessSuppressed has a composite alarm with a suppressor perform the actions of its state once nothing suppresses them. It returns when
// to look again, the zero value for at the next change.
func (r *Room) performUnlessSuppressed(row alarmRow) (due time.Time) {
	s := r.suppression(row)
	by, until := s.By(time.Now())
	if !s.Pends() || by != "" {
		return until
	}
	performs := false
	if err := r.Update(func(tx *store.Tx) error {
		current, ok := r.alarms.GetTx(tx, row.Name)
		if performs = ok && current.Configured.Equal(row.Configured) && current.State == row.State && current.Suppressor == row.Suppressor; !performs {
			return nil // it has changed meanwhile, and is looked at again
		}
		current.Suppressor.Performed = current.State
		return r.alarms.Put(tx, row.Name, current)
	}); err != nil {
		r.Log.Error("keep what an alarm performs", "alarm", row.Name, "err", err)
		return time.Now().Add(retryPause)
	}
	if performs {
		r.perform(row, row.State, nil)
	}
	return time.Time{}
}

// retryPause is how long what failed waits for the next try.
const retryPause = time.Second

// showSuppressor shows what suppresses an alarm's actions, in the words of an event that AWS has sent
// (github.com/awslabs/aws-lambda-rust-runtime, example-cloudwatch-alarm-composite.json).
func (r *Room) showSuppressor(row alarmRow, out *cwtypes.CompositeAlarm) {
	s := row.Suppressor
	if s.Alarm == "" {
		return
	}
	out.ActionsSuppressor, out.ActionsSuppressorWaitPeriod, out.ActionsSuppressorExtensionPeriod = &s.Alarm, &s.Wait, &s.Extension
	if by, _ := r.suppression(row).By(time.Now()); by != "" {
		out.ActionsSuppressedBy, out.ActionsSuppressedReason = by, new(fmt.Sprintf("Actions suppressed by %s", by))
	}
}
