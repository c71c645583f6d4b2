// Package role has the role of a stack's instances, and the instance profile that carries it.
package role

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Role is the role of the instances of both regions, with the instance profile that carries it: IAM is global. The two have one name.
type Role struct {
	resource.Scope

	there, carried bool // the role; the profile
	blocked        error
	seen           []resource.Field
	attached       []string // managed policies
	inline         []string // its own policies
	holds          []string // the roles that the profile carries
	drawnAs        string   // in a blueprint, what stands for the name
}

const (
	roleRole          = "instance-role"
	profileRole       = "instance-profile"
	ownPolicy         = "understudy"             // the name of the role's own policy
	environmentPolicy = "understudy-environment" // and of that by which instances read the parameters of their environment
)

func (r *Role) Worldwide() {}

func (r *Role) Identity() string {
	if !r.there && !r.carried {
		return ""
	}
	return r.Declared.RoleName()
}

func (r *Role) Remnants() bool           { return r.carried }
func (r *Role) Refused() error           { return r.blocked }
func (r *Role) Actual() []resource.Field { return r.seen }
func (r *Role) nameOf() *string          { return aws.String(r.Declared.RoleName()) }
func (r *Role) partOf(s string) string {
	if strings.HasPrefix(r.Region, "cn-") {
		return s + ".cn" // the services' names in China ("AWS service principals" in the IAM User Guide)
	}
	return s
}

// ProfileName is the name of the instances' profile, empty for none. What launches in an earlier network asks nobody.
func (r *Role) ProfileName(d *understudy.Declaration) string {
	if r != nil && r.drawnAs != "" {
		return r.drawnAs
	}
	return d.ProfileName()
}

// purpose is the role's description, by which one that has lost its tags is known.
func (r *Role) purpose() string { return "understudy: instances of stack " + r.Stack() }

// trust lets EC2 give its instances the role.
func (r *Role) trust() string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + r.partOf("ec2.amazonaws.com") + `"},"Action":"sts:AssumeRole"}]}`
}

func (r *Role) Desired() []resource.Field {
	p := r.Declared.Instance.Profile
	return []resource.Field{
		{Name: "trust", Value: plainPolicy(r.trust())},
		{Name: "managed policies", Value: resource.Set(p.Managed...)},
		{Name: "policy", Value: plainPolicy(p.Policy)},
		{Name: "environment policy", Value: plainPolicy(r.Declared.ParametersPolicy())},
		{Name: "other policies"},
		{Name: "profile", Value: r.Declared.RoleName()},
		r.Tagged(roleRole),
		{Name: "profile tagged", Value: r.Tagged(profileRole).Value},
	}
}

// plainPolicy renders a policy so that equal ones are equal texts.
func plainPolicy(document string) string {
	var v any
	if json.Unmarshal([]byte(document), &v) != nil {
		return document
	}
	text, _ := json.Marshal(v) // it comes from JSON
	return string(text)
}

// Find looks for both by their name. Who may not look and declares no role has none: without that permission none was made.
func (r *Role) Find(ctx context.Context) (bool, error) {
	*r = Role{Scope: r.Scope}
	both, within := errgroup.WithContext(ctx)
	both.Go(func() error { return r.findRole(within) })
	var profile *iamtypes.InstanceProfile
	both.Go(func() (err error) {
		profile, err = r.profile(within)
		return err
	})
	err := both.Wait()
	if account.IsCode(err, "AccessDenied") && !r.Declared.RoleMade() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r.readProfile(profile)
	return r.there, nil
}

func (r *Role) findRole(ctx context.Context) error {
	out, err := r.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: r.nameOf()})
	if account.IsNotFound(err) || err == nil && out.Role == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("get role %s: %w", *r.nameOf(), err)
	}
	tags := account.OfIAM(out.Role.Tags)
	if ours := aws.ToString(out.Role.Description) == r.purpose() && account.Unclaimed(tags, r.Stack()); !ours && !r.Mark(roleRole).In(tags) {
		r.blocked = resource.InTheWay("role "+*r.nameOf(), r.Mark(roleRole))
		return nil
	}
	r.there = true
	r.seen = append(r.seen, resource.Field{Name: "trust", Value: plainPolicy(decoded(out.Role.AssumeRolePolicyDocument))}, r.TaggedWith(roleRole, tags))
	return r.readPolicies(ctx)
}

