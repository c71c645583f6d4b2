package plan

import (
	"context"
	"errors"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// Stack is a declared service in its two regions.
type Stack struct {
	Declaration *understudy.Declaration
	Accounts    map[understudy.Side]*account.Account
	Rollout     Rollout             // how Up changes what serves
	adopted     *understudy.Adopted // what is held of a stack that others built; nil for a declared one
}

// Open makes the clients for both regions. It sends no request.
func Open(ctx context.Context, d *understudy.Declaration, options ...account.Option) (*Stack, error) {
	s := &Stack{Declaration: d, Accounts: map[understudy.Side]*account.Account{}, Rollout: Rollout{Bake: DefaultBake, Linger: DefaultLinger}}
	for _, side := range understudy.Sides {
		a, err := account.Open(ctx, d.Regions[side].Name, options...)
		if err != nil {
			return nil, err
		}
		s.Accounts[side] = a
	}
	return s, nil
}

// Mirrored is the stack with its sides in each other's place, for what is done to the primary and may be done to the secondary where both
// serve. What has the sides' names in it, records and health checks for one, is not found by it.
func (s *Stack) Mirrored() *Stack {
	d := *s.Declaration
	d.Regions = map[understudy.Side]understudy.Region{}
	m := &Stack{Declaration: &d, Accounts: map[understudy.Side]*account.Account{}, Rollout: s.Rollout}
	for _, side := range understudy.Sides {
		d.Regions[side], m.Accounts[side] = s.Declaration.Regions[side.Other()], s.Accounts[side.Other()]
	}
	return m
}

// Up returns the steps until everything is as declared. It only reads.
func (s *Stack) Up(ctx context.Context) (*Plan, error) {
	return Answered(ctx, s, s.Rollout.sides(), func(ctx context.Context) (*Plan, error) {
		if s.Adopted() {
			return s.upAdopted(ctx)
		}
		return planUp(ctx, takeInventory(s.Declaration, s.Accounts), s.Rollout)
	})
}

// Down returns the steps that delete everything with the stack's tags; the hosted zone only if withZone. It only reads.
func (s *Stack) Down(ctx context.Context, withZone bool) (*Plan, error) {
	if s.Adopted() {
		return nil, Stays(s.Declaration.Name)
	}
	return Answered(ctx, s, understudy.Sides, func(ctx context.Context) (*Plan, error) {
		return planDown(ctx, takeInventory(s.Declaration, s.Accounts), withZone)
	})
}

// Answered reads something of a stack while it asks whether these sides' regions answer, and gives it up where one does not.
func Answered[T any](ctx context.Context, s *Stack, sides []understudy.Side, read func(context.Context) (T, error)) (T, error) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	silence := make(chan error, 1)
	go func() {
		err := s.answer(ctx, sides...)
		if err != nil {
			giveUp(err)
		}
		silence <- err
	}()
	found, err := read(ctx)
	if silent := <-silence; silent != nil {
		err = silent
	}
	return found, err
}

// answer fails, within seconds, if one of these sides' regions does not answer: a plan needs to see all that it is of.
func (s *Stack) answer(ctx context.Context, sides ...understudy.Side) error {
	silent := s.Silent(ctx)
	var errs []error
	for _, side := range sides {
		errs = append(errs, silent[side])
	}
	return errors.Join(errs...)
}
