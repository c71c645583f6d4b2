package drill

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/understudy/understudy"
)

// Stroke is one fault of a sequence, in AWS's time.
type Stroke struct {
	Kind string // of Kinds
	Side understudy.Side
	At   time.Duration // from the first one on
	For  time.Duration
}

// Sequence is a fault that is made of others, of which each is broken and repaired at its time. Its repair repairs all of them, whether
// they are in force or not.
type Sequence struct {
	parts []*portion
	of    func(understudy.Side) Primary
}

// portion is what all strokes of a kind at a side are.
type portion struct {
	Kind string          `json:"kind"`
	Side understudy.Side `json:"side"`
	Undo json.RawMessage `json:"undo"`

	fault Fault
	held  int // strokes that are in force
}

var _ Fault = (*Sequence)(nil)

// NewSequence makes the faults of all strokes ready. It fails with ErrUnknownKind for one that no drill can make.
func NewSequence(ctx context.Context, strokes []Stroke, of func(understudy.Side) Primary) (*Sequence, error) {
	s := &Sequence{of: of}
	for _, one := range strokes {
		if s.part(one) != nil {
			continue
		}
		kind, err := StrokeKindOf(one.Kind)
		if err != nil {
			return nil, err
		}
		fault, err := kind.New(ctx, of(one.Side))
		if err != nil {
			return nil, fmt.Errorf("%s of the %s: %w", one.Kind, one.Side, err)
		}
		s.parts = append(s.parts, &portion{Kind: one.Kind, Side: one.Side, fault: fault})
	}
	return s, nil
}

func (s *Sequence) part(of Stroke) *portion {
	i := slices.IndexFunc(s.parts, func(p *portion) bool { return p.Kind == of.Kind && p.Side == of.Side })
	if i < 0 {
		return nil
	}
	return s.parts[i]
}

// sequence is the kind of it. It is none of Kinds: what it breaks, no name says.
var sequence = Kind{
	Name: (*Sequence)(nil).Kind(),
	Undo: func(_ context.Context, p Primary) (Fault, error) { return &Sequence{of: p.Sides}, nil },
}

// Kind implements Fault.
func (*Sequence) Kind() string { return "schedule" }

// Prepare implements Fault. All is prepared before the first stroke, while nothing is broken.
func (s *Sequence) Prepare(ctx context.Context) (json.RawMessage, error) {
	for _, p := range s.parts {
		var err error
		if p.Undo, err = p.fault.Prepare(ctx); err != nil {
			return nil, fmt.Errorf("%s of the %s: %w", p.Kind, p.Side, err)
		}
	}
	return json.Marshal(s.parts)
}

// Break implements Fault. Nothing is broken before its time: strike does that.
func (*Sequence) Break(context.Context, json.RawMessage) error { return nil }

// strike begins a stroke, or ends it. Of strokes of one kind and side that overlap, the first one breaks and the last one repairs.
func (s *Sequence) strike(ctx context.Context, one Stroke, on bool) error {
	p := s.part(one)
	if on {
		if p.held++; p.held > 1 {
			return nil
		}
		return p.fault.Break(ctx, p.Undo)
	}
	if p.held--; p.held > 0 {
		return nil
	}
	return p.fault.Repair(ctx, p.Undo)
}

// Repair implements Fault. Regions come first: what else is to be repaired may be in them.
func (s *Sequence) Repair(ctx context.Context, undo json.RawMessage) error {
	var parts []portion
	if err := json.Unmarshal(undo, &parts); err != nil {
		return fmt.Errorf("the journal names no faults: %w", err)
	}
	region := LoseRegion{}.Kind()
	slices.SortStableFunc(parts, func(a, b portion) int { return cmp.Compare(btoi(b.Kind == region), btoi(a.Kind == region)) })
	var errs []error
	for _, p := range parts {
		kind, err := StrokeKindOf(p.Kind)
		if err != nil {
			return err
		}
		fault, err := kind.Undo(ctx, s.of(p.Side))
		if err == nil {
			err = fault.Repair(ctx, p.Undo)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s of the %s: %w", p.Kind, p.Side, err))
		}
	}
	return errors.Join(errs...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// beat is when a stroke begins or ends.
type beat struct {
	at     time.Duration
	stroke int
	on     bool
}

// beats are those of all strokes in the order of time; of one time, ends come first.
func beats(all []Stroke) []beat {
	var b []beat
	for n, s := range all {
		b = append(b, beat{s.At, n, true}, beat{s.At + s.For, n, false})
	}
	slices.SortStableFunc(b, func(x, y beat) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(btoi(x.on), btoi(y.on))) })
	return b
}
