package compute

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

type templateRow struct {
	ID, Name        string
	Created         time.Time
	Default, Latest int64 // Latest is the last number that was given: it is not given again
	Versions        []versionRow
}

// latest returns the number of the latest version that was not deleted.
func (t templateRow) latest() (number int64) {
	for _, v := range t.Versions {
		number = max(number, v.Number)
	}
	return number
}

type versionRow struct {
	Number      int64
	Description string
	Created     time.Time
	Data        ec2types.RequestLaunchTemplateData
}

var templateKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "lt", Tagged: ec2types.ResourceTypeLaunchTemplate, Missing: missingTemplate,
	Exists: resource.Within(func(r *Room) *store.Table[templateRow] { return r.templates }),
})

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func missingTemplate(id string) error {
	if !resource.WellFormed("lt-", id) {
		return wire.Errorf("InvalidLaunchTemplateId.Malformed", "The specified launch template ID, %s, is not valid.", id)
	}
	return wire.Errorf("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", id)
}

// findTemplate finds a template by id or name, exactly one of which must be given.
func (r *Room) findTemplate(all []templateRow, id, name *string) (templateRow, error) {
	switch {
	case room.Deref(id) == "" && room.Deref(name) == "":
		return templateRow{}, wire.Errorf("MissingParameter", "The request must contain the parameter LaunchTemplateId or LaunchTemplateName")
	case room.Deref(id) != "" && room.Deref(name) != "":
		return templateRow{}, wire.Errorf("InvalidParameterCombination", "Either the launch template ID or the launch template name must be specified, but not both.")
	}
	for _, t := range all {
		if t.ID == room.Deref(id) || t.Name == room.Deref(name) {
			return t, nil
		}
	}
	if room.Deref(id) != "" {
		return templateRow{}, missingTemplate(*id)
	}
	return templateRow{}, wire.Errorf(
		"InvalidLaunchTemplateName.NotFoundException",
		"The specified launch template, with template name %s, does not exist.",
		*name,
	)
}

// templateVersion finds the version that a launch names: a number, $Latest, $Default, or nothing for the default.
func (r *Room) templateVersion(tx *store.Tx, id, name, version *string) (templateRow, versionRow, error) {
	t, err := r.findTemplate(r.templates.AllTx(tx), id, name)
	if err != nil {
		return t, versionRow{}, err
	}
	v, err := t.version(room.Deref(version))
	return t, v, err
}

// TemplateVersion is an exact version of a launch template.
type TemplateVersion struct {
	ID, Name string
	Version  int64
	// ByParameter tells that its image is named by a parameter of Systems Manager, so that it may become another one.
	ByParameter bool
}

// Template finds a version of a launch template: a number, $Latest, $Default or nothing for the default.
func (r *Room) Template(tx *store.Tx, id, name, version *string) (TemplateVersion, error) {
	t, v, err := r.templateVersion(tx, id, name, version)
	return t.exact(v), err
}

func (t templateRow) exact(v versionRow) TemplateVersion {
	return TemplateVersion{ID: t.ID, Name: t.Name, Version: v.Number, ByParameter: strings.HasPrefix(room.Deref(v.Data.ImageId), byParameter)}
}

func (t templateRow) version(name string) (versionRow, error) {
	number, err := t.Default, error(nil)
	switch name {
	case "", "$Default":
	case "$Latest":
		number = t.latest()
	default:
		if number, err = strconv.ParseInt(name, 10, 64); err != nil {
			return versionRow{}, wire.Errorf("InvalidParameterValue", "The launch template version '%s' is not valid: a number, $Latest or $Default is.", name)
		}
	}
	for _, v := range t.Versions {
		if v.Number == number {
			return v, nil
		}
	}
	return versionRow{}, wire.Errorf(
		"InvalidLaunchTemplateId.VersionNotFound",
		"Could not find launch template version %d for launch template ID %s.",
		number,
		t.ID,
	)
}

// checkTemplateData checks what needs no look at the account, as AWS does when a version is made; whether its key, image or
// groups exist is found at the launch (EC2 user guide, "Launch template restrictions"). A parameter that names the image has to
// be there already (SsmInvalidParameter, as CreateLaunchTemplate and CreateLaunchTemplateVersion were seen to answer).
func (r *Room) checkTemplateData(data *ec2types.RequestLaunchTemplateData) error {
	if data == nil {
		return wire.Errorf("MissingParameter", "The request must contain the parameter LaunchTemplateData")
	}
	if _, err := r.resolveImage(room.Deref(data.ImageId)); err != nil {
		return err
	}
	return checkUserData(data.UserData)
}

