package plan

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/account"
)

func inIAM(tags account.Tags) (all []iamtypes.Tag) {
	for k, v := range tags {
		all = append(all, iamtypes.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	return all
}

func ofIAM(tags []iamtypes.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// retagRole gives the role its tags back.
func (r *role) retagRole(ctx context.Context) error {
	return tagging{
		read: func(ctx context.Context) (map[string]string, error) {
			out, err := r.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: r.nameOf()})
			if err != nil {
				return nil, err
			}
			return ofIAM(out.Role.Tags), nil
		},
		remove: func(ctx context.Context, keys []string) error {
			_, err := r.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: r.nameOf(), TagKeys: keys})
			return err
		},
		add: func(ctx context.Context, tags account.Tags) error {
			_, err := r.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: r.nameOf(), Tags: inIAM(tags)})
			return err
		},
	}.give(ctx, "role "+*r.nameOf(), r.mark(roleRole))
}

// retagProfile gives the instance profile its tags back.
func (r *role) retagProfile(ctx context.Context) error {
	return tagging{
		read: func(ctx context.Context) (map[string]string, error) {
			p, err := r.profile(ctx)
			if err != nil || p == nil {
				return nil, err
			}
			return ofIAM(p.Tags), nil
		},
		remove: func(ctx context.Context, keys []string) error {
			_, err := r.IAM.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: r.nameOf(), TagKeys: keys})
			return err
		},
		add: func(ctx context.Context, tags account.Tags) error {
			_, err := r.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: r.nameOf(), Tags: inIAM(tags)})
			return err
		},
	}.give(ctx, "instance profile "+*r.nameOf(), r.mark(profileRole))
}
