package plan

import (
	"github.com/understudy/understudy/plan/resource"
)

// costly is a resource that AWS bills by the month or the hour.
type costly interface{ Monthly() float64 }

// monthly returns about what a resource costs a month, or 0 where it is free or not known.
func monthly(r resource.Resource) float64 {
	if c, ok := r.(costly); ok {
		return c.Monthly()
	}
	return 0
}
