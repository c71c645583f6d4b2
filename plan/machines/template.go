// Package machines has what a stack's instances are made of, and those of them that stand alone: images, and how they are baked and copied; the
// launch template with its versions; hosts.
package machines

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/role"
)

// Template is the launch template of one region. A version cannot be changed: a change makes a new version and
// then makes it the default.
type Template struct {
	resource.Scope
	resource.Doubles
	ImageID func() string // the region's image, empty while there is none
	Root    func() string // the name of its root device; asked only where a volume is declared
	Group   *network.Group
	Role    *role.Role // whose profile the instances get; nil in an earlier network

	ID      string
	called  string
	Tags    resource.Field
	blocked error                                // what is somebody else's and has the name
	Version int64                                // the one that is used; 0 where none is as wanted yet
	Data    *ec2types.ResponseLaunchTemplateData // what it says; of the default version where none is as wanted
	Preset  int64                                // the default version
	all     []int64                              // every version there is
	says    map[int64]*ec2types.ResponseLaunchTemplateData
}

func (t *Template) Identity() string { return t.ID }

func (t *Template) Desired() []resource.Field { return append(t.content(), t.Tagged("template")) }

func (t *Template) Actual() []resource.Field {
	if t.Data == nil {
		return nil
	}
	return append(contentOf(t.Data), t.Tags)
}

// fitting tells whether a version says what is wanted.
func (t *Template) fitting(data *ec2types.ResponseLaunchTemplateData) bool {
	return data != nil && len(resource.Compare(t.content(), contentOf(data))) == 0
}

// Next returns the version that instances are to be of, or Unknown where it is not made yet.
func (t *Template) Next() string {
	if t.Version == 0 || !t.fitting(t.Data) {
		return resource.Unknown
	}
	return resource.Number(t.Version)
}

// Exact returns the version that instances are to be of, once it is there.
func (t *Template) Exact() Version { return Version{t.ID, resource.Number(t.Version)} }

// Label names a version for a person: by its number, where it is of this template.
func (t *Template) Label(v Version) string {
	switch {
	case v == Version{}:
		return "of no template"
	case v.Template == t.ID || v.Template == "":
		return v.Number
	}
	return v.Number + " of " + v.Template
}

func (t *Template) Find(ctx context.Context) (bool, error) {
	all, err := t.list(ctx, t.Mark("template").Filters()...)
	if err != nil {
		return false, err
	}
	*t = Template{Scope: t.Scope, ImageID: t.ImageID, Root: t.Root, Group: t.Group, Role: t.Role}
	if len(all) == 0 { // or it has lost its tags
		return t.findByName(ctx)
	}
	var found []*Template
	for _, o := range all {
		one := *t
		one.ID, one.called = aws.ToString(o.LaunchTemplateId), aws.ToString(o.LaunchTemplateName)
		one.Tags = t.TaggedWith("template", account.OfEC2(o.Tags))
		found = append(found, &one)
	}
	there, err := resource.Choose(ctx, t, found)
	if err != nil || !there {
		return false, err
	}
	return true, t.read(ctx)
}

func (t *Template) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.LaunchTemplate, error) {
	out, err := t.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe launch templates: %w", err)
	}
	return out.LaunchTemplates, nil
}

// findByName looks at the template that has the stack's name and not its tags. It is the stack's if it puts instances into
// the stack's security group.
func (t *Template) findByName(ctx context.Context) (bool, error) {
	all, err := t.list(ctx, account.Filter("launch-template-name", t.NameOf("template")))
	if err != nil || len(all) == 0 {
		return false, err
	}
	t.ID, t.called = aws.ToString(all[0].LaunchTemplateId), t.NameOf("template")
	t.Tags = t.TaggedWith("template", account.OfEC2(all[0].Tags))
	versions, err := t.versions(ctx)
	if err != nil {
		return false, err
	}
	ours := t.Group.ID != "" && account.Unclaimed(account.OfEC2(all[0].Tags), t.Stack()) &&
		slices.ContainsFunc(versions, func(v ec2types.LaunchTemplateVersion) bool {
			return v.LaunchTemplateData != nil && slices.Contains(v.LaunchTemplateData.SecurityGroupIds, t.Group.ID)
		})
	if !ours {
		t.blocked = resource.InTheWay(t.ID+", which is called "+t.called+",", t.Mark("template"))
		t.ID = ""
		return false, nil
	}
	t.remember(versions)
	return true, nil
}

func (t *Template) Refused() error { return t.blocked }

// Fits prefers the name that the stack gives. A name is unique, so AWS cannot have made this template twice.
func (t *Template) Fits() int {
	if t.called == t.NameOf("template") {
		return 1
	}
	return 0
}

// Holds prevents that a template with another name is removed: somebody made it, and may launch instances from it.
func (t *Template) Holds(context.Context) ([]string, error) {
	if t.Fits() == 1 {
		return nil, nil
	}
	return []string{"a name that this stack did not give, " + t.called}, nil
}

