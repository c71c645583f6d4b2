package scaling

import (
	"fmt"
	"slices"
	"time"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// The bounds and defaults of RefreshPreferences in the API reference, in seconds.
const (
	usualCheckpointDelay = 3600
	longestDelay         = 172800 // of a checkpoint, and of baking
	mostRefreshAlarms    = 10
)

// prefer takes the preferences of a refresh; what they leave out is as the group's, or AWS's default.
func (f *refreshRow) prefer(group fleetRow, p *autoscalingtypes.RefreshPreferences) error {
	f.Range, f.Warmup = fleet.Range{Min: 90, Max: 100}, group.Grace
	f.Protected, f.Standby = autoscalingtypes.ScaleInProtectedInstancesWait, autoscalingtypes.StandbyInstancesWait
	if group.Maintenance != nil {
		f.Range = *group.Maintenance
	}
	if group.Warmup != nil {
		f.Warmup = *group.Warmup
	}
	if p == nil {
		return nil
	}
	if err := room.Only(p, "MinHealthyPercentage", "MaxHealthyPercentage", "InstanceWarmup", "SkipMatching", "AutoRollback", "CheckpointPercentages",
		"CheckpointDelay", "ScaleInProtectedInstances", "StandbyInstances", "AlarmSpecification", "BakeTime"); err != nil {
		return err
	}
	if n := p.InstanceWarmup; n != nil && *n >= 0 {
		f.Warmup = *n
	}
	f.SkipMatching, f.AutoRollback = room.Deref(p.SkipMatching), room.Deref(p.AutoRollback)
	for _, set := range []func(*autoscalingtypes.RefreshPreferences) error{f.preferRange, f.preferCheckpoints, f.preferKept, f.preferAlarms} {
		if err := set(p); err != nil {
			return err
		}
	}
	return nil
}

func (f *refreshRow) preferRange(p *autoscalingtypes.RefreshPreferences) (err error) {
	high := int32(f.Range.Max)
	switch {
	case p.MinHealthyPercentage == nil && p.MaxHealthyPercentage == nil:
		return nil
	case p.MinHealthyPercentage == nil:
		return invalid("If you specify MaxHealthyPercentage, you must also specify MinHealthyPercentage.")
	case p.MaxHealthyPercentage != nil:
		high = *p.MaxHealthyPercentage
	}
	f.Range, err = healthRange(*p.MinHealthyPercentage, high)
	f.Range.First = p.MaxHealthyPercentage != nil
	return err
}

func (f *refreshRow) preferCheckpoints(p *autoscalingtypes.RefreshPreferences) error {
	for n, percent := range p.CheckpointPercentages {
		if percent < 1 || percent > 100 || n > 0 && percent <= p.CheckpointPercentages[n-1] {
			return invalid("CheckpointPercentages must be unique numbers between 1 and 100 in ascending order.")
		}
	}
	f.Checkpoints, f.Delay = p.CheckpointPercentages, usualCheckpointDelay
	for _, d := range []struct {
		name string
		from *int32
		to   *int32
	}{{"CheckpointDelay", p.CheckpointDelay, &f.Delay}, {"BakeTime", p.BakeTime, &f.Bake}} {
		if d.from == nil {
			continue
		}
		if *d.from < 0 || *d.from > longestDelay {
			return invalid("%s must be between 0 and %d.", d.name, longestDelay)
		}
		*d.to = *d.from
	}
	if p.CheckpointDelay != nil && *p.CheckpointDelay > 0 && len(p.CheckpointPercentages) == 0 {
		return invalid("If you specify CheckpointDelay, you must also specify CheckpointPercentages.")
	}
	return nil
}

func (f *refreshRow) preferKept(p *autoscalingtypes.RefreshPreferences) error {
	if s := p.ScaleInProtectedInstances; s != "" {
		if !slices.Contains(s.Values(), s) {
			return invalid("ScaleInProtectedInstances '%s' is not valid: %v are.", s, s.Values())
		}
		f.Protected = s
	}
	if s := p.StandbyInstances; s != "" {
		if !slices.Contains(s.Values(), s) {
			return invalid("StandbyInstances '%s' is not valid: %v are.", s, s.Values())
		}
		f.Standby = s
	}
	return nil
}

func (f *refreshRow) preferAlarms(p *autoscalingtypes.RefreshPreferences) error {
	if p.AlarmSpecification == nil {
		return nil
	}
	if f.Alarms = p.AlarmSpecification.Alarms; len(f.Alarms) > mostRefreshAlarms {
		return invalid("You can specify up to %d alarms.", mostRefreshAlarms)
	}
	return nil
}

func (f refreshRow) preferences() *autoscalingtypes.RefreshPreferences {
	out := &autoscalingtypes.RefreshPreferences{
		MinHealthyPercentage: new(int32(f.Range.Min)), MaxHealthyPercentage: new(int32(f.Range.Max)), InstanceWarmup: new(f.Warmup),
		SkipMatching: new(f.SkipMatching), AutoRollback: new(f.AutoRollback), ScaleInProtectedInstances: f.Protected, StandbyInstances: f.Standby,
		BakeTime: room.Some(f.Bake),
	}
	if len(f.Checkpoints) > 0 {
		out.CheckpointPercentages, out.CheckpointDelay = f.Checkpoints, new(f.Delay)
	}
	if len(f.Alarms) > 0 {
		out.AlarmSpecification = &autoscalingtypes.AlarmSpecification{Alarms: f.Alarms}
	}
	return out
}

// alarming tells which of a refresh's alarms ends it, in words. One that is rolled back looks at none.
func (r *Room) alarming(row refreshRow) string {
	if row.Rollback != nil {
		return ""
	}
	for _, name := range row.Alarms {
		if state, _ := r.alarms.Reading(name); state == cwtypes.StateValueAlarm {
			return fmt.Sprintf("The CloudWatch alarm %s is in the ALARM state.", name)
		}
	}
	return ""
}

// advanceRefresh notes that the refresh under way has reached a checkpoint, or bakes.
func (r *Room) advanceRefresh(tx *store.Tx, f fleetRow, to fleet.Kind) error {
	row, ok := r.refreshes.GetTx(tx, f.Refresh)
	if !ok {
		return nil
	}
	now := time.Now().UTC()
	if to == fleet.DoBake {
		row.Baking = now
		if row.Rollback == nil {
			row.Status = autoscalingtypes.InstanceRefreshStatusBaking
		}
	} else {
		row.Passed, row.Since = row.Passed+1, now
	}
	return r.refreshes.Put(tx, row.ID, row)
}