// decoded undoes the percent-encoding of documents in IAM's answers (RFC 3986).
func decoded(document *string) string {
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		return aws.ToString(document)
	}
	return text
}

func (r *Role) readPolicies(ctx context.Context) error {
	managed := iam.NewListAttachedRolePoliciesPaginator(r.IAM, &iam.ListAttachedRolePoliciesInput{RoleName: r.nameOf()})
	for managed.HasMorePages() {
		page, err := managed.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list managed policies of %s: %w", *r.nameOf(), err)
		}
		for _, p := range page.AttachedPolicies {
			r.attached = append(r.attached, aws.ToString(p.PolicyArn))
		}
	}
	own := iam.NewListRolePoliciesPaginator(r.IAM, &iam.ListRolePoliciesInput{RoleName: r.nameOf()})
	for own.HasMorePages() {
		page, err := own.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list policies of %s: %w", *r.nameOf(), err)
		}
		r.inline = append(r.inline, page.PolicyNames...)
	}
	texts := map[string]string{}
	for _, name := range []string{ownPolicy, environmentPolicy} {
		if !slices.Contains(r.inline, name) {
			continue
		}
		out, err := r.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: r.nameOf(), PolicyName: &name})
		if err != nil {
			return fmt.Errorf("get policy %s of %s: %w", name, *r.nameOf(), err)
		}
		texts[name] = plainPolicy(decoded(out.PolicyDocument))
	}
	r.seen = append(r.seen, resource.Field{Name: "managed policies", Value: resource.Set(r.attached...)}, resource.Field{Name: "policy", Value: texts[ownPolicy]},
		resource.Field{Name: "environment policy", Value: texts[environmentPolicy]}, resource.Field{Name: "other policies", Value: resource.Set(r.others()...)})
	return nil
}

// others are the role's own policies that somebody else has given it.
func (r *Role) others() []string {
	return slices.DeleteFunc(slices.Clone(r.inline), func(name string) bool { return name == ownPolicy || name == environmentPolicy })
}

// profile returns the instance profile of the name, nil where there is none.
func (r *Role) profile(ctx context.Context) (*iamtypes.InstanceProfile, error) {
	out, err := r.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: r.nameOf()})
	if account.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get instance profile %s: %w", *r.nameOf(), err)
	}
	return out.InstanceProfile, nil
}

func (r *Role) readProfile(p *iamtypes.InstanceProfile) {
	if p == nil {
		return
	}
	tags := account.OfIAM(p.Tags)
	for _, one := range p.Roles {
		r.holds = append(r.holds, aws.ToString(one.RoleName))
	}
	ours := r.there && slices.Contains(r.holds, *r.nameOf()) && account.Unclaimed(tags, r.Stack())
	if !ours && !r.Mark(profileRole).In(tags) {
		r.blocked = resource.InTheWay("instance profile "+*r.nameOf(), r.Mark(profileRole))
		return
	}
	r.carried = true
	r.seen = append(r.seen, resource.Field{Name: "profile", Value: resource.Set(r.holds...)}, resource.Field{Name: "profile tagged",
		Value: r.TaggedWith(profileRole, tags).Value})
}

// Create makes the role, and then all that it lacks.
func (r *Role) Create(ctx context.Context) error {
	_, err := r.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: r.nameOf(), AssumeRolePolicyDocument: aws.String(r.trust()), Tags: r.Mark(roleRole).IAM(),
		Description: aws.String(r.purpose()),
	})
	if err != nil {
		return fmt.Errorf("create role %s: %w", *r.nameOf(), err)
	}
	r.there = true
	r.seen = append(r.seen, resource.Field{Name: "trust", Value: plainPolicy(r.trust())}, r.Tagged(roleRole))
	if !r.carried {
		r.seen = append(r.seen, resource.Field{Name: "profile tagged", Value: r.Tagged(profileRole).Value})
	}
	return r.Change(ctx, resource.Compare(r.Desired(), r.seen))
}

func (r *Role) Change(ctx context.Context, differences []resource.Difference) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"trust", r.setTrust}, {"managed policies", r.setManaged}, {"policy", r.setPolicy}, {"environment policy", r.setEnvironmentPolicy},
		{"other policies", r.dropOthers},
		{"profile", r.setProfile}, {"tagged", r.retagRole}, {"profile tagged", r.retagProfile},
	} {
		if !resource.Differs(differences, step.name) {
			continue
		}
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *Role) setTrust(ctx context.Context) error {
	_, err := r.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: r.nameOf(), PolicyDocument: aws.String(r.trust())})
	if err != nil {
		return fmt.Errorf("set the trust of %s: %w", *r.nameOf(), err)
	}
	return nil
}

