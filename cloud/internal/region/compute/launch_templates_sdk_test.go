package compute_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// launchTemplate makes a template with so many versions, each of which says its number in its user data.
func (d *desk) launchTemplate(name string, versions int) string {
	d.T.Helper()
	data := func(n int) *ec2types.RequestLaunchTemplateData {
		return &ec2types.RequestLaunchTemplateData{
			InstanceType: regiontest.SmallType(), UserData: new(base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "version %d", n))),
		}
	}
	out, err := d.CreateLaunchTemplate(d.T.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, LaunchTemplateData: data(1), VersionDescription: new("v1"),
	})
	if err != nil {
		d.T.Fatal(err)
	}
	for n := 2; n <= versions; n++ {
		_, err := d.CreateLaunchTemplateVersion(d.T.Context(), &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateName: &name, LaunchTemplateData: data(n), VersionDescription: new(fmt.Sprint("v", n)),
		})
		if err != nil {
			d.T.Fatal(err)
		}
	}
	return *out.LaunchTemplate.LaunchTemplateId
}

func (d *desk) versions(in *ec2.DescribeLaunchTemplateVersionsInput) (numbers []int64) {
	d.T.Helper()
	out, err := d.DescribeLaunchTemplateVersions(d.T.Context(), in)
	if err != nil {
		d.T.Fatal(err)
	}
	for _, v := range out.LaunchTemplateVersions {
		numbers = append(numbers, *v.VersionNumber)
	}
	return numbers
}

func TestLaunchTemplateVersionsAreTold(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	id := d.launchTemplate("app", 5)
	d.launchTemplate("other", 2)
	d.Reopen()
	for _, c := range []struct {
		in   ec2.DescribeLaunchTemplateVersionsInput
		want []int64 // the newest comes first
	}{
		{ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id}, []int64{5, 4, 3, 2, 1}},
		{ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: new("app"), Versions: []string{"2", "4"}}, []int64{4, 2}},
		{ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"$Latest", "$Default"}}, []int64{5, 1}},
		{ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, MinVersion: new("2"), MaxVersion: new("3")}, []int64{3, 2}},
	} {
		if got := d.versions(&c.in); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("versions %v, want %v", got, c.want)
		}
	}
	// Without a template, those of all the account's templates.
	if got := d.versions(&ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Latest"}}); len(got) != 2 {
		t.Errorf("latest of all templates: %v", got)
	}
	out, err := d.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"3"}})
	if err != nil || len(out.LaunchTemplateVersions) != 1 {
		t.Fatalf("version 3: %v, %v", out, err)
	}
	v := out.LaunchTemplateVersions[0]
	if *v.LaunchTemplateId != id || *v.LaunchTemplateName != "app" || *v.VersionDescription != "v3" || *v.DefaultVersion || v.CreateTime == nil ||
		*v.LaunchTemplateData.UserData != base64.StdEncoding.EncodeToString([]byte("version 3")) || v.LaunchTemplateData.InstanceType != regiontest.SmallType() {
		t.Errorf("version 3: %+v", v)
	}
	var seen []int64
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(d, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, MaxResults: new(int32(2))})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(ctx)
		if err != nil || n > 2 {
			t.Fatalf("page %d: %v", n, err)
		}
		for _, v := range out.LaunchTemplateVersions {
			seen = append(seen, *v.VersionNumber)
		}
	}
	if fmt.Sprint(seen) != "[5 4 3 2 1]" {
		t.Errorf("versions over the pages: %v", seen)
	}
	for code, in := range map[string]ec2.DescribeLaunchTemplateVersionsInput{
		"InvalidLaunchTemplateId.NotFound":            {LaunchTemplateId: new("lt-0123456789abcdef0")},
		"InvalidLaunchTemplateId.Malformed":           {LaunchTemplateId: new("lt-x")},
		"InvalidLaunchTemplateName.NotFoundException": {LaunchTemplateName: new("nobody")},
		"InvalidLaunchTemplateId.VersionNotFound":     {LaunchTemplateId: &id, Versions: []string{"9"}},
		"MissingParameter":                            {},
		"InvalidParameterValue":                       {LaunchTemplateId: &id, MaxResults: new(int32(201))},
		"InvalidParameterCombination":                 {LaunchTemplateId: &id, LaunchTemplateName: new("app")},
	} {
		_, err := d.DescribeLaunchTemplateVersions(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}
}