// CreateLaunchTemplate makes a template with its version 1.
func (r *Room) CreateLaunchTemplate(ctx context.Context, in *ec2.CreateLaunchTemplateInput) (*ec2.CreateLaunchTemplateOutput, error) {
	if err := room.Only(in, "ClientToken", "LaunchTemplateName", "LaunchTemplateData", "VersionDescription", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := resource.Required("LaunchTemplateName", in.LaunchTemplateName); err != nil {
		return nil, err
	}
	name := *in.LaunchTemplateName
	if len(name) < 3 || len(name) > 128 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789().-/_") != "" {
		return nil, wire.Errorf("InvalidLaunchTemplateName.MalformedException", "The launch template name %s is not valid.", name)
	}
	if err := r.checkTemplateData(in.LaunchTemplateData); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeLaunchTemplate); err != nil {
		return nil, err
	}
	var id string
	err := r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool { _, ok := r.templates.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CreateLaunchTemplate", in.ClientToken, in, alive, func() (string, error) {
			if slices.ContainsFunc(r.templates.AllTx(tx), func(t templateRow) bool { return t.Name == name }) {
				return "", wire.Errorf("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
			}
			now := time.Now().UTC()
			row := templateRow{ID: templateKind.NewID(), Name: name, Created: now, Default: 1, Latest: 1}
			row.Versions = []versionRow{{Number: 1, Description: room.Deref(in.VersionDescription), Created: now, Data: *in.LaunchTemplateData}}
			if err := r.templates.Put(tx, row.ID, row); err != nil {
				return "", err
			}
			return row.ID, r.TagNew(tx, in.TagSpecifications, row.ID)
		})
		if err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	row, _ := r.templates.Get(id)
	return &ec2.CreateLaunchTemplateOutput{LaunchTemplate: new(r.showTemplate(row))}, nil
}

func (r *Room) showTemplate(t templateRow) ec2types.LaunchTemplate {
	return ec2types.LaunchTemplate{
		LaunchTemplateId: new(t.ID), LaunchTemplateName: new(t.Name), CreateTime: new(t.Created), CreatedBy: new(r.creator()),
		DefaultVersionNumber: new(t.Default), LatestVersionNumber: new(t.latest()), Tags: r.Tags(t.ID),
	}
}

func (r *Room) creator() string { return "arn:aws:iam::" + r.Account + ":root" }

// showVersion shows a version; resolve has it show the image that a parameter names, not the parameter.
func (r *Room) showVersion(t templateRow, v versionRow, resolve *bool) (ec2types.LaunchTemplateVersion, error) {
	data, err := convert[ec2types.ResponseLaunchTemplateData](v.Data)
	if err == nil && room.Deref(resolve) && data.ImageId != nil {
		*data.ImageId, err = r.resolveImage(*data.ImageId)
	}
	return ec2types.LaunchTemplateVersion{
		LaunchTemplateId: new(t.ID), LaunchTemplateName: new(t.Name), VersionNumber: new(v.Number), VersionDescription: room.Some(v.Description),
		CreateTime: new(v.Created), CreatedBy: new(r.creator()), DefaultVersion: new(v.Number == t.Default), LaunchTemplateData: &data,
	}, err
}

// changeTemplate changes one template.
func (r *Room) changeTemplate(id, name *string, in any, change func(*store.Tx, *templateRow) error) (templateRow, error) {
	var row templateRow
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = r.findTemplate(r.templates.AllTx(tx), id, name); err != nil {
			return err
		}
		row.Versions = slices.Clone(row.Versions)
		if err := change(tx, &row); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.templates.Put(tx, row.ID, row)
	})
	return row, err
}

