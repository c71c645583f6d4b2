package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
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
	Region  string
	EC2     *ec2.Client
	Route53 *route53.Client
	Check   string                                       // the health check of the primary record
	Group   func(context.Context) (string, error)        // the internal security group
	Regions func(context.Context) (RegionControl, error) // the local cloud that the region is of
}

// Kinds is the table of faults, in the order of their effect, the smallest first.
var Kinds = []Kind{
	{
		Name: Invert{}.Kind(),
		Help: "invert the primary's health check: the region works, but Route 53 takes it for unhealthy",
		New: func(_ context.Context, p Primary) (Fault, error) {
			return Invert{Route53: p.Route53, Check: p.Check}, nil
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) { return Invert{Route53: p.Route53}, nil },
	},
	{
		Name: Isolate{}.Kind(),
		Help: "revoke the internal security group's rules: targets time out",
		New: func(ctx context.Context, p Primary) (Fault, error) {
			group, err := p.Group(ctx)
			return Isolate{EC2: p.EC2, Group: group}, err
		},
		Undo: func(_ context.Context, p Primary) (Fault, error) { return Isolate{EC2: p.EC2}, nil },
	},
	{
		Name: LoseRegion{}.Kind(),
		Help: "kill the region's process (local clouds only)",
		New:  loseRegion,
		Undo: loseRegion,
	},
}

func loseRegion(ctx context.Context, p Primary) (Fault, error) {
	control, err := p.Regions(ctx)
	return LoseRegion{Control: control, Region: p.Region}, err
}

// ErrUnknownKind means that no kind of fault has the name.
var ErrUnknownKind = errors.New("no such kind of fault")

// KindOf returns the kind with a name. It fails with ErrUnknownKind if there is none.
func KindOf(name string) (Kind, error) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
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

// Undo repairs the fault that the journal records, and then clears the journal. It returns false if the journal
// records none. If the repair fails, or the journal names a kind that this program does not know
// (ErrUnknownKind), the journal stays.
func Undo(ctx context.Context, j Journal, p Primary) (Entry, bool, error) {
	entry, found, err := j.Read()
	if err != nil || !found {
		return Entry{}, false, err
	}
	kind, err := KindOf(entry.Fault)
	if err != nil {
		return entry, true, fmt.Errorf("undo what %s holds: %w", j.Path, err)
	}
	fault, err := kind.Undo(ctx, p)
	if err == nil {
		err = fault.Repair(ctx, entry.Undo)
	}
	if err != nil {
		return entry, true, fmt.Errorf("repair %s: %w (what was broken is in %s)", entry.Fault, err, j.Path)
	}
	return entry, true, j.Clear()
}
