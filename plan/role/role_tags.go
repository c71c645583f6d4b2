package role

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// retagRole gives the role its tags back.
func (r *Role) retagRole(ctx context.Context) error {
	return resource.Tagging{
		Read: func(ctx context.Context) (map[string]string, error) {
			out, err := r.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: r.nameOf()})
			if err != nil {
				return nil, err
			}
			return account.OfIAM(out.Role.Tags), nil
		},
		Remove: func(ctx context.Context, keys []string) error {
			_, err := r.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: r.nameOf(), TagKeys: keys})
			return err
		},
		Add: func(ctx context.Context, tags account.Tags) error {
			_, err := r.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: r.nameOf(), Tags: tags.IAM()})
			return err
		},
	}.Give(ctx, "role "+*r.nameOf(), r.Mark(roleRole))
}

// retagProfile gives the instance profile its tags back.
func (r *Role) retagProfile(ctx context.Context) error {
	return resource.Tagging{
		Read: func(ctx context.Context) (map[string]string, error) {
			p, err := r.profile(ctx)
			if err != nil || p == nil {
				return nil, err
			}
			return account.OfIAM(p.Tags), nil
		},
		Remove: func(ctx context.Context, keys []string) error {
			_, err := r.IAM.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: r.nameOf(), TagKeys: keys})
			return err
		},
		Add: func(ctx context.Context, tags account.Tags) error {
			_, err := r.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: r.nameOf(), Tags: tags.IAM()})
			return err
		},
	}.Give(ctx, "instance profile "+*r.nameOf(), r.Mark(profileRole))
}
