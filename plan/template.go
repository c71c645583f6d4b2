package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
)

// template is the launch template of one region. A version cannot be changed: a change makes a new version and
// then makes it the default.
type template struct {
	scope
	doubles
	imageID func() string // the region's image, empty while there is none
	group   *group

	id      string
	called  string
	version int64 // the default one
	data    *ec2types.ResponseLaunchTemplateData
}

func (t *template) identity() string { return t.id }

func (t *template) desired() []Field {
	return []Field{
		{Name: "image", Value: known(t.imageID())},
		{Name: "type", Value: t.declared.Instance.Type},
		{Name: "groups", Value: known(t.group.id)},
		{Name: "metadata tokens", Value: string(ec2types.LaunchTemplateHttpTokensStateRequired)},
	}
}

func (t *template) actual() []Field {
	if t.data == nil {
		return nil
	}
	var tokens string
	if t.data.MetadataOptions != nil {
		tokens = string(t.data.MetadataOptions.HttpTokens)
	}
	return []Field{
		{Name: "image", Value: aws.ToString(t.data.ImageId)},
		{Name: "type", Value: string(t.data.InstanceType)},
		{Name: "groups", Value: set(t.data.SecurityGroupIds...)},
		{Name: "metadata tokens", Value: tokens},
	}
}

// next returns the version that will be the default, or Unknown if the template must change.
func (t *template) next() string {
	if t.version == 0 || len(compare(t.desired(), t.actual())) > 0 {
		return Unknown
	}
	return number(t.version)
}

func (t *template) find(ctx context.Context) (bool, error) {
	out, err := t.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{Filters: t.mark("template").Filters()})
	if err != nil {
		return false, fmt.Errorf("describe launch templates: %w", err)
	}
	*t = template{scope: t.scope, imageID: t.imageID, group: t.group}
	var found []*template
	for _, o := range out.LaunchTemplates {
		one := *t
		one.id, one.called = aws.ToString(o.LaunchTemplateId), aws.ToString(o.LaunchTemplateName)
		found = append(found, &one)
	}
	there, err := choose(ctx, t, found)
	if err != nil || !there {
		return false, err
	}
	return true, t.read(ctx)
}

// fits prefers the name that the stack gives. A name is unique, so AWS cannot have made this template twice.
func (t *template) fits() int {
	if t.called == t.name("template") {
		return 1
	}
	return 0
}

// holds prevents that a template with another name is removed: somebody made it, and may launch instances from it.
func (t *template) holds(context.Context) ([]string, error) {
	if t.fits() == 1 {
		return nil, nil
	}
	return []string{"a name that this stack did not give, " + t.called}, nil
}

// read reads the default version.
func (t *template) read(ctx context.Context) error {
	out, err := t.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: &t.id, Versions: []string{"$Default"},
	})
	if err != nil {
		return fmt.Errorf("describe the default version of %s: %w", t.id, err)
	}
	for _, v := range out.LaunchTemplateVersions {
		t.version, t.data = aws.ToInt64(v.VersionNumber), v.LaunchTemplateData
	}
	return nil
}

func (t *template) wanted() *ec2types.RequestLaunchTemplateData {
	return &ec2types.RequestLaunchTemplateData{
		ImageId:          aws.String(t.imageID()),
		InstanceType:     ec2types.InstanceType(t.declared.Instance.Type),
		SecurityGroupIds: []string{t.group.id},
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired,
		},
	}
}

// content lists the settings of a version, for its client token.
func (t *template) content() []string {
	return []string{t.stack(), t.Region, "template", t.imageID(), t.declared.Instance.Type, t.group.id}
}

func (t *template) create(ctx context.Context) error {
	err := account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := t.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
			LaunchTemplateName: aws.String(t.name("template")),
			LaunchTemplateData: t.wanted(),
			ClientToken:        &token,
			TagSpecifications:  t.mark("template").EC2(ec2types.ResourceTypeLaunchTemplate),
		})
		if err != nil {
			return false, fmt.Errorf("create launch template: %w", err)
		}
		t.id = aws.ToString(out.LaunchTemplate.LaunchTemplateId)
		return settled(ctx, t.exists)
	}, t.content()...)
	if err != nil {
		return err
	}
	return t.read(ctx)
}

func (t *template) exists(ctx context.Context) (bool, error) {
	out, err := t.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{t.id}})
	if account.IsNotFound(err) {
		return false, nil
	}
	return err == nil && len(out.LaunchTemplates) == 1, err
}

// change makes a version and then makes it the default. After an interruption between the two, the same client
// token finds the version again. Going back to earlier settings still makes a new version, since the token
// depends on the version before the change, too.
func (t *template) change(ctx context.Context, _ []Difference) error {
	token := account.Token(append(t.content(), number(t.version))...)
	out, err := t.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId:   &t.id,
		LaunchTemplateData: t.wanted(),
		ClientToken:        &token,
	})
	if err != nil {
		return fmt.Errorf("create a version of %s: %w", t.id, err)
	}
	version := number(aws.ToInt64(out.LaunchTemplateVersion.VersionNumber))
	_, err = t.EC2.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &t.id, DefaultVersion: &version})
	if err != nil {
		return fmt.Errorf("make version %s of %s the default: %w", version, t.id, err)
	}
	return t.read(ctx)
}

func (t *template) remove(ctx context.Context) error {
	_, err := t.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &t.id})
	if err != nil {
		return fmt.Errorf("delete %s: %w", t.id, err)
	}
	return nil
}

var _ doubling = (*template)(nil)
