package parameters

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

const (
	maxVersions   = 100    // of a parameter; the oldest goes when there is another
	maxParameters = 10_000 // of the standard tier, https://docs.aws.amazon.com/general/latest/gr/ssm.html
)

// PutParameter makes a parameter, or another version of it.
func (r *Room) PutParameter(ctx context.Context, in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	if err := room.Only(in, "Name", "Value", "Type", "Description", "KeyId", "AllowedPattern", "Overwrite", "Tags", "Tier", "DataType"); err != nil {
		return nil, err
	}
	name := trimmed(in.Name)
	if err := r.checkNew(name); err != nil {
		return nil, err
	}
	overwrite := room.Deref(in.Overwrite)
	if overwrite && len(in.Tags) > 0 {
		return nil, invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove " +
			"overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	var made versionRow
	err = r.Update(func(tx *store.Tx) error {
		row, exists := r.parameters.GetTx(tx, key(name))
		if exists && !overwrite {
			return wire.Errorf("ParameterAlreadyExists",
				"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
		}
		if !exists {
			row = parameterRow{Name: name, Tags: tags}
		}
		if made, err = r.nextVersion(row, in); err != nil {
			return err
		}
		return r.putVersion(tx, row, made)
	})
	if err != nil {
		return nil, err
	}
	return &ssm.PutParameterOutput{Version: made.Number, Tier: made.Tier}, nil
}

// nextVersion is what a request makes of a parameter. What it does not say stays as it is: Terraform, for one, sends a
// description only where that has changed. A type may change, although the reference has HierarchyTypeMismatchException for
// that: Terraform's provider does so in a test against AWS (TestAccSSMParameter_updateType).
func (r *Room) nextVersion(row parameterRow, in *ssm.PutParameterInput) (versionRow, error) {
	next := versionRow{DataType: text, Tier: ssmtypes.ParameterTierStandard}
	if len(row.Versions) > 0 {
		next = row.latest()
	}
	next.Number, next.Labels, next.Modified, next.User = next.Number+1, nil, time.Now().UTC(), r.user()
	next.Value = room.Deref(in.Value)
	if in.Type != "" {
		next.Type = in.Type
	}
	for _, set := range []struct{ from, to *string }{
		{in.Description, &next.Description}, {in.AllowedPattern, &next.AllowedPattern}, {in.DataType, &next.DataType},
	} {
		if set.from != nil {
			*set.to = *set.from
		}
	}
	if next.Type == "" {
		return next, invalid("A parameter type is required when you create a parameter.")
	}
	if err := r.setKey(&next, room.Deref(in.KeyId)); err != nil {
		return next, err
	}
	if err := next.setTier(in.Tier); err != nil {
		return next, err
	}
	return next, next.checkValue()
}

// setKey sets the key of a secret: the one that is asked for, the one that it has, or the account's own.
func (r *Room) setKey(v *versionRow, asked string) error {
	if v.Type != ssmtypes.ParameterTypeSecureString {
		if v.KeyID = ""; asked != "" {
			return invalid("KeyId is required for SecureString type parameter only.")
		}
		return nil
	}
	switch {
	case asked != "":
		v.KeyID = asked
	case v.KeyID == "":
		v.KeyID = defaultKey
	}
	return r.checkKey(v.KeyID)
}

// putVersion adds a version to a parameter. One that is to name an image and does not is not made, and yet its maker gets no
// error: AWS looks at the image after it has answered (API reference, PutParameter, DataType).
func (r *Room) putVersion(tx *store.Tx, row parameterRow, v versionRow) error {
	if v.DataType == image && !r.images.HasImage(v.Value) {
		r.Log.Warn("parameter is not made: its value is the id of no image", "parameter", row.Name, "value", v.Value)
		return nil
	}
	if len(row.Versions) == 0 && r.parameters.Len() >= maxParameters {
		return wire.Errorf("ParameterLimitExceeded", "You have exceeded the number of parameters for this account: %d.", maxParameters)
	}
	if v.Type == ssmtypes.ParameterTypeSecureString {
		var err error
		if v.Value, err = r.vault().Seal(tx, r.arn(row), v.Value); err != nil {
			return err
		}
	}
	row.Versions = append(slices.Clone(row.Versions), v)
	if oldest := row.Versions[0]; len(row.Versions) > maxVersions {
		if len(oldest.Labels) > 0 {
			return wire.Errorf("ParameterMaxVersionLimitExceeded",
				"You attempted to create a new version of %s by calling the PutParameter API with the overwrite flag. Version %d, the oldest "+
					"version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.",
				row.Name, oldest.Number)
		}
		row.Versions = row.Versions[1:]
	}
	return r.parameters.Put(tx, key(row.Name), row)
}

// DeleteParameter deletes a parameter with all its versions.
func (r *Room) DeleteParameter(ctx context.Context, in *ssm.DeleteParameterInput) (*ssm.DeleteParameterOutput, error) {
	if err := room.Only(in, "Name"); err != nil {
		return nil, err
	}
	deleted, err := r.remove([]string{*in.Name})
	if err == nil && len(deleted) == 0 {
		err = notFound()
	}
	return &ssm.DeleteParameterOutput{}, err
}

// DeleteParameters deletes parameters, and names those that are not there.
func (r *Room) DeleteParameters(ctx context.Context, in *ssm.DeleteParametersInput) (*ssm.DeleteParametersOutput, error) {
	if err := room.Only(in, "Names"); err != nil {
		return nil, err
	}
	deleted, err := r.remove(in.Names)
	out := &ssm.DeleteParametersOutput{DeletedParameters: room.Listed(deleted), InvalidParameters: []string{}}
	for _, name := range in.Names {
		if !slices.Contains(deleted, name) {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, err
}

// remove deletes those of the parameters that are there, and returns their names as they were given.
func (r *Room) remove(names []string) (deleted []string, _ error) {
	for _, name := range names {
		if err := checkOwn(trimmed(&name)); err != nil {
			return nil, err
		}
	}
	return deleted, r.Update(func(tx *store.Tx) error {
		deleted = nil
		for _, name := range names {
			k := key(trimmed(&name))
			if _, ok := r.parameters.GetTx(tx, k); !ok {
				continue
			}
			if err := r.parameters.Delete(tx, k); err != nil {
				return err
			}
			deleted = append(deleted, name)
		}
		return nil
	})
}
