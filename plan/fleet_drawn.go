package plan

import (
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

func ofInstances(s resource.Scope, n int) float64 {
	return float64(n) * prices.InstanceMonth(s.Declared, s.Side)
}
