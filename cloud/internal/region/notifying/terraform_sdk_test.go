package notifying

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// The calls of Terraform's aws_sns_topic, in its order: created, an attribute set, read, found unchanged, changed in place, deleted, and gone.
// It reads the policy and refuses one that has no valid principal.
func TestTerraformsCalls(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	tag := func(k, v string) snstypes.Tag { return snstypes.Tag{Key: &k, Value: &v} }
	in := &sns.CreateTopicInput{Name: new("pages"), Attributes: map[string]string{}, Tags: []snstypes.Tag{tag("a", "1")}}
	arn := roomtest.Must(d.CreateTopic(ctx, in))(t).TopicArn
	set := func(name, value string) {
		t.Helper()
		in := &sns.SetTopicAttributesInput{TopicArn: arn, AttributeName: &name, AttributeValue: &value}
		roomtest.Must(d.SetTopicAttributes(ctx, in))(t)
	}
	for _, of := range []string{"Application", "Firehose", "HTTP", "Lambda", "SQS"} { // as it was seen to
		set(of+"SuccessFeedbackSampleRate", "0")
	}
	read := func() map[string]string {
		t.Helper()
		got := roomtest.Must(d.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn}))(t).Attributes
		var policy struct {
			Statement []struct{ Principal struct{ AWS string } }
		}
		if err := json.Unmarshal([]byte(got["Policy"]), &policy); err != nil || len(policy.Statement) != 1 || policy.Statement[0].Principal.AWS != "*" {
			t.Errorf("its policy: %+v, %v", policy, err)
		}
		state := map[string]string{"arn": got["TopicArn"], "owner": got["Owner"], "display_name": got["DisplayName"], "delivery_policy": got["DeliveryPolicy"]}
		for _, tag := range roomtest.Must(d.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: arn}))(t).Tags {
			state["tag "+*tag.Key] = *tag.Value
		}
		return state
	}
	set("DisplayName", "Pages")
	want := map[string]string{
		"arn": "arn:aws:sns:us-east-1:111122223333:pages", "owner": "111122223333", "display_name": "Pages", "delivery_policy": "", "tag a": "1",
	}
	for range 2 {
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Error(diff)
		}
		d.reopen()
	}
	set("DisplayName", "")
	roomtest.Must(d.UntagResource(ctx, &sns.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a"}}))(t)
	roomtest.Must(d.TagResource(ctx, &sns.TagResourceInput{ResourceArn: arn, Tags: []snstypes.Tag{tag("b", "2")}}))(t)
	delete(want, "tag a")
	want["display_name"], want["tag b"] = "", "2"
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Error(diff)
	}
	roomtest.Must(d.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: arn}))(t)
	_, err := d.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
	roomtest.WantAPIError(t, err, "NotFound")
}

// Terraform's aws_sns_topic_subscription that nobody has confirmed: by these words of a refusal it lets the subscription be, which ends with its topic.
func TestTerraformLeavesAPendingSubscription(t *testing.T) {
	d := open(t)
	arn := roomtest.Must(d.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: new("pages")}))(t).TopicArn
	in := &sns.SubscribeInput{TopicArn: arn, Protocol: new("http"), Endpoint: new("http://127.0.0.1:9/"), ReturnSubscriptionArn: true}
	pending := roomtest.Must(d.Subscribe(t.Context(), in))(t).SubscriptionArn
	_, err := d.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: pending})
	roomtest.WantAPIError(t, err, "InvalidParameter")
	if !strings.Contains(err.Error(), "Cannot unsubscribe a subscription that is pending confirmation") {
		t.Error(err)
	}
}
