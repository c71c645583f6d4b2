package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

// replacing is a resource of which some changes put something new in the place of the old.
type replacing interface {
	Replaces([]resource.Difference) string
}

// succeeding is a resource that is made beside one of an earlier generation, which goes afterwards.
type succeeding interface{ Succeeds() string }

// Replaces says what a step replaces, how many instances, in which order and about how long, or "".
func (s Step) Replaces() string {
	if s.node == nil || s.Action != Change {
		return s.Succeeds()
	}
	if r, ok := s.node.resource.(replacing); ok {
		return r.Replaces(s.Differences)
	}
	return ""
}

func (s Step) Succeeds() string {
	if s.node == nil || s.Action != Create {
		return ""
	}
	if r, ok := s.node.resource.(succeeding); ok {
		return r.Succeeds()
	}
	return ""
}

// Succeeds counts the time until the new instances serve, which are launched together, and until the old have finished their requests.
func (f *fleet) Succeeds() string {
	if len(f.predecessors()) == 0 {
		return ""
	}
	var names []string
	for _, one := range f.predecessors() {
		names = append(names, one.fleetName())
	}
	t := f.Declared.Target
	all := machines.BootTime + time.Duration(t.Healthy*t.Interval+t.DeregistrationDelay)*time.Second
	return fmt.Sprintf("%d instances of %s, all at once: as many of %s are made beside them, and those go when these serve; about %v",
		f.begins(), strings.Join(names, " and "), f.fleetName(), max(all.Round(time.Minute), time.Minute))
}

func (f *fleet) Replaces(differences []resource.Difference) string {
	if !resource.Differs(differences, "instances' version") {
		return ""
	}
	t, n := f.Declared.Target, f.Declared.Size(f.Side).Desired
	each := machines.BootTime + time.Duration(t.Healthy*t.Interval+t.DeregistrationDelay)*time.Second
	r := f.Declared.Fleet.Refresh
	all := time.Duration(n)*(each+time.Duration(r.WarmUp)*time.Second) + time.Duration(r.Pauses())*time.Second
	return fmt.Sprintf("%d instances, %s; about %v", n, r, all.Round(time.Minute))
}

func (c *check) Replaces(differences []resource.Difference) string {
	if !c.renews(differences) {
		return ""
	}
	return fmt.Sprintf("no instance: a new health check takes the place of %s in the records, then that one is deleted", c.id)
}

// reasoned is a wait that knows what is missing.
type reasoned interface{ reason() string }

// Reason says what a wait is for and what is so far, or "".
func (s Step) Reason() string {
	if s.node == nil || s.Action != Wait {
		return ""
	}
	if r, ok := s.node.resource.(reasoned); ok {
		return r.reason()
	}
	return ""
}

func (t *targets) reason() string {
	text := fmt.Sprintf("for %d instances that the load balancer finds healthy; %d are", t.Declared.Size(t.Side).Desired, t.healthy)
	if len(t.ill) > 0 {
		text += " (" + strings.Join(t.ill, ", ") + ")"
	}
	return text
}

func (p *passing) reason() string {
	if len(p.found) > 0 {
		return "for Route 53's checkers to find the region healthy; " + p.told()
	}
	return fmt.Sprintf("for Route 53's checkers to find the region healthy; %d of %d do", p.seen.Healthy, p.seen.Checkers)
}
