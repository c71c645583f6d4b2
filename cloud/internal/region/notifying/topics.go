package notifying

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// topicName is what standard topics may be called ("CreateTopic", Amazon SNS API reference).
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// usualTopic are the attributes that are so of every topic here: Terraform says them anyway, rates of what is logged among them.
var usualTopic = map[string]string{
	"FifoTopic": "false", "ContentBasedDeduplication": "false", "TracingConfig": "PassThrough", "SignatureVersion": "1",
	"ApplicationSuccessFeedbackSampleRate": "0", "FirehoseSuccessFeedbackSampleRate": "0", "HTTPSuccessFeedbackSampleRate": "0",
	"LambdaSuccessFeedbackSampleRate": "0", "SQSSuccessFeedbackSampleRate": "0",
}

// CreateTopic makes a topic, or returns that of the same name.
func (r *Room) CreateTopic(_ context.Context, in *sns.CreateTopicInput) (*sns.CreateTopicOutput, error) {
	if err := room.Only(in, "Name", "Attributes", "Tags"); err != nil {
		return nil, err
	}
	name := room.Deref(in.Name)
	if in.Attributes["FifoTopic"] == "true" {
		return nil, unsupported("FIFO topics are not supported here.")
	}
	if !topicName.MatchString(name) {
		return nil, invalid("Topic Name")
	}
	if err := checkAttributes(in.Attributes, "DisplayName", usualTopic); err != nil {
		return nil, err
	}
	out := &sns.CreateTopicOutput{TopicArn: new(r.topicARN(name))}
	return out, r.Update(func(tx *store.Tx) error {
		tags, err := mergeTags(nil, in.Tags)
		if err != nil {
			return err
		}
		if old, ok := r.topics.GetTx(tx, name); ok {
			if len(in.Tags) > 0 && !maps.Equal(tags, old.Tags) {
				return invalid("Tags Reason: Topic already exists with different tags")
			}
			if display, said := in.Attributes["DisplayName"]; said && display != old.DisplayName {
				return invalid("Attributes Reason: Topic already exists with different attributes")
			}
			return nil
		}
		t := topicRow{Name: name, Tags: tags}
		if err := t.set("DisplayName", in.Attributes["DisplayName"]); err != nil {
			return err
		}
		return r.topics.Put(tx, name, t)
	})
}

// set sets an attribute: the display name has at most 100 characters.
func (t *topicRow) set(name, value string) error {
	switch {
	case name != "DisplayName":
		return checkAttributes(map[string]string{name: value}, "", usualTopic)
	case utf8.RuneCountInString(value) > 100:
		return invalid("DisplayName Reason: it must have 100 characters at most")
	}
	t.DisplayName = value
	return nil
}

// DeleteTopic deletes a topic with its subscriptions; it is no error that there is none.
func (r *Room) DeleteTopic(_ context.Context, in *sns.DeleteTopicInput) (*sns.DeleteTopicOutput, error) {
	if err := room.Only(in, "TopicArn"); err != nil {
		return nil, err
	}
	return &sns.DeleteTopicOutput{}, r.Update(func(tx *store.Tx) error {
		t, err := r.findTopic(tx, in.TopicArn)
		if isMissing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, s := range r.ever(tx, t.Name) {
			if err := r.subscriptions.Delete(tx, s.ID); err != nil {
				return err
			}
		}
		return r.topics.Delete(tx, t.Name)
	})
}

func isMissing(err error) bool {
	e, ok := err.(*wire.Error)
	return ok && e.Code == "NotFound"
}

// ListTopics lists the topics.
func (r *Room) ListTopics(_ context.Context, in *sns.ListTopicsInput) (*sns.ListTopicsOutput, error) {
	if err := room.Only(in, "NextToken"); err != nil {
		return nil, err
	}
	out := &sns.ListTopicsOutput{Topics: []snstypes.Topic{}}
	rows, next, err := page(r.topics.All(), func(t topicRow) string { return t.Name }, in.NextToken)
	for _, t := range rows {
		out.Topics = append(out.Topics, snstypes.Topic{TopicArn: new(r.topicARN(t.Name))})
	}
	out.NextToken = next
	return out, err
}

// GetTopicAttributes tells a topic's attributes.
func (r *Room) GetTopicAttributes(_ context.Context, in *sns.GetTopicAttributesInput) (*sns.GetTopicAttributesOutput, error) {
	if err := room.Only(in, "TopicArn"); err != nil {
		return nil, err
	}
	t, err := r.findTopic(nil, in.TopicArn)
	if err != nil {
		return nil, err
	}
	confirmed, pending := 0, 0
	for _, s := range r.of(nil, t.Name) {
		if s.Confirmed {
			confirmed++
		} else {
			pending++
		}
	}
	return &sns.GetTopicAttributesOutput{Attributes: map[string]string{
		"TopicArn": r.topicARN(t.Name), "Owner": r.Account, "DisplayName": t.DisplayName, "Policy": r.policy(t),
		"SubscriptionsConfirmed": strconv.Itoa(confirmed), "SubscriptionsPending": strconv.Itoa(pending), "SubscriptionsDeleted": strconv.Itoa(t.Deleted),
		"EffectiveDeliveryPolicy": deliveryPolicy,
	}}, nil
}

// policy is the one that a topic has until another is set: its owner's account may do everything
// (recorded in many public answers of GetTopicAttributes).
func (r *Room) policy(t topicRow) string {
	return fmt.Sprintf(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},`+
		`"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe",`+
		`"SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"%s","Condition":{"StringEquals":{"AWS:SourceOwner":"%s"}}}]}`, r.topicARN(t.Name), r.Account)
}

// SetTopicAttributes changes a topic's display name. Others may be set to what they are.
func (r *Room) SetTopicAttributes(_ context.Context, in *sns.SetTopicAttributesInput) (*sns.SetTopicAttributesOutput, error) {
	if err := room.Only(in, "TopicArn", "AttributeName", "AttributeValue"); err != nil {
		return nil, err
	}
	return &sns.SetTopicAttributesOutput{}, r.Update(func(tx *store.Tx) error {
		t, err := r.findTopic(tx, in.TopicArn)
		if err != nil {
			return err
		}
		if name := room.Deref(in.AttributeName); name == "" {
			return invalid("AttributeName")
		}
		if err := t.set(*in.AttributeName, room.Deref(in.AttributeValue)); err != nil {
			return err
		}
		return r.topics.Put(tx, t.Name, t)
	})
}
