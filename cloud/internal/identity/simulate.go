package identity

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/room"
)

// question is what a simulation asks of policies ("SimulatePrincipalPolicy").
type question struct {
	actions, resources []string
	context            []types.ContextEntry
	size               *int32
	marker             *string
}

// documents reads policies; none gives nil, which limits nothing where they limit.
func documents(texts []string) (all []policy.Document, err error) {
	for _, text := range texts {
		d, err := policy.Identity(text)
		if err != nil {
			return nil, invalidInput("%v", err)
		}
		all = append(all, d)
	}
	return all, nil
}

// answer decides each action on each resource, and cuts out the page that was asked for.
func (q question) answer(p policy.Policies, known policy.Context) (*iam.SimulateCustomPolicyOutput, error) {
	context := maps.Clone(known)
	for _, e := range q.context {
		context.Set(room.Deref(e.ContextKeyName), e.ContextKeyValues...)
	}
	if len(q.resources) == 0 {
		q.resources = []string{"*"}
	}
	var all []types.EvaluationResult
	for _, action := range q.actions {
		for _, resource := range q.resources {
			d, _ := p.Evaluate(policy.Request{Action: action, Resource: resource, Context: context})
			all = append(all, types.EvaluationResult{
				EvalActionName: new(action), EvalResourceName: new(resource), EvalDecision: types.PolicyEvaluationDecisionType(d.String()),
			})
		}
	}
	in := &iam.SimulateCustomPolicyInput{MaxItems: q.size, Marker: q.marker}
	shown, more, marker, err := page(in, all, func(e types.EvaluationResult) string { return *e.EvalActionName + " " + *e.EvalResourceName })
	return &iam.SimulateCustomPolicyOutput{EvaluationResults: shown, IsTruncated: more, Marker: marker}, err
}

func (r *Room) simulateCustom(_ context.Context, in *iam.SimulateCustomPolicyInput) (*iam.SimulateCustomPolicyOutput, error) {
	if err := room.Only(in, "PolicyInputList", "PermissionsBoundaryPolicyInputList", "ActionNames", "ResourceArns", "ContextEntries",
		"MaxItems", "Marker"); err != nil {
		return nil, err
	}
	given, err := documents(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	bounds, err := documents(in.PermissionsBoundaryPolicyInputList)
	if err != nil {
		return nil, err
	}
	q := question{in.ActionNames, in.ResourceArns, in.ContextEntries, in.MaxItems, in.Marker}
	return q.answer(policy.Policies{Identity: given, Boundary: bounds}, policy.Context{})
}

// simulatePrincipal asks the policies that a user, group or role has, a user's groups' also, and those that are given besides.
func (r *Room) simulatePrincipal(_ context.Context, in *iam.SimulatePrincipalPolicyInput) (*iam.SimulatePrincipalPolicyOutput, error) {
	if err := room.Only(in, "PolicySourceArn", "PolicyInputList", "PermissionsBoundaryPolicyInputList", "ActionNames", "ResourceArns",
		"ContextEntries", "MaxItems", "Marker"); err != nil {
		return nil, err
	}
	k, name, ok := r.ownARN(*in.PolicySourceArn)
	if !ok || k == policies || k == profiles {
		return nil, invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", *in.PolicySourceArn)
	}
	e, err := r.find(nil, k, name)
	if err != nil {
		return nil, err
	}
	given, bound := r.textsOf(e)
	if len(in.PermissionsBoundaryPolicyInputList) > 0 {
		bound = in.PermissionsBoundaryPolicyInputList // "... overrides the permissions boundary of the entity"
	}
	p := policy.Policies{}
	if p.Identity, err = documents(slices.Concat(given, in.PolicyInputList)); err != nil {
		return nil, err
	}
	if p.Boundary, err = documents(bound); err != nil {
		return nil, err
	}
	known := policy.Context{}
	known.Set("aws:PrincipalArn", r.arnOf(e))
	if k == users {
		known.Set("aws:username", e.Name)
	}
	q := question{in.ActionNames, in.ResourceArns, in.ContextEntries, in.MaxItems, in.Marker}
	out, err := q.answer(p, known)
	if err != nil {
		return nil, err
	}
	return &iam.SimulatePrincipalPolicyOutput{EvaluationResults: out.EvaluationResults, IsTruncated: out.IsTruncated, Marker: out.Marker}, nil
}

// textsOf are the documents that give an entity something, and its boundary's.
func (r *Room) textsOf(e entity) (given, bound []string) {
	holders := []entity{e}
	for _, name := range e.Groups {
		if g, err := r.find(nil, groups, name); err == nil {
			holders = append(holders, g)
		}
	}
	for _, h := range holders {
		given = slices.AppendSeq(given, maps.Values(h.Inline))
		for _, arn := range h.Attached {
			if m, ok := r.managed(nil, arn); ok {
				given = append(given, m.document())
			}
		}
	}
	if m, ok := r.managed(nil, e.Boundary); ok {
		bound = []string{m.document()}
	}
	return given, bound
}