func TestAnotherVersionBecomesDefault(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	id := d.launchTemplate("app", 3)
	out, err := d.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &id, DefaultVersion: new("2")})
	if err != nil || *out.LaunchTemplate.DefaultVersionNumber != 2 || *out.LaunchTemplate.LatestVersionNumber != 3 {
		t.Fatalf("ModifyLaunchTemplate: %+v, %v", out, err)
	}
	d.Reopen()
	told, err := d.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"app"}})
	if err != nil || len(told.LaunchTemplates) != 1 || *told.LaunchTemplates[0].DefaultVersionNumber != 2 {
		t.Errorf("after the restart: %+v, %v", told, err)
	}
	if got := d.versions(&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"$Default"}}); fmt.Sprint(got) != "[2]" {
		t.Errorf("$Default is %v", got)
	}
	// $Latest is the version that is the latest now, by its number.
	if out, err = d.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateName: new("app"), DefaultVersion: new("$Latest")}); err != nil ||
		*out.LaunchTemplate.DefaultVersionNumber != 3 {
		t.Errorf("$Latest as default: %+v, %v", out, err)
	}
	for code, in := range map[string]ec2.ModifyLaunchTemplateInput{
		"InvalidLaunchTemplateId.NotFound":            {LaunchTemplateId: new("lt-0123456789abcdef0"), DefaultVersion: new("1")},
		"InvalidLaunchTemplateName.NotFoundException": {LaunchTemplateName: new("nobody"), DefaultVersion: new("1")},
		"InvalidLaunchTemplateId.VersionNotFound":     {LaunchTemplateId: &id, DefaultVersion: new("9")},
		"MissingParameter":                            {LaunchTemplateId: &id},
		"DryRunOperation":                             {LaunchTemplateId: &id, DefaultVersion: new("1"), DryRun: new(true)},
	} {
		_, err := d.ModifyLaunchTemplate(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}
	if got := d.versions(&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"$Default"}}); fmt.Sprint(got) != "[3]" {
		t.Errorf("$Default after what was refused: %v", got)
	}
}

func TestLaunchTemplateIsDeletedWithItsVersions(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	id := d.launchTemplate("app", 2)
	kept := d.launchTemplate("kept", 1)
	for code, in := range map[string]ec2.DeleteLaunchTemplateInput{
		"InvalidLaunchTemplateId.NotFound":            {LaunchTemplateId: new("lt-0123456789abcdef0")},
		"InvalidLaunchTemplateName.NotFoundException": {LaunchTemplateName: new("nobody")},
		"DryRunOperation":                             {LaunchTemplateId: &id, DryRun: new(true)},
	} {
		_, err := d.DeleteLaunchTemplate(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}
	out, err := d.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: new("app")})
	if err != nil || aws.ToString(out.LaunchTemplate.LaunchTemplateId) != id || aws.ToString(out.LaunchTemplate.LaunchTemplateName) != "app" {
		t.Fatalf("DeleteLaunchTemplate: %+v, %v", out, err)
	}
	d.Reopen()
	_, err = d.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &id})
	roomtest.WantAPIError(t, err, "InvalidLaunchTemplateId.NotFound")
	_, err = d.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id})
	roomtest.WantAPIError(t, err, "InvalidLaunchTemplateId.NotFound")
	all, err := d.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{})
	if err != nil {
		t.Fatal(err)
	}
	roomtest.WantSame(t, "templates left", regiontest.IDsOf(all.LaunchTemplates, func(x ec2types.LaunchTemplate) *string { return x.LaunchTemplateId }), kept)
	_, err = d.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{MaxResults: new(int32(201))})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	if again := d.launchTemplate("app", 1); again == id {
		t.Error("the new template has the id of the old one")
	}
}

func TestLaunchTemplateIsCheckedWhenItIsMade(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	id := d.launchTemplate("app", 1)
	for what, data := range map[string]*ec2types.RequestLaunchTemplateData{
		"an enum":         {MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: "maybe"}},
		"no base64":       {UserData: new("#!/bin/sh")},
		"large user data": {UserData: new(base64.StdEncoding.EncodeToString(make([]byte, 16385)))},
	} {
		_, err := d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: new("bad"), LaunchTemplateData: data})
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
		_, err = d.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, LaunchTemplateData: data})
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
		if got := d.versions(&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id}); len(got) != 1 {
			t.Errorf("%s: versions %v", what, got)
		}
	}
	// What is in no account is found by the launch.
	if _, err := d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("later"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{KeyName: new("nobody's"), ImageId: new("ami-0123456789abcdef0")},
	}); err != nil {
		t.Error(err)
	}
}