// read looks through the versions for one that says what is wanted: the default, or the latest that does. What an
// earlier run made is so found again, and what somebody else made is not taken for the stack's.
func (t *Template) read(ctx context.Context) error {
	all, err := t.versions(ctx)
	if err == nil {
		t.remember(all)
	}
	return err
}

func (t *Template) versions(ctx context.Context) (all []ec2types.LaunchTemplateVersion, err error) {
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(t.EC2, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &t.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe versions of %s: %w", t.ID, err)
		}
		all = append(all, page.LaunchTemplateVersions...)
	}
	return all, nil
}

func (t *Template) remember(all []ec2types.LaunchTemplateVersion) {
	t.Version, t.Data, t.Preset, t.all, t.says = 0, nil, 0, nil, map[int64]*ec2types.ResponseLaunchTemplateData{}
	for _, v := range all {
		n := aws.ToInt64(v.VersionNumber)
		t.all, t.says[n] = append(t.all, n), v.LaunchTemplateData
		if aws.ToBool(v.DefaultVersion) {
			t.Preset, t.Data = n, v.LaunchTemplateData
		}
	}
	if t.fitting(t.Data) {
		t.Version = t.Preset
		return
	}
	for _, v := range all {
		if n := aws.ToInt64(v.VersionNumber); n > t.Version && t.fitting(v.LaunchTemplateData) {
			t.Version, t.Data = n, v.LaunchTemplateData
		}
	}
}

// later returns the versions that were made after the one that is used.
func (t *Template) later() []string {
	var later []string
	for _, n := range t.all {
		if t.Version != 0 && n > t.Version {
			later = append(later, resource.Number(n))
		}
	}
	return later
}

func (t *Template) Create(ctx context.Context) error {
	return account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := t.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
			LaunchTemplateName: aws.String(t.NameOf("template")),
			LaunchTemplateData: t.wanted(),
			ClientToken:        &token,
			TagSpecifications:  t.Mark("template").EC2(ec2types.ResourceTypeLaunchTemplate),
		})
		if err != nil {
			return false, fmt.Errorf("create launch template: %w", err)
		}
		t.ID = aws.ToString(out.LaunchTemplate.LaunchTemplateId)
		return resource.Settled(ctx, func(ctx context.Context) (bool, error) {
			err := t.read(ctx)
			if account.IsNotFound(err) {
				return false, nil
			}
			return len(t.all) > 0, err
		})
	}, t.parts()...)
}

func (t *Template) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := t.Retag(ctx, t.ID, "template"); err != nil || len(differences) == 1 {
			return err
		}
	}
	return t.createVersion(ctx)
}

// createVersion takes care that a call that is sent twice makes one version: the default version is part of the token, since
// going back to an earlier content is another change.
func (t *Template) createVersion(ctx context.Context) error {
	return account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := t.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId:   &t.ID,
			LaunchTemplateData: t.wanted(),
			ClientToken:        &token,
		})
		if err != nil {
			return false, fmt.Errorf("create a version of %s: %w", t.ID, err)
		}
		return resource.Settled(ctx, func(ctx context.Context) (bool, error) {
			err := t.read(ctx)
			return slices.Contains(t.all, aws.ToInt64(out.LaunchTemplateVersion.VersionNumber)), err
		})
	}, append(t.parts(), resource.Number(t.Preset))...)
}

func (t *Template) makeDefault(ctx context.Context, version string) error {
	if version == resource.Number(t.Preset) {
		return nil
	}
	_, err := t.EC2.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &t.ID, DefaultVersion: &version})
	if err != nil {
		return fmt.Errorf("make version %s of %s the default: %w", version, t.ID, err)
	}
	return nil
}

// deleteVersions deletes at most 200 versions at a time, as
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html allows.
func (t *Template) deleteVersions(ctx context.Context, versions []string) error {
	for some := range slices.Chunk(versions, 200) {
		out, err := t.EC2.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: &t.ID, Versions: some})
		if err != nil {
			return fmt.Errorf("delete versions of %s: %w", t.ID, err)
		}
		for _, left := range out.UnsuccessfullyDeletedLaunchTemplateVersions {
			e := left.ResponseError
			if e != nil && e.Code != ec2types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist {
				return fmt.Errorf("delete version %d of %s: %s: %s", aws.ToInt64(left.VersionNumber), t.ID, e.Code, aws.ToString(e.Message))
			}
		}
	}
	return nil
}

// GiveUp deletes a version that did not come to serve, so that $Latest means what it did before.
func (t *Template) GiveUp(ctx context.Context, bad Version) error {
	if bad.Template != t.ID || bad.Number == resource.Number(t.Preset) {
		return nil
	}
	return t.deleteVersions(ctx, []string{bad.Number})
}

func (t *Template) Remove(ctx context.Context) error {
	_, err := t.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &t.ID})
	if err != nil {
		return fmt.Errorf("delete %s: %w", t.ID, err)
	}
	return nil
}

var _ resource.Doubling = (*Template)(nil)
