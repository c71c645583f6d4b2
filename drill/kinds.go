package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// Kind is a kind of fault. Kinds lists all of them.
type Kind struct {
	Name string // as it stands in journals and reports
	Help string // what it does, in one line
	// New makes a fault of this kind that is ready to break the primary.
	New func(context.Context, Primary) (Fault, error)
	// Undo makes a fault of this kind that is ready to repair what the journal says. The primary may be in any
	// state, and another process may have broken it.
	Undo func(context.Context, Primary) (Fault, error)
}

// Primary is what faults work on. The functions are called only by the kinds that need their result.
type Primary struct {
	*account.Account
	Settings Settings                             // only the speed of what a repair waits for
	Check    string                               // the health check of the primary record
	Beside   []string                             // those that are counted with it
	Parts    func(context.Context) (Parts, error) // what the region serves with
	// Regions finds the local cloud that the region is of, or that runs on a folder, if that is not "".
	Regions func(ctx context.Context, folder string) (RegionControl, error)
	Page    string        // the path that users ask for
	Times   int           // how often flap breaks it
	Period  time.Duration // how long flap has it broken, and then working; 0 is for the drill to choose
	// Sides is the same of either side, for the repair of a sequence, which may strike both.
	Sides func(understudy.Side) Primary
}

// Parts are the ids of what a region serves with.
type Parts struct {
	VPC         string
	Subnets     []string
	Internal    string // the security group of what the load balancer reaches
	TargetGroup string // ARN
	Balancer    string // ARN
	Fleet       string // the Auto Scaling group's name
}

// Kinds is the table of faults, in the order of their effect, the smallest first.
var Kinds = []Kind{
	{
		Name: Invert{}.Kind(),
		Help: "invert the primary's health check: the region works, but Route 53 takes it for unhealthy",
		New: func(ctx context.Context, p Primary) (Fault, error) {
			well, err := passing(ctx, p.Route53, p.Beside)
			return Invert{Route53: p.Route53, Checks: append([]string{p.Check}, well...)}, err
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) { return Invert{Route53: p.Route53}, nil },
	},
	{
		Name: Split{}.Kind(),
		Help: "keep Route 53's checkers from the region by a network ACL: it works, and they find it unhealthy",
		New: func(ctx context.Context, p Primary) (Fault, error) {
			parts, err := p.Parts(ctx)
			return Split{Account: p.Account, Parts: parts}, err
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) { return Split{Account: p.Account}, nil },
	},
	{
		Name: Respond{}.Kind(),
		Help: "answer every request with 500, by a rule of the load balancer, or have none of a network load balancer's ports answer: targets stay healthy",
		New:  func(ctx context.Context, p Primary) (Fault, error) { return p.respond(ctx) },
		Undo: func(_ context.Context, p Primary) (Fault, error) { return Respond{Account: p.Account}, nil },
	},
	{
		Name: Pages{}.Kind(),
		Help: "answer with 500 where users ask for their page, and nowhere else: a health check that asks for another page does not see it",
		New: func(ctx context.Context, p Primary) (Fault, error) {
			f, err := p.respond(ctx)
			return Pages{Respond: f, Page: p.Page}, err
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) {
			return Pages{Respond: Respond{Account: p.Account}}, nil
		},
	},
	{
		Name: Flap{}.Kind(),
		Help: "the same again and again: broken, working, broken",
		New: func(ctx context.Context, p Primary) (Fault, error) {
			f, err := p.respond(ctx)
			return Flap{Fault: f, Times: p.Times, Period: p.Period}, err
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) {
			return Flap{Fault: Respond{Account: p.Account}}, nil
		},
	},
	{
		Name: (*Isolate)(nil).Kind(),
		Help: "revoke the internal security group's rules and deny all by network ACLs: targets time out",
		New: func(ctx context.Context, p Primary) (Fault, error) {
			parts, err := p.Parts(ctx)
			return &Isolate{Account: p.Account, Parts: parts, Settings: p.Settings}, err
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) {
			return &Isolate{Account: p.Account, Settings: p.Settings}, nil
		},
	},
	{
		Name: Swallow{}.Kind(),
		Help: "let nothing in from elsewhere by a network ACL: users and checkers get no answer, and targets stay healthy",
		New: func(ctx context.Context, p Primary) (Fault, error) {
			parts, err := p.Parts(ctx)
			return Swallow{Account: p.Account, Parts: parts}, err
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) { return Swallow{Account: p.Account}, nil },
	},
	{
		Name: LoseRegion{}.Kind(),
		Help: "kill the region's process (local clouds only)",
		New:  loseRegion,
		Undo: func(_ context.Context, p Primary) (Fault, error) { return LoseRegion{Find: p.Regions}, nil },
	},
}

