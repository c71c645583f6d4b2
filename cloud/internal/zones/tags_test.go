package zones

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func TestTags(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	change := func(add []r53types.Tag, remove ...string) error {
		_, err := a.changeTags(
			t.Context(),
			&route53.ChangeTagsForResourceInput{ResourceId: &z, ResourceType: r53types.TagResourceTypeHostedzone, AddTags: add, RemoveTagKeys: remove},
		)
		return err
	}
	tag := func(k, v string) r53types.Tag { return r53types.Tag{Key: &k, Value: &v} }
	for _, step := range []func() error{
		func() error { return change([]r53types.Tag{tag("b", "1"), tag("a", "2")}) },
		func() error { return change([]r53types.Tag{tag("c", "")}, "b") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	out, err := a.listTags(t.Context(), &route53.ListTagsForResourceInput{ResourceId: &z, ResourceType: r53types.TagResourceTypeHostedzone})
	if err != nil || len(out.ResourceTagSet.Tags) != 2 || *out.ResourceTagSet.Tags[0].Key != "a" || *out.ResourceTagSet.Tags[1].Key != "c" {
		t.Errorf("%+v, %v", out, err)
	}
	var many []r53types.Tag
	for i := range maxTags {
		many = append(many, tag(fmt.Sprint(i), ""))
	}
	refused(t, change(many), "InvalidInput", "")
	refused(t, change([]r53types.Tag{tag("aws:x", "")}), "InvalidInput", "")
	refused(t, change(nil), "InvalidInput", "")
	_, err = a.listTagsOfMany(t.Context(), &route53.ListTagsForResourcesInput{ResourceIds: []string{z, "ZNONE"}, ResourceType: r53types.TagResourceTypeHostedzone})
	refused(t, err, "NoSuchHostedZone", "")
	_, err = a.listTags(t.Context(), &route53.ListTagsForResourceInput{ResourceId: aws.String("none"), ResourceType: "other"})
	refused(t, err, "InvalidInput", "")
	long := "Z12345678901234567890123456789012"
	_, err = a.listTags(t.Context(), &route53.ListTagsForResourceInput{ResourceId: &long, ResourceType: r53types.TagResourceTypeHostedzone})
	refused(t, err, "InvalidInput", "1 validation error detected: Value '"+long+"' at 'resourceId' failed to satisfy constraint: "+
		"Member must have length less than or equal to 32")
}
