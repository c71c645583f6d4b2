package understudy

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // also on a machine without the database

	"github.com/adhocore/gronx"
)

// Scheduled is a scheduled action: at its times the fleet gets these bounds and this size. What is 0 stays as it is then.
type Scheduled struct {
	Name              string
	Recurrence        string // five fields of cron, as Auto Scaling takes them
	Zone              string // of the times, as the IANA time zone database names it; empty is UTC
	Min, Desired, Max int
	Side              Side // the region that has it; empty is both
}

// In tells whether a region has the action.
func (s Scheduled) In(side Side) bool { return s.Side == "" || s.Side == side }

// String tells when the action is carried out, and what it sets.
func (s Scheduled) String() string {
	var sets []string
	for _, one := range []struct {
		what string
		n    int
	}{{"min", s.Min}, {"desired", s.Desired}, {"max", s.Max}} {
		if one.n != 0 {
			sets = append(sets, fmt.Sprint(one.what, " ", one.n))
		}
	}
	when := s.Recurrence
	if s.Zone != "" {
		when += " in " + s.Zone
	}
	return when + ": " + strings.Join(sets, ", ")
}

// ScheduledActions are those of a region's fleet.
func (d *Declaration) ScheduledActions(side Side) []Scheduled {
	return slices.DeleteFunc(slices.Clone(d.Fleet.Scheduled), func(s Scheduled) bool { return !s.In(side) })
}

// ScheduledPrefix begins the names that the stack's scheduled actions have in AWS, where they have no tags.
func (d *Declaration) ScheduledPrefix() string { return "understudy-" + d.Name + "-" }

// ScheduledSize is the size that a region's fleet is to have which is found with this one: as declared, but for a bound that a scheduled
// action sets. Where somebody has moved the other bound past that one, both are as declared.
func (d *Declaration) ScheduledSize(side Side, found Size) Size {
	declared := d.Size(side)
	size := declared
	for _, a := range d.ScheduledActions(side) {
		if a.Min != 0 && a.Min == found.Min {
			size.Min = a.Min
		}
		if a.Max != 0 && a.Max == found.Max {
			size.Max = a.Max
		}
	}
	if size.Min > size.Max {
		return declared
	}
	return size
}

// Peak is the largest that a region's fleet is declared to be, at any time.
func (d *Declaration) Peak(side Side) Size {
	size := d.Size(side)
	for _, a := range d.ScheduledActions(side) {
		size = Size{max(size.Min, a.Min), max(size.Desired, a.Desired, a.Min), max(size.Max, a.Max)}
	}
	return size
}

// mostScheduled leaves some of a group's 125 scheduled actions to others ("Quotas for Amazon EC2 Auto Scaling").
const mostScheduled = 100

// scheduledKey is read once the sizes of both regions are known.
const scheduledKey = "scheduled"

// scheduled reads the scheduled actions. A region that is lost in an outage, or stands by for one, has an instance at any time.
func scheduled(o *object, d *Declaration) (all []Scheduled) {
	for _, one := range o.objects(scheduledKey) {
		one.require("name", actionName.allowed)
		one.require("recurrence", recurrence.allowed)
		s := Scheduled{
			Name: one.text("name", "", actionName), Recurrence: one.text("recurrence", "", recurrence), Zone: one.text("timezone", "", timeZone),
			Min: one.number("min", 0, 0, most), Desired: one.number("desired", 0, 0, most), Max: one.number("max", 0, 0, most),
			Side: Side(one.text("region", "", actionSide)),
		}
		if slices.ContainsFunc(all, func(other Scheduled) bool { return other.Name == s.Name && s.Name != "" }) {
			one.mistake("name", s.Name+" twice", "each name once")
		}
		s.check(one, d)
		all = append(all, s)
	}
	if len(all) > mostScheduled {
		o.mistake(scheduledKey, fmt.Sprintf("%d scheduled actions", len(all)), fmt.Sprintf("at most %d", mostScheduled))
	}
	return all
}

// check holds the action against what the fleet has when it comes: Auto Scaling carries out none that contradicts the group's bounds.
func (s Scheduled) check(o *object, d *Declaration) {
	if s.Min == 0 && s.Desired == 0 && s.Max == 0 {
		o.wrong("an action that changes nothing", "one of min, desired and max")
		return
	}
	for _, side := range Sides {
		if !s.In(side) {
			continue
		}
		if d.Regions[side].Fleet != nil {
			o.mistake("region", "an action of the standby, which has a size of its own (regions.secondary.fleet)",
				"primary: a standby that serves must not shrink, and one that does not has its declared size")
			return
		}
		if s.contradicts(o, d.Size(side)) {
			return
		}
	}
}

// contradicts wants the three in their order. Where one is not said, it is the fleet's own.
func (s Scheduled) contradicts(o *object, size Size) bool {
	told := func(n, own int) (int, string) {
		if n != 0 {
			return n, "the action's"
		}
		return own, "the fleet's"
	}
	least, whoseLeast := told(s.Min, size.Min)
	greatest, whoseGreatest := told(s.Max, size.Max)
	switch {
	case least > greatest && s.Max != 0:
		o.mistake("max", fmt.Sprint(s.Max), fmt.Sprintf("a whole number from %s min, %d", whoseLeast, least))
	case least > greatest:
		o.mistake("min", fmt.Sprint(s.Min), fmt.Sprintf("a whole number to %s max, %d", whoseGreatest, greatest))
	case s.Desired != 0 && s.Desired < least:
		o.mistake("desired", fmt.Sprint(s.Desired), fmt.Sprintf("a whole number from %s min, %d", whoseLeast, least))
	case s.Desired > greatest:
		o.mistake("desired", fmt.Sprint(s.Desired), fmt.Sprintf("a whole number to %s max, %d", whoseGreatest, greatest))
	default:
		return false
	}
	return true
}

var (
	actionSide = oneOf("primary, secondary, or nothing for both", string(Primary), string(Secondary), "")
	// The name has 255 characters at most, the stack's part among them (PutScheduledUpdateGroupAction in the Amazon EC2 Auto Scaling API Reference).
	actionName = upTo(100, matching(`[a-z0-9]+(-[a-z0-9]+)*`, "1 to 100 lower-case letters, digits and single hyphens between them"))

	// Five fields of numbers, names, lists, ranges and steps ("Scheduled scaling for Amazon EC2 Auto Scaling", recurring schedules). The
	// library knows more than these.
	recurrence = holding(matching(`([0-9A-Za-z*,/-]+ +){4}[0-9A-Za-z*,/-]+`, `five fields of cron that come to some time, for example "0 7 * * MON-FRI"`), comes)
	timeZone   = holding(matching(`([A-Za-z][A-Za-z0-9_+/-]*)?`, "a name of the IANA time zone database, for example Europe/Berlin, or nothing for UTC"),
		func(name string) bool {
			_, err := time.LoadLocation(name)
			return err == nil && name != "Local"
		})
)

// comes tells whether a recurrence has a time at all: February has no 30th day.
func comes(text string) bool {
	if !gronx.IsValid(text) {
		return false
	}
	_, err := gronx.NextTickAfter(text, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), true)
	return err == nil
}