func (p Primary) respond(ctx context.Context) (Respond, error) {
	parts, err := p.Parts(ctx)
	return Respond{Account: p.Account, Parts: parts}, err
}

func loseRegion(ctx context.Context, p Primary) (Fault, error) {
	control, err := p.Regions(ctx, "")
	return LoseRegion{Control: control, Region: p.Region}, err
}

// refused are faults that one would look for, and why no kind makes them.
var refused = map[string]string{
	"slow": "Elastic Load Balancing has no means to delay an answer, and a drill does not change instances; " +
		"`targets` has it answer with 500, and `isolate` has requests time out",
	"ill":           "a drill does not change instances; `targets` and `isolate` are nearest",
	"refused":       "nothing has a load balancer refuse connections and keep its targets; `blackhole` has them time out",
	"zone":          "while one zone of a region is lost the other one serves, and nobody moves: a drill breaks whole regions",
	"control-plane": "the calls that repair would fail too; `understudy cloud fault` has a local cloud's API fail (docs/cloud.md)",
	"grey":          "Elastic Load Balancing has no means to give errors to a share of the users",
	"reports":       "nothing keeps target health from Route 53 while the region serves",
	"capacity":      "it moves nobody by itself; a drill of a --schedule has it beside others",
	"boots":         "nothing slows boots",
	"clock":         "the clock is the machine's",
}

// ErrUnknownKind means that no kind of fault has the name.
var ErrUnknownKind = errors.New("no such kind of fault")

// KindOf returns the kind with a name. It fails with ErrUnknownKind if there is none.
func KindOf(name string) (Kind, error) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if why := refused[name]; why != "" {
		return Kind{}, fmt.Errorf("%w: %q: %s", ErrUnknownKind, name, why)
	}
	if i < 0 {
		return Kind{}, fmt.Errorf("%w: %q; there are %s", ErrUnknownKind, name, strings.Join(KindNames(), ", "))
	}
	return Kinds[i], nil
}

// KindNames lists the kinds' names in the order of the table.
func KindNames() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// Undo repairs what the marker and the journal record, and then clears both. It returns false if neither records
// anything. If the repair fails, or a kind that this program does not know is recorded (ErrUnknownKind), both stay. m may
// be nil. What an entry broke is its own to say.
func Undo(ctx context.Context, j Journal, m marks, of func(Entry) Primary) (Entry, bool, error) {
	var marked Entry
	var found bool
	var unread error
	if m != nil {
		// A journal can be repaired from while the secondary does not answer.
		if marked, found, unread = m.Read(ctx); found {
			if err := repair(ctx, marked, of(marked), "the marker in the account"); err != nil {
				return marked, true, err
			}
		}
	}
	entry, written, err := j.Read()
	if err != nil {
		return entry, found, errors.Join(err, unread)
	}
	if written && (!found || entry.ID != marked.ID) {
		if err := repair(ctx, entry, of(entry), j.Path); err != nil {
			return entry, true, errors.Join(err, unread)
		}
		if unread != nil { // what was repaired may be where it is
			var again Entry
			if again, found, unread = m.Read(ctx); found && again.ID != entry.ID {
				return again, true, fmt.Errorf("%w: %s", ErrInForce, again)
			}
			marked = again
		}
	}
	if found {
		if err := m.Clear(ctx, marked.ID); err != nil {
			return marked, true, fmt.Errorf("repaired %s, but its marker stays: %w", marked.Fault, err)
		}
		entry = marked
	}
	if unread != nil {
		return entry, written, fmt.Errorf("there may be a drill's marker in the secondary, which cannot be read: %w", unread)
	}
	return entry, found || written, j.Clear()
}

// repair repairs what an entry records, which is held somewhere.
func repair(ctx context.Context, e Entry, p Primary, where string) error {
	kind, err := KindOf(e.Fault)
	if e.Fault == sequence.Name {
		kind, err = sequence, nil
	}
	if err != nil {
		return fmt.Errorf("undo what %s holds: %w", where, err)
	}
	fault, err := kind.Undo(ctx, p)
	if err == nil {
		err = fault.Repair(ctx, e.Undo)
	}
	if err != nil {
		return fmt.Errorf("repair %s: %w (what was broken is in %s)", e.Fault, err, where)
	}
	return nil
}