// setManaged attaches what is declared before it detaches what is not: instances use the role meanwhile.
func (r *Role) setManaged(ctx context.Context) error {
	wanted := r.Declared.Instance.Profile.Managed
	for _, arn := range wanted {
		if slices.Contains(r.attached, arn) {
			continue
		}
		if _, err := r.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: r.nameOf(), PolicyArn: &arn}); err != nil {
			return fmt.Errorf("attach %s to %s: %w", arn, *r.nameOf(), err)
		}
	}
	return r.detach(ctx, wanted)
}

// detach detaches all managed policies but some.
func (r *Role) detach(ctx context.Context, but []string) error {
	for _, arn := range r.attached {
		if slices.Contains(but, arn) {
			continue
		}
		_, err := r.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: r.nameOf(), PolicyArn: &arn})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("detach %s from %s: %w", arn, *r.nameOf(), err)
		}
	}
	return nil
}

func (r *Role) setPolicy(ctx context.Context) error {
	return r.put(ctx, ownPolicy, r.Declared.Instance.Profile.Policy)
}

func (r *Role) setEnvironmentPolicy(ctx context.Context) error {
	return r.put(ctx, environmentPolicy, r.Declared.ParametersPolicy())
}

// put gives the role a policy of its own, or takes it away where there is nothing in it.
func (r *Role) put(ctx context.Context, name, document string) error {
	if document == "" {
		return r.drop(ctx, name)
	}
	_, err := r.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: r.nameOf(), PolicyName: &name, PolicyDocument: &document})
	if err != nil {
		return fmt.Errorf("put policy %s of %s: %w", name, *r.nameOf(), err)
	}
	return nil
}

func (r *Role) dropOthers(ctx context.Context) error { return r.drop(ctx, r.others()...) }

// drop deletes some of the role's own policies.
func (r *Role) drop(ctx context.Context, names ...string) error {
	for _, name := range names {
		_, err := r.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: r.nameOf(), PolicyName: &name})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete policy %s of %s: %w", name, *r.nameOf(), err)
		}
	}
	return nil
}

// setProfile makes the instance profile, and has it carry the role and no other: it can carry one ("IAM and AWS STS quotas").
func (r *Role) setProfile(ctx context.Context) error {
	if !r.carried {
		_, err := r.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: r.nameOf(), Tags: r.Mark(profileRole).IAM()})
		if err != nil {
			return fmt.Errorf("create instance profile %s: %w", *r.nameOf(), err)
		}
		r.carried = true
	}
	if err := r.empty(ctx, *r.nameOf()); err != nil || slices.Contains(r.holds, *r.nameOf()) {
		return err
	}
	_, err := r.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: r.nameOf(), RoleName: r.nameOf()})
	if err != nil {
		return fmt.Errorf("add the role to instance profile %s: %w", *r.nameOf(), err)
	}
	return nil
}

// empty takes the roles out of the profile, but for one.
func (r *Role) empty(ctx context.Context, but string) error {
	for _, name := range r.holds {
		if name == but {
			continue
		}
		_, err := r.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: r.nameOf(), RoleName: &name})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("remove role %s from instance profile %s: %w", name, *r.nameOf(), err)
		}
	}
	return nil
}

// Remove takes apart what is there: IAM deletes neither a profile that carries a role, nor a role with policies.
func (r *Role) Remove(ctx context.Context) error {
	if _, err := r.Find(ctx); err != nil || r.blocked != nil {
		return err
	}
	if r.carried {
		if err := r.empty(ctx, ""); err != nil {
			return err
		}
		_, err := r.IAM.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: r.nameOf()})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete instance profile %s: %w", *r.nameOf(), err)
		}
	}
	if !r.there {
		return nil
	}
	if err := r.detach(ctx, nil); err != nil {
		return err
	}
	if err := r.drop(ctx, r.inline...); err != nil {
		return err
	}
	if _, err := r.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.nameOf()}); err != nil {
		return fmt.Errorf("delete role %s: %w", *r.nameOf(), err)
	}
	return nil
}

var (
	_ resource.Resource   = (*Role)(nil)
	_ resource.Obstructed = (*Role)(nil)
	_ resource.Leaving    = (*Role)(nil)
)
