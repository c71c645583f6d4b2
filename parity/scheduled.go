package parity

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
)

// expectScheduled adds the scheduled actions that a declaration asks for.
func expectScheduled(fleet map[string]string, d *understudy.Declaration, side understudy.Side) {
	for _, a := range d.ScheduledActions(side) {
		fleet["scheduled action "+d.ScheduledPrefix()+a.Name] = a.String()
	}
}

// scheduledBounds writes bounds that a declared scheduled action has set as the declared ones: which of them the group has is the hour's to say.
func (c *canon) scheduledBounds(settings map[string]string, g asgtypes.AutoScalingGroup) {
	if c.declared == nil || len(c.declared.ScheduledActions(c.side)) == 0 {
		return
	}
	declared := c.declared.Size(c.side)
	found := understudy.Size{Min: int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize))}
	size := c.declared.ScheduledSize(c.side, found)
	if size.Min == found.Min {
		settings["min"] = itoa(declared.Min)
	}
	if size.Max == found.Max {
		settings["max"] = itoa(declared.Max)
	}
}

// intendedActions notes the scheduled actions that one region is declared to have alone.
func intendedActions(d *understudy.Declaration) []Note {
	if d == nil {
		return nil
	}
	var alone []string
	for _, a := range d.Fleet.Scheduled {
		if a.Side != "" {
			alone = append(alone, fmt.Sprintf("%s in the %s alone", a.Name, a.Side))
		}
	}
	if len(alone) == 0 {
		return nil
	}
	return []Note{{"auto scaling group fleet: scheduled actions", "an intended difference: " + strings.Join(alone, ", ")}}
}
