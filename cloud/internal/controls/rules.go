package controls

import (
	"fmt"
	"time"

	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"
)

// rule is a safety rule as evaluating needs it.
type rule struct {
	ARN, Name string
	// Gating rules let their targets change while their gates satisfy them; assertion rules have no targets
	// and let their controls change so that these satisfy them afterwards.
	Gating            bool
	Controls, Targets []string // ARNs of routing controls; Controls are the asserted or the gating ones
	Type              configtypes.RuleType
	Threshold         int
	Inverted          bool
	Wait              time.Duration
}

// governed are the controls whose changes the rule decides on.
func (r rule) governed() []string {
	if r.Gating {
		return r.Targets
	}
	return r.Controls
}

// satisfied evaluates the rule's configuration: ATLEAST is a number of controls that are on, AND all of
// them and OR one of them, which are shortcuts for it; Inverted negates the whole
// (https://docs.aws.amazon.com/recovery-cluster/latest/api/ RuleConfig and RuleType).
func (r rule) satisfied(on func(control string) bool) bool {
	least := r.Threshold
	switch r.Type {
	case configtypes.RuleTypeAnd:
		least = len(r.Controls)
	case configtypes.RuleTypeOr:
		least = 1
	}
	count := 0
	for _, c := range r.Controls {
		if on(c) {
			count++
		}
	}
	return (count >= least) != r.Inverted
}

// control is a routing control's state.
type control struct {
	On      bool
	Changed time.Time // zero where it never was
}

// violation is the rule that forbids a change, and why.
type violation struct {
	Rule rule
	Why  string
}

// evaluate decides whether safety rules let routing controls change. The result depends on its arguments only.
// All changes are one transaction. A rule that governs none of the changed controls is
// not evaluated. Every rule uses the states after the transaction, except for the gates of a gating rule:
// these must have been set before, or one request could turn on a gate together with its targets,
// and the gate would have no effect. (AWS says of assertion rules that their criterion holds after the transaction,
// and of gating rules that the gate must be set, then the targets can be updated; it does not say what
// one transaction with both does.)
//
// A change of a governed control begins a rule's wait period, in which any request against the controls
// fails (WaitPeriodMs).
func evaluate(rules []rule, states map[string]control, changes map[string]bool, now time.Time) *violation {
	before := func(arn string) bool { return states[arn].On }
	after := func(arn string) bool {
		if on, ok := changes[arn]; ok {
			return on
		}
		return before(arn)
	}
	for _, r := range rules {
		if !touches(r, changes) {
			continue
		}
		for _, arn := range r.governed() {
			if left := states[arn].Changed.Add(r.Wait).Sub(now); left > 0 && !states[arn].Changed.IsZero() {
				return &violation{r, fmt.Sprintf("its wait period has %d ms left", left.Milliseconds()+1)}
			}
		}
		switch {
		case r.Gating && !r.satisfied(before):
			return &violation{r, "its gating controls do not satisfy the rule"}
		case !r.Gating && !r.satisfied(after):
			return &violation{r, "its asserted controls would not satisfy the rule"}
		}
	}
	return nil
}

func touches(r rule, changes map[string]bool) bool {
	for _, arn := range r.governed() {
		if _, ok := changes[arn]; ok {
			return true
		}
	}
	return false
}
