package parameters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// lookUp finds the version of a parameter that a text refers to.
func (r *Room) lookUp(text string) (p parameterRow, v versionRow, selector string, err error) {
	ref, err := r.parse(text)
	if err != nil {
		return p, v, "", err
	}
	p, ok := r.find(nil, ref.name)
	if !ok {
		return p, v, "", notFound()
	}
	v, err = p.pick(ref.selector)
	return p, v, ref.selector, err
}

// show is a parameter as the calls named Get show it.
func (r *Room) show(p parameterRow, v versionRow, selector string, decrypt *bool) (ssmtypes.Parameter, error) {
	value, err := r.shown(p, v, decrypt)
	if selector != "" {
		selector = ":" + selector
	}
	return ssmtypes.Parameter{
		Name: new(p.Name), ARN: new(r.arn(p)), Type: v.Type, DataType: new(v.DataType), Value: &value, Version: v.Number,
		LastModifiedDate: new(v.Modified), Selector: room.Some(selector),
	}, err
}

// GetParameter returns one parameter.
func (r *Room) GetParameter(ctx context.Context, in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
	if err := room.Only(in, "Name", "WithDecryption"); err != nil {
		return nil, err
	}
	p, v, selector, err := r.lookUp(*in.Name)
	if err != nil {
		return nil, err
	}
	shown, err := r.show(p, v, selector, in.WithDecryption)
	return &ssm.GetParameterOutput{Parameter: &shown}, err
}

// GetParameters returns parameters in the order of their names, and names those that are not there.
func (r *Room) GetParameters(ctx context.Context, in *ssm.GetParametersInput) (*ssm.GetParametersOutput, error) {
	if err := room.Only(in, "Names", "WithDecryption"); err != nil {
		return nil, err
	}
	out := &ssm.GetParametersOutput{Parameters: []ssmtypes.Parameter{}, InvalidParameters: []string{}}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(in.Names))) {
		p, v, selector, err := r.lookUp(name)
		if refused := (*wire.Error)(nil); errors.As(err, &refused) {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		if err != nil {
			return nil, err
		}
		shown, err := r.show(p, v, selector, in.WithDecryption)
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, shown)
	}
	slices.SortStableFunc(out.Parameters, func(a, b ssmtypes.Parameter) int { return strings.Compare(*a.Name, *b.Name) })
	return out, nil
}

// GetParametersByPath returns a page of the parameters of a hierarchy.
func (r *Room) GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput) (*ssm.GetParametersByPathOutput, error) {
	if err := room.Only(in, "Path", "Recursive", "ParameterFilters", "WithDecryption", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	path := trimmed(in.Path)
	if err := checkPath(path); err != nil {
		return nil, err
	}
	chosen, err := newFilters(in.ParameterFilters, byPath)
	if err != nil {
		return nil, err
	}
	var rows []parameterRow
	for _, p := range r.below(path, room.Deref(in.Recursive)) {
		if chosen.match(p) {
			rows = append(rows, p)
		}
	}
	rows, next, err := page(rows, nameOf, in.MaxResults, in.NextToken, 10)
	if err != nil {
		return nil, err
	}
	out := &ssm.GetParametersByPathOutput{Parameters: []ssmtypes.Parameter{}, NextToken: next}
	for _, p := range rows {
		shown, err := r.show(p, chosen.version(p), "", in.WithDecryption)
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, shown)
	}
	return out, nil
}

func nameOf(p parameterRow) string { return p.Name }

// GetParameterHistory returns a page of the versions of a parameter, the oldest first.
func (r *Room) GetParameterHistory(ctx context.Context, in *ssm.GetParameterHistoryInput) (*ssm.GetParameterHistoryOutput, error) {
	if err := room.Only(in, "Name", "WithDecryption", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	ref, err := r.parse(*in.Name)
	if err != nil {
		return nil, err
	}
	p, ok := r.find(nil, ref.name)
	if !ok || ref.selector != "" {
		return nil, notFound()
	}
	inOrder := func(v versionRow) string { return fmt.Sprintf("%020d", v.Number) }
	versions, next, err := page(slices.Clone(p.Versions), inOrder, in.MaxResults, in.NextToken, 50)
	if err != nil {
		return nil, err
	}
	out := &ssm.GetParameterHistoryOutput{Parameters: []ssmtypes.ParameterHistory{}, NextToken: next}
	for _, v := range versions {
		value, err := r.shown(p, v, in.WithDecryption)
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, ssmtypes.ParameterHistory{
			Name: new(p.Name), Type: v.Type, DataType: new(v.DataType), Value: &value, Version: v.Number, Tier: v.Tier,
			Description: room.Some(v.Description), AllowedPattern: room.Some(v.AllowedPattern), KeyId: room.Some(v.KeyID),
			Labels: room.Listed(v.Labels), LastModifiedDate: new(v.Modified), LastModifiedUser: room.Some(v.User), Policies: []ssmtypes.ParameterInlinePolicy{},
		})
	}
	return out, nil
}

// DescribeParameters returns a page of the account's parameters, without their values.
func (r *Room) DescribeParameters(ctx context.Context, in *ssm.DescribeParametersInput) (*ssm.DescribeParametersOutput, error) {
	if err := room.Only(in, "ParameterFilters", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	chosen, err := newFilters(in.ParameterFilters, byDescription)
	if err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(r.parameters.All(), func(p parameterRow) bool { return !chosen.match(p) })
	rows, next, err := page(rows, nameOf, in.MaxResults, in.NextToken, 50)
	if err != nil {
		return nil, err
	}
	out := &ssm.DescribeParametersOutput{Parameters: []ssmtypes.ParameterMetadata{}, NextToken: next}
	for _, p := range rows {
		v := p.latest()
		out.Parameters = append(out.Parameters, ssmtypes.ParameterMetadata{
			Name: new(p.Name), ARN: new(r.arn(p)), Type: v.Type, DataType: new(v.DataType), Version: v.Number, Tier: v.Tier,
			Description: room.Some(v.Description), AllowedPattern: room.Some(v.AllowedPattern), KeyId: room.Some(v.KeyID),
			LastModifiedDate: new(v.Modified), LastModifiedUser: room.Some(v.User), Policies: []ssmtypes.ParameterInlinePolicy{},
		})
	}
	return out, nil
}
