package parity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// noneWanted is what a target group has that is healthy, where its fleet is to have no instance.
const noneWanted = "none, and none is wanted"

// ownNumbers tells whether each region has as many instances as it needs itself: as its own users make it, or as the standby is declared.
func (c *canon) ownNumbers() bool {
	return c.declared != nil && (c.declared.Fleet.Track != (understudy.Track{}) || c.declared.Grows() || len(c.declared.Fleet.Scheduled) > 0)
}

// wantsNone tells whether the fleets behind a target group are to have no instance.
func (c *canon) wantsNone(group string) bool {
	want, found := int32(0), false
	for _, g := range c.f.fleets {
		if slices.Contains(g.TargetGroupARNs, group) {
			want, found = want+aws.ToInt32(g.DesiredCapacity), true
		}
	}
	return found && want == 0
}

// may tells what the standby may lack that each side must have: what serves, and what its instances are, where it is declared to have
// none yet. That its check fails follows from it.
func (e expectation) may(kind, setting, value string) bool {
	if !e.dark {
		return false
	}
	switch kind {
	case "target group":
		return setting == settingHealthy && value == noneWanted
	case "auto scaling group":
		return strings.HasPrefix(setting, "instances' ") && value == None
	}
	return kind == "health check" && setting == settingFound
}

// growing tells of a standby that serves in the primary's place: it returns to its declared size after the failback.
func growing(fleet *Resource, g asgtypes.AutoScalingGroup) {
	by := account.OfGroup(g.Tags)[account.TagGrown]
	if by == "" {
		return
	}
	for _, setting := range []string{"min", "max"} {
		fleet.Passing[setting] = "it serves in the primary's place (" + by + "), and returns to its declared size after the failback"
	}
}

// intendedSize notes that the standby is declared to have another size.
func intendedSize(d *understudy.Declaration) []Note {
	if d == nil || d.Size(understudy.Primary) == d.Size(understudy.Secondary) {
		return nil
	}
	text := func(s understudy.Size) string {
		return fmt.Sprintf("%d instances, from %d to %d", s.Desired, s.Min, s.Max)
	}
	return []Note{{"auto scaling group fleet: size", fmt.Sprintf("an intended difference: %s in the primary, %s in the secondary",
		text(d.Size(understudy.Primary)), text(d.Size(understudy.Secondary)))}}
}
