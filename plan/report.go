package plan

import "time"

// Reporter is told what happens while a plan is applied, from several goroutines at once.
type Reporter interface {
	Began(Step)
	Ended(Step, time.Duration, error)
}

// Silent is a reporter that does nothing.
type Silent struct{}

// Began does nothing.
func (Silent) Began(Step) {}

// Ended does nothing.
func (Silent) Ended(Step, time.Duration, error) {}

var _ Reporter = Silent{}
