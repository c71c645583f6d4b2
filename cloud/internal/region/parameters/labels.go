package parameters

import (
	"context"
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxLabels is how many labels a version may have.
const maxLabels = 10

var labelForm = regexp.MustCompile(`^[a-zA-Z_.-][a-zA-Z0-9_.-]*$`)

// validLabel is the rule of https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_LabelParameterVersion.html.
func validLabel(label string) bool {
	return labelForm.MatchString(label) && !hasPrefix(label, "aws") && !hasPrefix(label, "ssm")
}

// LabelParameterVersion puts labels on a version, and takes them off the versions that had them.
func (r *Room) LabelParameterVersion(ctx context.Context, in *ssm.LabelParameterVersionInput) (*ssm.LabelParameterVersionOutput, error) {
	if err := room.Only(in, "Name", "Labels", "ParameterVersion"); err != nil {
		return nil, err
	}
	out := &ssm.LabelParameterVersionOutput{}
	err := r.changeLabels(in.Name, in.ParameterVersion, func(p *parameterRow, v *versionRow) error {
		out.InvalidLabels, out.ParameterVersion = []string{}, v.Number
		for _, label := range in.Labels {
			if !validLabel(label) {
				out.InvalidLabels = append(out.InvalidLabels, label)
				continue
			}
			if !slices.Contains(v.Labels, label) {
				p.unlabel(label)
				v.Labels = append(v.Labels, label)
			}
		}
		if len(v.Labels) > maxLabels {
			return wire.Errorf("ParameterVersionLabelLimitExceeded",
				"A parameter version can have maximum %d labels.Move one or more labels to another version and try again.", maxLabels)
		}
		return nil
	})
	return out, err
}

// UnlabelParameterVersion takes labels off a version, and names those that it does not have.
func (r *Room) UnlabelParameterVersion(ctx context.Context, in *ssm.UnlabelParameterVersionInput) (*ssm.UnlabelParameterVersionOutput, error) {
	if err := room.Only(in, "Name", "Labels", "ParameterVersion"); err != nil {
		return nil, err
	}
	out := &ssm.UnlabelParameterVersionOutput{}
	err := r.changeLabels(in.Name, in.ParameterVersion, func(p *parameterRow, v *versionRow) error {
		out.InvalidLabels, out.RemovedLabels = []string{}, []string{}
		for _, label := range in.Labels {
			if !slices.Contains(v.Labels, label) {
				out.InvalidLabels = append(out.InvalidLabels, label)
				continue
			}
			p.unlabel(label)
			out.RemovedLabels = append(out.RemovedLabels, label)
		}
		return nil
	})
	return out, err
}

// changeLabels changes a version of a parameter, the latest where none is named.
func (r *Room) changeLabels(name *string, number *int64, change func(*parameterRow, *versionRow) error) error {
	text := trimmed(name)
	if err := checkOwn(text); err != nil {
		return err
	}
	if !nameForm.MatchString(text) {
		return checkPath("")
	}
	return r.change(text, func(tx *store.Tx, p *parameterRow) error {
		at := len(p.Versions) - 1
		if number != nil {
			at = slices.IndexFunc(p.Versions, func(v versionRow) bool { return v.Number == *number })
		}
		if at < 0 {
			return versionNotFound(p.Name, strconv.FormatInt(*number, 10))
		}
		for i := range p.Versions { // rows are not changed in place
			p.Versions[i].Labels = slices.Clone(p.Versions[i].Labels)
		}
		return change(p, &p.Versions[at])
	})
}

// unlabel takes a label off whichever version has it.
func (p *parameterRow) unlabel(label string) {
	for i := range p.Versions {
		p.Versions[i].Labels = slices.DeleteFunc(p.Versions[i].Labels, func(l string) bool { return l == label })
	}
}
