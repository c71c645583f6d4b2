package discover

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
)

// scheduled describes the scheduled actions of the fleets: of both regions, or of the one that alone has such a one. Their order has no meaning
// in AWS, and is that of their names.
func (d *Declared) scheduled(first, second *Site) {
	here, there := d.actions(first), d.actions(second)
	var said []map[string]any
	add := func(all, others map[string]map[string]any, side understudy.Side) {
		for name, one := range all {
			if maps.Equal(one, others[name]) {
				if side == understudy.Primary {
					said = append(said, one)
				}
				continue
			}
			one = maps.Clone(one)
			one["region"] = string(side)
			said = append(said, one)
		}
	}
	add(here, there, understudy.Primary)
	add(there, here, understudy.Secondary)
	slices.SortFunc(said, func(a, b map[string]any) int {
		return strings.Compare(a["name"].(string)+text(a["region"]), b["name"].(string)+text(b["region"]))
	})
	if said != nil {
		d.Values["fleet.scheduled"] = said
	}
}

// actions returns those of a fleet that recur without an end, by their names. A stack of this program's has made those whose names begin with its own.
func (d *Declared) actions(site *Site) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, a := range site.Scheduled {
		name := aws.ToString(a.ScheduledActionName)
		if own := site.own(); own != "" {
			name = strings.TrimPrefix(name, (&understudy.Declaration{Name: own}).ScheduledPrefix())
		}
		if a.Recurrence == nil || a.EndTime != nil {
			d.unsaid("the scheduled action %s in %s, which ends", aws.ToString(a.ScheduledActionName), site.Region)
			continue
		}
		all[name] = action(name, a)
	}
	return all
}

func action(name string, a asgtypes.ScheduledUpdateGroupAction) map[string]any {
	one := map[string]any{"name": name, "recurrence": *a.Recurrence}
	if zone := aws.ToString(a.TimeZone); zone != "" {
		one["timezone"] = zone
	}
	for key, n := range map[string]*int32{"min": a.MinSize, "desired": a.DesiredCapacity, "max": a.MaxSize} {
		if n != nil {
			one[key] = int(*n)
		}
	}
	return one
}
