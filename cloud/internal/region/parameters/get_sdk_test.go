package parameters

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

const badName = `The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
	`It can't be prefixed with "aws" or "ssm" (case-insensitive). ` +
	`It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). ` +
	`Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`

// labelled makes /a with three versions, of which the second is prod and next.
func labelled(d *desk) {
	for _, v := range []string{"one", "two", "three"} {
		d.put("/a", plain, v)
	}
	roomtest.Must(d.LabelParameterVersion(d.t.Context(), &ssm.LabelParameterVersionInput{
		Name: new("/a"), ParameterVersion: new(int64(2)), Labels: []string{"prod", "next"},
	}))(d.t)
}

func TestSelectors(t *testing.T) {
	d := open(t)
	labelled(d)
	for name, want := range map[string]string{
		"/a": "three 3 ", "/a:1": "one 1 :1", "a:prod": "two 2 :prod", "arn:aws:ssm:us-east-1:111122223333:parameter/a:next": "two 2 :next",
		amazonLinux + "al2023-ami-kernel-default-x86_64":                                        "ami-00000000000000001 1 ",
		"arn:aws:ssm:us-east-1::parameter" + amazonLinux + "al2023-ami-kernel-default-x86_64:1": "ami-00000000000000001 1 :1",
	} {
		p := d.get(name)
		if got := fmt.Sprint(*p.Value, " ", p.Version, " ", deref(p.Selector)); got != want || strings.Contains(*p.Name, ":") {
			t.Errorf("%s is %s of %s, want %s", name, got, *p.Name, want)
		}
	}
	for name, want := range map[string][2]string{
		"/b":      {"ParameterNotFound", ""},
		"/aws/x":  {"ParameterNotFound", ""},
		"/a:9":    {"ParameterVersionNotFound", "Systems Manager could not find version 9 of /a. Verify the version and try again."},
		"/a:test": {"ParameterVersionNotFound", "Systems Manager could not find version test of /a. Verify the version and try again."},
		"/a:1:2":  {"ValidationException", "Invalid parameter name. Please use correct syntax for referencing a version/label <name>:<version/label>"},
		"/a b":    {"ValidationException", badName},
		"arn:aws:ssm:us-west-2:111122223333:parameter/a": {"ParameterNotFound", ""},
	} {
		_, err := d.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name})
		refused(t, "GetParameter "+name, err, want[0], want[1])
	}
}

func TestGetParameters(t *testing.T) {
	d := open(t)
	labelled(d)
	d.put("/b", secure, "hidden")
	out := roomtest.Must(d.GetParameters(t.Context(), &ssm.GetParametersInput{
		Names: []string{"/b", "/a:7", "/a:prod", "/c", "/a", "/a b"}, WithDecryption: new(true),
	}))(t)
	var got []string
	for _, p := range out.Parameters {
		got = append(got, *p.Name+deref(p.Selector)+" "+*p.Value)
	}
	if diff := cmp.Diff([]string{"/a three", "/a:prod two", "/b hidden"}, got); diff != "" {
		t.Error(diff)
	}
	roomtest.WantSame(t, "invalid parameters", out.InvalidParameters, "/a:7", "/c", "/a b")
}

func TestGetParametersByPath(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	labelled(d)
	for _, name := range []string{"/p/x", "/p/y", "/p/q/z", "/pp/x", "top"} {
		d.put(name, plain, "v")
	}
	d.put("/p/s", secure, "hidden")
	roomtest.Must(d.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: new("/p/y"), Labels: []string{"prod"}}))(t)
	filter := func(key string, values ...string) []ssmtypes.ParameterStringFilter {
		return []ssmtypes.ParameterStringFilter{{Key: &key, Values: values}}
	}
	for _, c := range []struct {
		path      string
		recursive bool
		filters   []ssmtypes.ParameterStringFilter
		want      string
	}{
		{"/p", false, nil, "/p/s=hidden /p/x=v /p/y=v"},
		{"/p/", true, nil, "/p/q/z=v /p/s=hidden /p/x=v /p/y=v"},
		{"/p/x", true, nil, ""},
		{"/", false, nil, "/a=three top=v"},
		{"/p", true, filter("Type", "SecureString"), "/p/s=hidden"},
		{"/p", true, filter("KeyId", "alias/aws/ssm"), "/p/s=hidden"},
		{"/", true, filter("Label", "prod"), "/a=two /p/y=v"},
		{"/aws/service/ami-amazon-linux-latest", false, nil, amazonLinux + "al2023-ami-kernel-default-x86_64=ami-00000000000000001"},
		{"/aws/service", true, nil,
			amazonLinux + "al2023-ami-kernel-default-x86_64=ami-00000000000000001 /aws/service/debian/release/12/latest/amd64=ami-00000000000000002"},
		{"/aws/service", false, nil, ""},
	} {
		var got []string
		for p := ssm.NewGetParametersByPathPaginator(d.Client, &ssm.GetParametersByPathInput{
			Path: &c.path, Recursive: &c.recursive, ParameterFilters: c.filters, WithDecryption: new(true), MaxResults: new(int32(1)),
		}); p.HasMorePages(); {
			page := roomtest.Must(p.NextPage(ctx))(t)
			if len(page.Parameters) > 1 {
				t.Errorf("a page of %d", len(page.Parameters))
			}
			for _, p := range page.Parameters {
				got = append(got, *p.Name+"="+*p.Value)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %v %v\nhas  %v\nwant %s", c.path, c.recursive, c.filters, got, c.want)
		}
	}
	_, err := d.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: new("p")})
	refused(t, "a path without a slash", err, "ValidationException", badName)
	_, err = d.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: new("/p"), ParameterFilters: filter("Name", "x")})
	refused(t, "a filter by name", err, "InvalidFilterKey", "The following filter key is not valid: Name. Valid filter keys include: [Type, KeyId, Label].")
	_, err = d.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: new("/p"), NextToken: new("invented")})
	refused(t, "an invented token", err, "InvalidNextToken", "The specified token is not valid.")
}

