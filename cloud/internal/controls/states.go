package controls

import (
	"context"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// RoutingControlState is On or Off.
type RoutingControlState string

// The states.
const (
	On  RoutingControlState = "On"
	Off RoutingControlState = "Off"
)

func stateOf(on bool) RoutingControlState {
	if on {
		return On
	}
	return Off
}

// The inputs and outputs of the API that clusters answer. They are this package's own, with the names and
// types that the SDK gives them: its module for these four operations could not be had.
type (
	GetRoutingControlStateInput struct{ RoutingControlArn *string }

	GetRoutingControlStateOutput struct {
		RoutingControlArn   *string
		RoutingControlState RoutingControlState
		RoutingControlName  *string
	}

	ListRoutingControlsInput struct {
		ControlPanelArn *string
		MaxResults      *int32
		NextToken       *string
	}

	ListRoutingControlsOutput struct {
		RoutingControls []RoutingControl
		NextToken       *string
	}

	RoutingControl struct {
		ControlPanelArn     *string
		ControlPanelName    *string
		Owner               *string
		RoutingControlArn   *string
		RoutingControlName  *string
		RoutingControlState RoutingControlState
	}

	UpdateRoutingControlStateInput struct {
		RoutingControlArn     *string
		RoutingControlState   RoutingControlState
		SafetyRulesToOverride []string
	}

	UpdateRoutingControlStateOutput struct{}

	UpdateRoutingControlStatesInput struct {
		UpdateRoutingControlStateEntries []UpdateRoutingControlStateEntry
		SafetyRulesToOverride            []string
	}

	UpdateRoutingControlStateEntry struct {
		RoutingControlArn   *string
		RoutingControlState RoutingControlState
	}

	UpdateRoutingControlStatesOutput struct{}
)

func (r *Room) getState(_ context.Context, in *GetRoutingControlStateInput) (*GetRoutingControlStateOutput, error) {
	row, err := r.controls.find(nil, in.RoutingControlArn)
	if err != nil {
		return nil, err
	}
	return &GetRoutingControlStateOutput{RoutingControlArn: &row.ARN, RoutingControlName: &row.Name, RoutingControlState: stateOf(row.State.On)}, nil
}

// statesPage is the default page size of ListRoutingControls (MaxResults).
const statesPage = 500

// listStates lists a control panel's routing controls with their states, or those of all: the endpoint of
// one cluster is the endpoint of each.
func (r *Room) listStates(_ context.Context, in *ListRoutingControlsInput) (*ListRoutingControlsOutput, error) {
	rows := r.controls.All()
	if in.ControlPanelArn != nil {
		if _, err := r.panels.find(nil, in.ControlPanelArn); err != nil {
			return nil, err
		}
		rows = r.controls.in(nil, *in.ControlPanelArn)
	}
	size := in.MaxResults
	if size == nil {
		size = new(int32(statesPage))
	}
	rows, next, err := r.controls.page(rows, size, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ListRoutingControlsOutput{RoutingControls: []RoutingControl{}, NextToken: next}
	for _, row := range rows {
		panel, _ := r.panels.Get(row.Panel)
		out.RoutingControls = append(out.RoutingControls, RoutingControl{
			ControlPanelArn: &row.Panel, ControlPanelName: &panel.Name, Owner: &r.Account,
			RoutingControlArn: &row.ARN, RoutingControlName: &row.Name, RoutingControlState: stateOf(row.State.On),
		})
	}
	return out, nil
}

func (r *Room) updateState(_ context.Context, in *UpdateRoutingControlStateInput) (*UpdateRoutingControlStateOutput, error) {
	entries := []UpdateRoutingControlStateEntry{{in.RoutingControlArn, in.RoutingControlState}}
	return &UpdateRoutingControlStateOutput{}, r.change(entries, in.SafetyRulesToOverride)
}

// maxEntries is how many states one call changes (developer guide, "Quotas for routing control").
const maxEntries = 10

func (r *Room) updateStates(_ context.Context, in *UpdateRoutingControlStatesInput) (*UpdateRoutingControlStatesOutput, error) {
	n := len(in.UpdateRoutingControlStateEntries)
	if n == 0 {
		return nil, invalid("The request must have UpdateRoutingControlStateEntries.")
	}
	if n > maxEntries {
		e := wire.Errorf("ServiceLimitExceededException", "The request would update %d routing control states at once, %d at most.", n, maxEntries)
		e.Members = map[string]any{"limitCode": "UpdateRoutingControlStateEntries", "serviceCode": "route53-recovery-cluster"}
		return nil, e
	}
	return &UpdateRoutingControlStatesOutput{}, r.change(in.UpdateRoutingControlStateEntries, in.SafetyRulesToOverride)
}

// change is one transaction: the states change together or not at all.
func (r *Room) change(entries []UpdateRoutingControlStateEntry, override []string) error {
	wanted := map[string]bool{}
	for _, e := range entries {
		arn := room.Deref(e.RoutingControlArn)
		if e.RoutingControlState != On && e.RoutingControlState != Off {
			return invalid("The value '%s' of RoutingControlState is not one of On and Off.", e.RoutingControlState)
		}
		if _, twice := wanted[arn]; twice {
			return invalid("The routing control %s is named twice.", arn)
		}
		wanted[arn] = e.RoutingControlState == On
	}
	changed := map[string]bool{}
	err := r.commit(func(tx *store.Tx) error {
		states, err := r.statesToChange(tx, wanted)
		if err != nil {
			return err
		}
		rules, err := r.rulesInForce(tx, override)
		if err != nil {
			return err
		}
		now := r.cfg.Now()
		if v := evaluate(rules, states, wanted, now); v != nil {
			return conflict(kindRule, v.Rule.ARN, "The safety rule %s (%s) does not allow the change: %s.", v.Rule.Name, v.Rule.ARN, v.Why)
		}
		for arn, on := range wanted {
			row, _ := r.controls.GetTx(tx, arn)
			if row.State.On == on {
				continue
			}
			row.State = control{On: on, Changed: now}
			changed[arn] = on
			if err := r.controls.Put(tx, arn, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		r.Log.Info("routing controls changed", "states", changed)
	}
	return nil
}

// statesToChange returns the state of every routing control, once those to be changed are known to be
// there.
func (r *Room) statesToChange(tx *store.Tx, wanted map[string]bool) (map[string]control, error) {
	for arn := range wanted {
		if _, err := r.controls.find(tx, &arn); err != nil {
			return nil, err
		}
	}
	states := map[string]control{}
	for _, row := range r.controls.AllTx(tx) {
		states[row.ARN] = row.State
	}
	return states, nil
}

// rulesInForce returns the safety rules but for those that the request overrides, in the order of their
// names, so that of several that forbid a change the same one is told each time.
func (r *Room) rulesInForce(tx *store.Tx, override []string) ([]rule, error) {
	for _, arn := range override {
		if _, err := r.rules.find(tx, &arn); err != nil {
			return nil, err
		}
	}
	var rules []rule
	for _, row := range r.rules.AllTx(tx) {
		if !slices.Contains(override, row.ARN) {
			rules = append(rules, row.rule(r.Speed))
		}
	}
	slices.SortFunc(rules, func(a, b rule) int { return strings.Compare(a.Name+"\x00"+a.ARN, b.Name+"\x00"+b.ARN) })
	return rules, nil
}
