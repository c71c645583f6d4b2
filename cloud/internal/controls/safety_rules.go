package controls

import (
	"context"
	"maps"
	"slices"
	"time"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// maxRules is how many safety rules a control panel may have.
const maxRules = 20

// rule is the row as evaluating needs it; the wait period passes at the cloud's speed.
func (r ruleRow) rule(s tempo.Speed) rule {
	return rule{
		ARN: r.ARN, Name: r.Name, Gating: r.Gating, Controls: r.Controls, Targets: r.Targets,
		Type: r.Type, Threshold: int(r.Threshold), Inverted: r.Inverted, Wait: s.Of(time.Duration(r.WaitMs) * time.Millisecond),
	}
}

// showRule returns the one or the other, as the rule's kind is.
func (r *Room) showRule(row ruleRow, status configtypes.Status) (*configtypes.AssertionRule, *configtypes.GatingRule) {
	setting := &configtypes.RuleConfig{Type: row.Type, Threshold: &row.Threshold, Inverted: &row.Inverted}
	if row.Gating {
		return nil, &configtypes.GatingRule{
			SafetyRuleArn: &row.ARN, ControlPanelArn: &row.Panel, Name: &row.Name, GatingControls: row.Controls, TargetControls: row.Targets,
			RuleConfig: setting, WaitPeriodMs: &row.WaitMs, Status: status, Owner: &r.Account,
		}
	}
	return &configtypes.AssertionRule{
		SafetyRuleArn: &row.ARN, ControlPanelArn: &row.Panel, Name: &row.Name, AssertedControls: row.Controls,
		RuleConfig: setting, WaitPeriodMs: &row.WaitMs, Status: status, Owner: &r.Account,
	}, nil
}

func (r *Room) createRule(_ context.Context, in *config.CreateSafetyRuleInput) (*config.CreateSafetyRuleOutput, error) {
	if err := only(in, "AssertionRule", "GatingRule", "ClientToken", "Tags"); err != nil {
		return nil, err
	}
	made, err := newRule(in)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	row, err := once(r, "CreateSafetyRule", in, r.rules, func(tx *store.Tx) (ruleRow, error) {
		row := made
		row.ARN = row.Panel + "/safetyrule/" + room.NewSerial(16)
		row.Tags = maps.Clone(in.Tags)
		return row, r.placeRule(tx, row)
	})
	if err != nil {
		return nil, err
	}
	out := &config.CreateSafetyRuleOutput{}
	out.AssertionRule, out.GatingRule = r.showRule(row, configtypes.StatusPending)
	return out, nil
}

// newRule checks what a request says of a rule by itself.
func newRule(in *config.CreateSafetyRuleInput) (row ruleRow, err error) {
	var name *string
	var setting *configtypes.RuleConfig
	var wait *int32
	switch a, g := in.AssertionRule, in.GatingRule; {
	case (a == nil) == (g == nil):
		return row, invalid("The request must have either AssertionRule or GatingRule.")
	case a != nil:
		row = ruleRow{Panel: room.Deref(a.ControlPanelArn), Controls: a.AssertedControls}
		name, setting, wait = a.Name, a.RuleConfig, a.WaitPeriodMs
	default:
		row = ruleRow{Panel: room.Deref(g.ControlPanelArn), Gating: true, Controls: g.GatingControls, Targets: g.TargetControls}
		name, setting, wait = g.Name, g.RuleConfig, g.WaitPeriodMs
	}
	if row.Name, err = named("Name", name); err != nil {
		return row, err
	}
	if setting == nil || setting.Threshold == nil || setting.Inverted == nil || wait == nil {
		return row, invalid("The rule must have RuleConfig, with Type, Threshold and Inverted, and WaitPeriodMs.")
	}
	row.Type, row.Threshold, row.Inverted, row.WaitMs = setting.Type, *setting.Threshold, *setting.Inverted, *wait
	switch {
	case len(row.Controls) == 0 || row.Gating && len(row.Targets) == 0:
		return row, invalid("The rule must name routing controls.")
	case repeats(row.Controls) || repeats(row.Targets):
		return row, invalid("The rule names a routing control twice.")
	case slices.ContainsFunc(row.Targets, func(t string) bool { return slices.Contains(row.Controls, t) }):
		return row, invalid("A routing control cannot be both a gating and a target control of a rule.")
	case !slices.Contains(row.Type.Values(), row.Type):
		return row, invalid("The value '%s' of RuleConfig.Type is not one of ATLEAST, AND and OR.", row.Type)
	case row.Threshold < 0 || row.Type == configtypes.RuleTypeAtleast && int(row.Threshold) > len(row.Controls):
		return row, invalid("The value %d of RuleConfig.Threshold is not within the number of routing controls, %d.", row.Threshold, len(row.Controls))
	}
	return row, checkWait(row.WaitMs)
}

func checkWait(ms int32) error {
	if ms < 0 {
		return invalid("The value %d of WaitPeriodMs is negative.", ms)
	}
	return nil
}

func repeats(arns []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(arns)))) != len(arns)
}