func TestDescribeParameters(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{
		Name: new("/p/x"), Type: plain, Value: new("1"), Description: new("d"),
		AllowedPattern: new(`\d`), Tags: []ssmtypes.Tag{{Key: new("stage"), Value: new("prod")}},
	}))(t)
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{Name: new("big"), Type: list, Value: new("1"), Tier: ssmtypes.ParameterTierAdvanced}))(t)
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{Name: new("/p/q/i"), Type: plain, Value: new(golden), DataType: new("aws:ec2:image")}))(t)
	d.put("/p/s", secure, "hidden")
	filter := func(key, option string, values ...string) []ssmtypes.ParameterStringFilter {
		f := ssmtypes.ParameterStringFilter{Key: &key, Values: values}
		if option != "" {
			f.Option = &option
		}
		return []ssmtypes.ParameterStringFilter{f}
	}
	for range 2 {
		for _, c := range []struct {
			filters []ssmtypes.ParameterStringFilter
			want    string
		}{
			{nil, "/p/q/i /p/s /p/x big"},
			{filter("Name", "", "/p/x", "/big"), "/p/x big"},
			{filter("Name", "Equals", "p/x"), "/p/x"},
			{filter("Name", "BeginsWith", "/p/", "bi"), "/p/q/i /p/s /p/x big"},
			{filter("Name", "Contains", "q"), "/p/q/i"},
			{filter("Path", "", "/p"), "/p/s /p/x"},
			{filter("Path", "Recursive", "/p"), "/p/q/i /p/s /p/x"},
			{filter("Type", "", "StringList", "SecureString"), "/p/s big"},
			{filter("Type", "BeginsWith", "String"), "/p/q/i /p/x big"},
			{filter("Tier", "", "Advanced"), "big"},
			{filter("KeyId", "", "alias/aws/ssm"), "/p/s"},
			{filter("DataType", "", "aws:ec2:image"), "/p/q/i"},
			{filter("tag:stage", "", "prod", "test"), "/p/x"},
			{filter("tag:stage", "", "test"), ""},
			{filter("tag:stage", ""), "/p/x"},
			{append(filter("Path", "Recursive", "/p"), filter("Type", "", "String")...), "/p/q/i /p/x"},
		} {
			var got []string
			for p := ssm.NewDescribeParametersPaginator(d.Client, &ssm.DescribeParametersInput{
				ParameterFilters: c.filters, MaxResults: new(int32(2)),
			}); p.HasMorePages(); {
				for _, p := range roomtest.Must(p.NextPage(ctx))(t).Parameters {
					got = append(got, *p.Name)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%+v\nhas  %v\nwant %s", c.filters, got, c.want)
			}
		}
		d.reopen()
	}
	p := roomtest.Must(d.DescribeParameters(ctx, &ssm.DescribeParametersInput{ParameterFilters: filter("Name", "", "/p/x")}))(t).Parameters[0]
	if *p.Description != "d" || *p.AllowedPattern != `\d` || p.Type != plain || p.Tier != ssmtypes.ParameterTierStandard || p.Version != 1 || p.KeyId != nil ||
		*p.LastModifiedUser != "arn:aws:iam::111122223333:root" || *p.ARN != "arn:aws:ssm:us-east-1:111122223333:parameter/p/x" {
		t.Errorf("%+v", p)
	}
	for _, c := range []struct {
		filters       []ssmtypes.ParameterStringFilter
		code, message string
	}{
		{filter("Label", "", "x"), "InvalidFilterKey",
			"The following filter key is not valid: Label. Valid filter keys include: [Path, Name, Type, KeyId, Tier, DataType]."},
		{append(filter("Name", "", "x"), filter("Name", "", "y")...), "InvalidFilterKey",
			"The following filter is duplicated in the request: Name. A request can contain only one occurrence of a specific filter."},
		{filter("Path", "Equals", "/p"), "InvalidFilterOption", "The following filter option is not valid: Equals. Valid options include: [OneLevel, Recursive]."},
		{filter("Type", "Contains", "S"), "InvalidFilterOption", "The following filter option is not valid: Contains. Valid options include: [Equals, BeginsWith]."},
		{filter("Name", ""), "InvalidFilterValue", "The following filter values are missing : null for filter key Name."},
		{filter("Type", "", "Text"), "InvalidFilterValue",
			"The following filter value is not valid: Text. Valid values include: [String, StringList, SecureString]."},
		{filter("Path", "", "p"), "ValidationException", badName},
		{filter("Path", "", "/aws/service"), "ValidationException", `Filters for common parameters can't be prefixed with "aws" or "ssm" (case-insensitive). ` +
			"When using global parameters, please specify within a global namespace."},
	} {
		_, err := d.DescribeParameters(ctx, &ssm.DescribeParametersInput{ParameterFilters: c.filters})
		refused(t, fmt.Sprint("DescribeParameters ", *c.filters[0].Key), err, c.code, c.message)
	}
	_, err := d.DescribeParameters(ctx, &ssm.DescribeParametersInput{Filters: []ssmtypes.ParametersFilter{{Key: "Name", Values: []string{"x"}}}})
	refused(t, "the older filters", err, "UnsupportedOperation", "The parameter 'Filters' is not supported here.")
}