// CreateLaunchTemplateVersion adds a version, on its own or laid over another one.
func (r *Room) CreateLaunchTemplateVersion(ctx context.Context, in *ec2.CreateLaunchTemplateVersionInput) (*ec2.CreateLaunchTemplateVersionOutput, error) {
	if err := room.Only(in, "ClientToken", "LaunchTemplateId", "LaunchTemplateName",
		"LaunchTemplateData", "ResolveAlias", "SourceVersion", "VersionDescription"); err != nil {
		return nil, err
	}
	if err := r.checkTemplateData(in.LaunchTemplateData); err != nil {
		return nil, err
	}
	var number string
	row, err := r.changeTemplate(in.LaunchTemplateId, in.LaunchTemplateName, in, func(tx *store.Tx, t *templateRow) (err error) {
		data := *in.LaunchTemplateData
		if in.SourceVersion != nil {
			source, err := t.version(*in.SourceVersion)
			if err != nil {
				return err
			}
			data = room.Overlay(source.Data, data)
		}
		alive := func(n string) bool { _, err := t.version(n); return err == nil }
		number, err = r.Once(tx, "CreateLaunchTemplateVersion "+t.ID, in.ClientToken, in, alive, func() (string, error) {
			t.Latest++
			t.Versions = append(t.Versions, versionRow{Number: t.Latest, Description: room.Deref(in.VersionDescription), Created: time.Now().UTC(), Data: data})
			return strconv.FormatInt(t.Latest, 10), nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	v, err := row.version(number)
	if err != nil {
		return nil, err
	}
	shown, err := r.showVersion(row, v, in.ResolveAlias)
	return &ec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: &shown}, err
}

// ModifyLaunchTemplate sets the default version.
func (r *Room) ModifyLaunchTemplate(ctx context.Context, in *ec2.ModifyLaunchTemplateInput) (*ec2.ModifyLaunchTemplateOutput, error) {
	if err := room.Only(in, "ClientToken", "DefaultVersion", "LaunchTemplateId", "LaunchTemplateName"); err != nil {
		return nil, err
	}
	if err := resource.Required("SetDefaultVersion", in.DefaultVersion); err != nil {
		return nil, err
	}
	row, err := r.changeTemplate(in.LaunchTemplateId, in.LaunchTemplateName, in, func(tx *store.Tx, t *templateRow) error {
		v, err := t.version(*in.DefaultVersion)
		t.Default = v.Number
		return err
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ModifyLaunchTemplateOutput{LaunchTemplate: new(r.showTemplate(row))}, nil
}

// DescribeLaunchTemplates lists templates.
func (r *Room) DescribeLaunchTemplates(ctx context.Context, in *ec2.DescribeLaunchTemplatesInput) (*ec2.DescribeLaunchTemplatesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "LaunchTemplateIds", "LaunchTemplateNames", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	ids := slices.Clone(in.LaunchTemplateIds)
	for _, name := range in.LaunchTemplateNames {
		t, err := r.findTemplate(r.templates.All(), nil, new(name))
		if err != nil {
			return nil, err
		}
		ids = append(ids, t.ID)
	}
	l := resource.Listing[templateRow]{
		ID: func(t templateRow) string { return t.ID }, Missing: missingTemplate, Min: 1, Max: 200,
		Fields: resource.Fields[templateRow]{
			"launch-template-id":   resource.One(func(t templateRow) string { return t.ID }),
			"launch-template-name": resource.One(func(t templateRow) string { return t.Name }),
			"create-time":          resource.One(func(t templateRow) string { return t.Created.Format(time.RFC3339) }),
		},
	}
	rows, next, err := l.List(r.Registry, r.templates.All(), ids, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeLaunchTemplatesOutput{NextToken: next}
	for _, row := range rows {
		out.LaunchTemplates = append(out.LaunchTemplates, r.showTemplate(row))
	}
	return out, nil
}

// DescribeLaunchTemplateVersions lists versions of one template, or with $Latest and $Default of all.
func (r *Room) DescribeLaunchTemplateVersions(
	ctx context.Context,
	in *ec2.DescribeLaunchTemplateVersionsInput,
) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	if err := room.Only(in, "Filters", "LaunchTemplateId", "LaunchTemplateName", "Versions",
		"MinVersion", "MaxVersion", "MaxResults", "NextToken", "ResolveAlias"); err != nil {
		return nil, err
	}
	templates := r.templates.All()
	if in.LaunchTemplateId != nil || in.LaunchTemplateName != nil {
		t, err := r.findTemplate(templates, in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		templates = []templateRow{t}
	} else if len(in.Versions) == 0 || slices.ContainsFunc(in.Versions, func(v string) bool { return v != "$Latest" && v != "$Default" }) {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter LaunchTemplateId or LaunchTemplateName")
	}
	var all []ec2types.LaunchTemplateVersion
	for _, t := range templates {
		versions, err := t.choose(in)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			shown, err := r.showVersion(t, v, in.ResolveAlias)
			if err != nil {
				return nil, err
			}
			all = append(all, shown)
		}
	}
	all, err := resource.Filter(r.Registry, all, in.Filters, func(v ec2types.LaunchTemplateVersion) string { return *v.LaunchTemplateId }, versionFields())
	if err != nil {
		return nil, err
	}
	// AWS lists the newest version first.
	key := func(v ec2types.LaunchTemplateVersion) string {
		return *v.LaunchTemplateId + strconv.FormatInt(1<<40-*v.VersionNumber, 10)
	}
	rows, next, err := resource.Page(all, key, in.MaxResults, in.NextToken, 1, 200)
	return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: rows, NextToken: next}, err
}

// versionFields are the filters of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html.
func versionFields() resource.Fields[ec2types.LaunchTemplateVersion] {
	self := func(v ec2types.LaunchTemplateVersion) ec2types.LaunchTemplateVersion { return v }
	return resource.With(resource.Fields[ec2types.LaunchTemplateVersion]{}, self, map[string]string{
		"create-time": "CreateTime", "ebs-optimized": "LaunchTemplateData.EbsOptimized", "http-endpoint": "LaunchTemplateData.MetadataOptions.HttpEndpoint",
		"http-protocol-ipv4":      "LaunchTemplateData.MetadataOptions.HttpEndpoint",
		"host-resource-group-arn": "LaunchTemplateData.Placement.HostResourceGroupArn",
		"http-tokens":             "LaunchTemplateData.MetadataOptions.HttpTokens", "iam-instance-profile": "LaunchTemplateData.IamInstanceProfile.Arn",
		"image-id": "LaunchTemplateData.ImageId", "instance-type": "LaunchTemplateData.InstanceType", "is-default-version": "DefaultVersion",
		"kernel-id": "LaunchTemplateData.KernelId", "license-configuration-arn": "LaunchTemplateData.LicenseSpecifications.LicenseConfigurationArn",
		"network-card-index": "LaunchTemplateData.NetworkInterfaces.NetworkCardIndex", "ram-disk-id": "LaunchTemplateData.RamDiskId",
	})
}

// choose returns the versions that a Describe call asks for.
func (t templateRow) choose(in *ec2.DescribeLaunchTemplateVersionsInput) ([]versionRow, error) {
	if len(in.Versions) > 0 {
		var chosen []versionRow
		for _, name := range in.Versions {
			v, err := t.version(name)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(chosen, func(x versionRow) bool { return x.Number == v.Number }) {
				chosen = append(chosen, v)
			}
		}
		return chosen, nil
	}
	low, high := int64(0), t.Latest
	for text, into := range map[*string]*int64{in.MinVersion: &low, in.MaxVersion: &high} {
		if text == nil {
			continue
		}
		n, err := strconv.ParseInt(*text, 10, 64)
		if err != nil {
			return nil, wire.Errorf("InvalidParameterValue", "The launch template version '%s' is not valid.", *text)
		}
		*into = n
	}
	return slices.DeleteFunc(slices.Clone(t.Versions), func(v versionRow) bool { return v.Number < low || v.Number > high }), nil
}

// DeleteLaunchTemplate deletes a template with all its versions.
func (r *Room) DeleteLaunchTemplate(ctx context.Context, in *ec2.DeleteLaunchTemplateInput) (*ec2.DeleteLaunchTemplateOutput, error) {
	if err := room.Only(in, "LaunchTemplateId", "LaunchTemplateName"); err != nil {
		return nil, err
	}
	var row templateRow
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = r.findTemplate(r.templates.AllTx(tx), in.LaunchTemplateId, in.LaunchTemplateName); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.Remove(tx, row.ID, r.templates.Delete)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteLaunchTemplateOutput{LaunchTemplate: new(r.showTemplate(row))}, nil
}

// DeleteLaunchTemplateVersions deletes versions one by one; each that cannot be is told with its reason.
func (r *Room) DeleteLaunchTemplateVersions(ctx context.Context, in *ec2.DeleteLaunchTemplateVersionsInput) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
	if err := room.Only(in, "Versions", "LaunchTemplateId", "LaunchTemplateName"); err != nil {
		return nil, err
	}
	if len(in.Versions) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter LaunchTemplateVersion")
	}
	out := &ec2.DeleteLaunchTemplateVersionsOutput{}
	_, err := r.changeTemplate(in.LaunchTemplateId, in.LaunchTemplateName, in, func(tx *store.Tx, t *templateRow) error {
		for _, name := range in.Versions {
			v, err := t.version(name)
			if err == nil && v.Number == t.Default {
				return wire.Errorf("InvalidLaunchTemplateId.VersionNotFound", "The default version %d of launch template %s cannot be deleted.", v.Number, t.ID)
			}
			if err != nil {
				n, _ := strconv.ParseInt(name, 10, 64)
				out.UnsuccessfullyDeletedLaunchTemplateVersions = append(
					out.UnsuccessfullyDeletedLaunchTemplateVersions,
					ec2types.DeleteLaunchTemplateVersionsResponseErrorItem{
						LaunchTemplateId: new(t.ID), LaunchTemplateName: new(t.Name), VersionNumber: new(n),
						ResponseError: &ec2types.ResponseError{Code: ec2types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist, Message: new(err.Error())},
					},
				)
				continue
			}
			t.Versions = slices.DeleteFunc(t.Versions, func(x versionRow) bool { return x.Number == v.Number })
			out.SuccessfullyDeletedLaunchTemplateVersions = append(
				out.SuccessfullyDeletedLaunchTemplateVersions,
				ec2types.DeleteLaunchTemplateVersionsResponseSuccessItem{
					LaunchTemplateId: new(t.ID), LaunchTemplateName: new(t.Name), VersionNumber: new(v.Number),
				},
			)
		}
		return nil
	})
	return out, err
}
