package compute

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// profileRow is an instance's instance profile. It stays the instance's when IAM's is deleted.
type profileRow struct {
	Association string
	ARN, ID     string
	Since       time.Time
}

var profileAssociationKind = kinds.Add(resource.Kind[*Room]{Prefix: "iip-assoc"})

func (p profileRow) name() string { return p.ARN[strings.LastIndexByte(p.ARN, '/')+1:] }

func (p *profileRow) show() *ec2types.IamInstanceProfile {
	if p == nil {
		return nil
	}
	return &ec2types.IamInstanceProfile{Arn: new(p.ARN), Id: new(p.ID)}
}

// associated is the same profile for one more instance.
func (p *profileRow) associated(now time.Time) *profileRow {
	if p == nil {
		return nil
	}
	return &profileRow{Association: profileAssociationKind.NewID(), ARN: p.ARN, ID: p.ID, Since: now}
}

// profileOf makes a filter on the profile of an instance.
func profileOf(f func(profileRow) string) func(Instance) []string {
	return func(i Instance) []string {
		if i.Profile == nil {
			return nil
		}
		return []string{f(*i.Profile)}
	}
}

// newProfile asks IAM for a profile; nil for none. It runs before a change and not inside one, since IAM may not answer.
// The words are those by which clients know a profile that EC2 does not know yet, and try again.
func (r *Room) newProfile(spec *ec2types.IamInstanceProfileSpecification) (*profileRow, error) {
	if spec == nil {
		return nil, nil
	}
	ref := profile.Ref{Name: room.Deref(spec.Name), ARN: room.Deref(spec.Arn)}
	if ref.Name != "" && ref.ARN != "" {
		return nil, wire.Errorf("InvalidParameterCombination", "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	}
	if ref == (profile.Ref{}) {
		return nil, nil
	}
	p, err := r.cfg.Profiles.InstanceProfile(r.Context(), ref)
	switch {
	case errors.Is(err, profile.ErrMissing) && ref.ARN != "":
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", ref.ARN)
	case errors.Is(err, profile.ErrMissing):
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", ref.Name)
	case err != nil:
		r.Log.Warn("ask for an instance profile", "err", err)
		return nil, &wire.Error{Code: "Unavailable", Message: "IAM does not answer.", Status: http.StatusServiceUnavailable}
	case p.Role == "":
		return nil, wire.Errorf("InvalidParameterValue", "IAM Instance Profile \"%s\" has no associated IAM Roles", p.ARN)
	}
	return &profileRow{ARN: p.ARN, ID: p.ID}, nil
}

// CheckProfile refuses a launch template whose version names a profile that no instance could have. A version that is not there
// names none.
func (r *Room) CheckProfile(id, name, version *string) error {
	_, v, err := r.templateVersion(nil, id, name, version)
	if err != nil || v.Data.IamInstanceProfile == nil {
		return nil
	}
	_, err = r.newProfile((*ec2types.IamInstanceProfileSpecification)(v.Data.IamInstanceProfile))
	return err
}

// renewal is the age from which an instance's credentials are made anew. AWS says that new ones come "at least five minutes before
// the expiration of the old" ("Retrieve security credentials from instance metadata"); its come about hourly.
const renewal = time.Hour

// credentials are those of the role of an instance's profile. As on AWS, they stay those of the role that the profile had when
// they were made, until they are renewed. While IAM does not answer, the old ones are told as long as they are valid.
func (r *Room) credentials(p profileRow, instance string) (profile.Credentials, error) {
	kept, _ := r.issued.Load(p.Association)
	had, _ := kept.(profile.Credentials)
	valid := had.Code == profile.Success
	if valid && time.Since(had.Issued) < renewal {
		return had, nil
	}
	c, err := r.cfg.Profiles.InstanceCredentials(r.Context(), p.ID, instance)
	if err != nil {
		if valid && time.Now().Before(had.Expires) && !errors.Is(err, profile.ErrMissing) {
			return had, nil
		}
		return c, err
	}
	r.issued.Store(p.Association, c)
	return c, nil
}

func (r *Room) showAssociation(i Instance, p profileRow, state ec2types.IamInstanceProfileAssociationState) *ec2types.IamInstanceProfileAssociation {
	return &ec2types.IamInstanceProfileAssociation{
		AssociationId: new(p.Association), InstanceId: new(i.ID), IamInstanceProfile: p.show(), State: state,
	}
}

// wantedProfile is the profile that a call must name.
func (r *Room) wantedProfile(spec *ec2types.IamInstanceProfileSpecification) (*profileRow, error) {
	p, err := r.newProfile(spec)
	if err == nil && p == nil {
		err = wire.Errorf("MissingParameter", "The request must contain the parameter IamInstanceProfile")
	}
	return p, err
}

// AssociateIamInstanceProfile gives a profile to an instance that has none. The answer says associating, as AWS's does;
// the change has been made by then.
func (r *Room) AssociateIamInstanceProfile(
	ctx context.Context, in *ec2.AssociateIamInstanceProfileInput,
) (*ec2.AssociateIamInstanceProfileOutput, error) {
	if err := room.Only(in, "IamInstanceProfile", "InstanceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("InstanceId", in.InstanceId); err != nil {
		return nil, err
	}
	wanted, err := r.wantedProfile(in.IamInstanceProfile)
	if err != nil {
		return nil, err
	}
	var i Instance
	err = r.Update(func(tx *store.Tx) (err error) {
		if i, err = room.Find(tx, r.instances, *in.InstanceId, missingInstance); err != nil {
			return err
		}
		if err := alive(i); err != nil {
			return err
		}
		if i.Profile != nil {
			return wire.Errorf("IncorrectState", "There is an existing association for instance %s", i.ID)
		}
		i.Profile = wanted.associated(time.Now().UTC())
		return r.instances.Put(tx, i.ID, i)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.AssociateIamInstanceProfileOutput{
		IamInstanceProfileAssociation: r.showAssociation(i, *i.Profile, ec2types.IamInstanceProfileAssociationStateAssociating),
	}, nil
}

// changeAssociation changes the profile of the instance that has an association, and returns what was there before.
func (r *Room) changeAssociation(id *string, change func(*Instance)) (i Instance, before profileRow, err error) {
	if err := resource.Required("AssociationId", id); err != nil {
		return i, before, err
	}
	err = r.Update(func(tx *store.Tx) error {
		all := r.instances.AllTx(tx)
		at := slices.IndexFunc(all, func(i Instance) bool { return i.Profile != nil && i.Profile.Association == *id })
		if at < 0 {
			return missingProfileAssociation(*id)
		}
		i = all[at]
		before = *i.Profile
		if err := alive(i); err != nil {
			return err
		}
		change(&i)
		return r.instances.Put(tx, i.ID, i)
	})
	r.issued.Delete(before.Association)
	return i, before, err
}

func missingProfileAssociation(id string) error {
	return wire.Errorf("InvalidAssociationID.NotFound", "An invalid association-id of '%s' was given", id)
}

// DisassociateIamInstanceProfile takes an instance's profile away.
func (r *Room) DisassociateIamInstanceProfile(
	ctx context.Context, in *ec2.DisassociateIamInstanceProfileInput,
) (*ec2.DisassociateIamInstanceProfileOutput, error) {
	if err := room.Only(in, "AssociationId"); err != nil {
		return nil, err
	}
	i, before, err := r.changeAssociation(in.AssociationId, func(i *Instance) { i.Profile = nil })
	if err != nil {
		return nil, err
	}
	return &ec2.DisassociateIamInstanceProfileOutput{
		IamInstanceProfileAssociation: r.showAssociation(i, before, ec2types.IamInstanceProfileAssociationStateDisassociating),
	}, nil
}

// ReplaceIamInstanceProfileAssociation gives an instance another profile, whose association has an id of its own.
func (r *Room) ReplaceIamInstanceProfileAssociation(
	ctx context.Context, in *ec2.ReplaceIamInstanceProfileAssociationInput,
) (*ec2.ReplaceIamInstanceProfileAssociationOutput, error) {
	if err := room.Only(in, "AssociationId", "IamInstanceProfile"); err != nil {
		return nil, err
	}
	wanted, err := r.wantedProfile(in.IamInstanceProfile)
	if err != nil {
		return nil, err
	}
	i, _, err := r.changeAssociation(in.AssociationId, func(i *Instance) { i.Profile = wanted.associated(time.Now().UTC()) })
	if err != nil {
		return nil, err
	}
	return &ec2.ReplaceIamInstanceProfileAssociationOutput{
		IamInstanceProfileAssociation: r.showAssociation(i, *i.Profile, ec2types.IamInstanceProfileAssociationStateAssociating),
	}, nil
}

// DescribeIamInstanceProfileAssociations lists the profiles of instances.
func (r *Room) DescribeIamInstanceProfileAssociations(
	ctx context.Context, in *ec2.DescribeIamInstanceProfileAssociationsInput,
) (*ec2.DescribeIamInstanceProfileAssociationsOutput, error) {
	if err := room.Only(in, "AssociationIds", "Filters", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[Instance]{
		ID: func(i Instance) string { return i.Profile.Association }, Missing: missingProfileAssociation,
		Fields: resource.Fields[Instance]{
			"instance-id": resource.One(func(i Instance) string { return i.ID }),
			"state":       resource.One(func(Instance) string { return string(ec2types.IamInstanceProfileAssociationStateAssociated) }),
		},
	}
	with := slices.DeleteFunc(r.instances.All(), func(i Instance) bool { return i.Profile == nil })
	rows, next, err := l.List(r.Registry, with, in.AssociationIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeIamInstanceProfileAssociationsOutput{NextToken: next, IamInstanceProfileAssociations: []ec2types.IamInstanceProfileAssociation{}}
	for _, i := range rows {
		shown := r.showAssociation(i, *i.Profile, ec2types.IamInstanceProfileAssociationStateAssociated)
		shown.Timestamp = new(i.Profile.Since)
		out.IamInstanceProfileAssociations = append(out.IamInstanceProfileAssociations, *shown)
	}
	return out, nil
}
