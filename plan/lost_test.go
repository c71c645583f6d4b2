package plan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/plan/resource"
)

// onceLost is a thing whose first create call loses its answer.
type onceLost struct {
	made    bool // by the call that was lost
	there   bool
	creates int
	changes int
	fails   error
	always  bool // create fails the second time, too
}

func (o *onceLost) Find(context.Context) (bool, error)                  { return o.there, nil }
func (o *onceLost) Desired() []resource.Field                           { return []resource.Field{{Name: "size", Value: "1"}} }
func (o *onceLost) Actual() []resource.Field                            { return nil }
func (o *onceLost) Change(context.Context, []resource.Difference) error { o.changes++; return nil }
func (o *onceLost) Remove(context.Context) error                        { return nil }
func (o *onceLost) Create(context.Context) error {
	o.creates++
	if o.creates == 1 || o.always {
		o.there = o.made
		return o.fails
	}
	o.there = true
	return nil
}

func TestLostAnswerToACreateMakesNothingTwice(t *testing.T) {
	lost := fmt.Errorf("create VPC: %w", io.ErrUnexpectedEOF)
	refused := &smithy.GenericAPIError{Code: "VpcLimitExceeded"}
	taken := &smithy.GenericAPIError{Code: "InvalidSubnet.Conflict"}
	for name, c := range map[string]struct {
		thing            *onceLost
		creates, changes int
		fails            bool
	}{
		"it was made":     {&onceLost{made: true, fails: lost}, 1, 1, false},
		"it was not made": {&onceLost{fails: lost}, 2, 0, false},
		"it was refused":  {&onceLost{fails: refused}, 1, 0, true},
		"all went well":   {&onceLost{made: true}, 1, 0, false},
		// A killed run's call may be carried out between this run's look and its own call.
		"a late call made it":           {&onceLost{made: true, fails: taken}, 1, 1, false},
		"somebody else's has its place": {&onceLost{fails: taken, always: true}, 2, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			err := Step{Action: Create, node: &node{resource: c.thing}}.do(t.Context())
			if (err != nil) != c.fails || c.thing.creates != c.creates || c.thing.changes != c.changes {
				t.Errorf("%s: %v, created %d times, changed %d times", name, err, c.thing.creates, c.thing.changes)
			}
			if c.fails && !errors.Is(err, c.thing.fails) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
