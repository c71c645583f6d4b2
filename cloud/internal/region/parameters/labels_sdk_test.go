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

// labels are those of each version that has some.
func (d *desk) labels(name string) string {
	var all []string
	for _, v := range d.history(name) {
		if len(v.Labels) > 0 {
			all = append(all, fmt.Sprint(v.Version, v.Labels))
		}
	}
	return strings.Join(all, " ")
}

func TestLabels(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	labelled(d)
	out := roomtest.Must(d.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{
		Name: new("a"), Labels: []string{"prod", "1st", "AWSome", "ssm-x", "a b", "_ok.-1"},
	}))(t)
	if out.ParameterVersion != 3 {
		t.Errorf("labelled version %d", out.ParameterVersion)
	}
	if diff := cmp.Diff([]string{"1st", "AWSome", "ssm-x", "a b"}, out.InvalidLabels); diff != "" {
		t.Error(diff)
	}
	d.reopen()
	if got, want := d.labels("/a"), "2 [next] 3 [prod _ok.-1]"; got != want {
		t.Errorf("labels %s, want %s", got, want)
	}
	if p := d.get("/a:prod"); *p.Value != "three" {
		t.Errorf("prod is %s", *p.Value)
	}
	many := make([]string, 9)
	for i := range many {
		many[i] = fmt.Sprint("l", i)
	}
	_, err := d.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: new("/a"), ParameterVersion: new(int64(3)), Labels: many})
	refused(t, "eleven labels", err, "ParameterVersionLabelLimitExceeded",
		"A parameter version can have maximum 10 labels.Move one or more labels to another version and try again.")
	_, err = d.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: new("/a"), ParameterVersion: new(int64(8)), Labels: []string{"x"}})
	refused(t, "a version that is not there", err, "ParameterVersionNotFound", "Systems Manager could not find version 8 of /a. Verify the version and try again.")
	_, err = d.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: new("/b"), Labels: []string{"x"}})
	refused(t, "a parameter that is not there", err, "ParameterNotFound", "")
	_, err = d.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: new(amazonLinux + "al2023-ami-kernel-default-x86_64"), Labels: []string{"x"}})
	refused(t, "one of AWS's", err, "AccessDeniedException", "No access to reserved parameter name: "+amazonLinux[1:]+"al2023-ami-kernel-default-x86_64.")

	gone := roomtest.Must(d.UnlabelParameterVersion(ctx, &ssm.UnlabelParameterVersionInput{
		Name: new("/a"), ParameterVersion: new(int64(3)), Labels: []string{"prod", "next"},
	}))(t)
	if diff := cmp.Diff([][]string{{"prod"}, {"next"}}, [][]string{gone.RemovedLabels, gone.InvalidLabels}); diff != "" {
		t.Error(diff)
	}
	if got, want := d.labels("/a"), "2 [next] 3 [_ok.-1]"; got != want {
		t.Errorf("labels %s, want %s", got, want)
	}
}

func TestDeleteParameters(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	for _, name := range []string{"/a", "/b", "/c", "d"} {
		d.put(name, plain, "1")
	}
	roomtest.Must(d.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: new("a")}))(t)
	_, err := d.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: new("/a")})
	refused(t, "the second time", err, "ParameterNotFound", "")
	_, err = d.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: new("aws-cdk-playground")})
	refused(t, "one of AWS's", err, "AccessDeniedException", "No access to reserved parameter name: aws-cdk-playground.")
	out := roomtest.Must(d.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: []string{"/b", "/a", "/d"}}))(t)
	roomtest.WantSame(t, "deleted", out.DeletedParameters, "/b", "/d")
	roomtest.WantSame(t, "invalid", out.InvalidParameters, "/a")
	d.reopen()
	if d.r.parameters.Len() != 1 || d.put("/a", plain, "2") != 1 {
		t.Error("what was deleted is there, or its versions go on")
	}
}

func TestTags(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	tag := func(pairs ...string) (tags []ssmtypes.Tag) {
		for _, p := range pairs {
			k, v, _ := strings.Cut(p, "=")
			tags = append(tags, ssmtypes.Tag{Key: &k, Value: &v})
		}
		return tags
	}
	const kind = ssmtypes.ResourceTypeForTaggingParameter
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{Name: new("/t"), Type: plain, Value: new("1"), Tags: tag("a=1", "b=2")}))(t)
	roomtest.Must(d.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: kind, ResourceId: new("t"), Tags: tag("b=3", "c=4")}))(t)
	roomtest.Must(d.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{ResourceType: kind, ResourceId: new("/t"), TagKeys: []string{"a", "z"}}))(t)
	d.put("/t", "", "2")
	d.reopen()
	var got []string
	for _, x := range roomtest.Must(d.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: kind, ResourceId: new("/t")}))(t).TagList {
		got = append(got, *x.Key+"="+*x.Value)
	}
	if diff := cmp.Diff([]string{"b=3", "c=4"}, got); diff != "" {
		t.Error(diff)
	}
	_, err := d.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: kind, ResourceId: new("/u"), Tags: tag("a=1")})
	refused(t, "a parameter that is not there", err, "InvalidResourceId", "")
	_, err = d.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: kind, ResourceId: new("/u")})
	refused(t, "a parameter that is not there", err, "InvalidResourceId", "")
	_, err = d.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{
		ResourceType: ssmtypes.ResourceTypeForTaggingMaintenanceWindow, ResourceId: new("mw-012345abcde"), TagKeys: []string{"a"},
	})
	refused(t, "a maintenance window", err, "InvalidResourceId", "")
	var fifty []string
	for i := range 49 {
		fifty = append(fifty, fmt.Sprint("k", i, "=v"))
	}
	_, err = d.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: kind, ResourceId: new("/t"), Tags: tag(fifty...)})
	refused(t, "51 tags", err, "TooManyTagsError", "")
}