// placeRule checks a rule against the control panel that it goes to.
func (r *Room) placeRule(tx *store.Tx, row ruleRow) error {
	if _, err := r.panels.find(tx, &row.Panel); err != nil {
		return err
	}
	for _, arn := range slices.Concat(row.Controls, row.Targets) {
		if k, ok := r.controls.GetTx(tx, arn); !ok || k.Panel != row.Panel {
			return missing(kindControl, arn)
		}
	}
	if len(r.rules.in(tx, row.Panel)) >= maxRules {
		return exceeded("safety rules in a control panel", maxRules)
	}
	return nil
}

func (r *Room) describeRule(_ context.Context, in *config.DescribeSafetyRuleInput) (*config.DescribeSafetyRuleOutput, error) {
	row, err := r.rules.find(nil, in.SafetyRuleArn)
	if err != nil {
		return nil, err
	}
	out := &config.DescribeSafetyRuleOutput{}
	out.AssertionRule, out.GatingRule = r.showRule(row, configtypes.StatusDeployed)
	return out, nil
}

// updateRule changes a rule's name and wait period, which is all that can be changed.
func (r *Room) updateRule(_ context.Context, in *config.UpdateSafetyRuleInput) (*config.UpdateSafetyRuleOutput, error) {
	var arn, name *string
	var wait *int32
	switch a, g := in.AssertionRuleUpdate, in.GatingRuleUpdate; {
	case (a == nil) == (g == nil):
		return nil, invalid("The request must have either AssertionRuleUpdate or GatingRuleUpdate.")
	case a != nil:
		arn, name, wait = a.SafetyRuleArn, a.Name, a.WaitPeriodMs
	default:
		arn, name, wait = g.SafetyRuleArn, g.Name, g.WaitPeriodMs
	}
	checked, err := named("Name", name)
	if err != nil {
		return nil, err
	}
	if wait == nil {
		return nil, invalid("The rule must have WaitPeriodMs.")
	}
	if err := checkWait(*wait); err != nil {
		return nil, err
	}
	row, err := update(r, r.rules, arn, func(row *ruleRow) error {
		if row.Gating != (in.GatingRuleUpdate != nil) {
			return missing(kindRule, row.ARN)
		}
		row.Name, row.WaitMs = checked, *wait
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &config.UpdateSafetyRuleOutput{}
	out.AssertionRule, out.GatingRule = r.showRule(row, configtypes.StatusDeployed)
	return out, nil
}

func (r *Room) listRules(_ context.Context, in *config.ListSafetyRulesInput) (*config.ListSafetyRulesOutput, error) {
	panel, err := r.panels.find(nil, in.ControlPanelArn)
	if err != nil {
		return nil, err
	}
	rows, next, err := r.rules.page(r.rules.in(nil, panel.ARN), in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &config.ListSafetyRulesOutput{SafetyRules: []configtypes.Rule{}, NextToken: next}
	for _, row := range rows {
		var shown configtypes.Rule
		shown.ASSERTION, shown.GATING = r.showRule(row, configtypes.StatusDeployed)
		out.SafetyRules = append(out.SafetyRules, shown)
	}
	return out, nil
}

func (r *Room) deleteRule(_ context.Context, in *config.DeleteSafetyRuleInput) (*config.DeleteSafetyRuleOutput, error) {
	return &config.DeleteSafetyRuleOutput{}, remove(r, r.rules, in.SafetyRuleArn, func(*store.Tx, ruleRow) error { return nil })
}
