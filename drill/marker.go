package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/understudy/understudy/account"
)

// Marker records in the account what a drill has broken and not yet repaired, so that everybody with access to the account
// can see and undo it, without the journal file. It is a claim (see account.Claim) in the secondary: the primary may be
// unreachable, Route 53's API is in us-east-1 and allows a resource only ten tags of 256 characters, and the launch
// template of the stack itself cannot be taken by one of two drills only.
type Marker struct {
	Account *account.Account // the secondary
	Stack   string
}

// claimed is what a marker claims of a stack.
const claimed = "drill"

// Read returns the entry, or false if there is none.
func (m Marker) Read(ctx context.Context) (Entry, bool, error) {
	c, found, err := m.Account.Claimed(ctx, m.Stack, claimed)
	if err != nil || !found {
		return Entry{}, false, err
	}
	var e Entry
	if err := json.Unmarshal(c.Body, &e); err != nil {
		return Entry{}, false, fmt.Errorf("read the drill's marker in %s: %w", m.Account.Region, err)
	}
	e.ID = c.ID // which is what Clear compares
	return e, true, nil
}

// Write writes an entry. It fails with ErrInForce if there is one.
func (m Marker) Write(ctx context.Context, e Entry) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	err = m.Account.Claim(ctx, m.Stack, claimed, account.Claim{ID: e.ID, Owner: e.Owner, Since: e.Broken, Expires: e.Expires, Body: b})
	if errors.Is(err, account.ErrClaimed) {
		return fmt.Errorf("%w: %w", ErrInForce, err)
	}
	return err
}

// Clear removes the entry with an id, since its fault was repaired.
func (m Marker) Clear(ctx context.Context, id string) error {
	return m.Account.Unclaim(ctx, m.Stack, claimed, id)
}

// marks is a Marker, or what stands for one in tests.
type marks interface {
	Read(context.Context) (Entry, bool, error)
	Write(context.Context, Entry) error
	Clear(ctx context.Context, id string) error
}

var _ marks = Marker{}
