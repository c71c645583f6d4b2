package notifying

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/webhook"
)

// pending is in place of the ARN of a subscription that is not confirmed; listings show the word alone.
const (
	pending        = "pending confirmation"
	pendingListing = "PendingConfirmation"
)

// tokenLife is how long an endpoint may confirm ("Subscribe", Amazon SNS API reference: two days).
const tokenLife = 48 * time.Hour

// rawDelivery is the one attribute of subscriptions that may be set.
const rawDelivery = "RawMessageDelivery"

// Subscribe asks an endpoint whether it wants what is published. It gets nothing else before it has confirmed.
func (r *Room) Subscribe(_ context.Context, in *sns.SubscribeInput) (*sns.SubscribeOutput, error) {
	if err := room.Only(in, "TopicArn", "Protocol", "Endpoint", "Attributes", "ReturnSubscriptionArn"); err != nil {
		return nil, err
	}
	if protocol := room.Deref(in.Protocol); protocol != "http" {
		if protocol == "" {
			return nil, invalid("Protocol")
		}
		return nil, unsupported("The protocol '%s' is not supported here: http to loopback addresses is.", protocol)
	}
	endpoint := room.Deref(in.Endpoint)
	if err := webhook.Check(endpoint); err != nil {
		return nil, invalid("HTTP(S) Endpoint Reason: %v", err)
	}
	if err := checkAttributes(in.Attributes, rawDelivery, nil); err != nil {
		return nil, err
	}
	raw, err := readRaw(in.Attributes[rawDelivery])
	if err != nil {
		return nil, err
	}
	var s subscriptionRow
	if err := r.Update(func(tx *store.Tx) error {
		t, err := r.findTopic(tx, in.TopicArn)
		if err != nil {
			return err
		}
		s = subscriptionRow{ID: room.NewUUID(), Topic: t.Name, Endpoint: endpoint, Token: room.NewSerial(128), Raw: raw}
		for _, old := range r.ever(tx, t.Name) {
			switch {
			case old.Endpoint != endpoint:
			case !old.Ended:
				s = old
			default: // taking that back would have it told twice
				if err := r.subscriptions.Delete(tx, old.ID); err != nil {
					return err
				}
			}
		}
		if s.Confirmed {
			if in.Attributes[rawDelivery] != "" && raw != s.Raw {
				return invalid("Attributes Reason: Subscription already exists with different attributes")
			}
			return nil
		}
		s.Raw, s.Expires = raw, time.Now().Add(tokenLife).UTC()
		return r.subscriptions.Put(tx, s.ID, s)
	}); err != nil {
		return nil, err
	}
	if !s.Confirmed {
		r.deliver(s, r.confirmation(s))
	}
	out := &sns.SubscribeOutput{SubscriptionArn: new(r.subscriptionARN(s))}
	if !s.Confirmed && !in.ReturnSubscriptionArn {
		out.SubscriptionArn = new(pending)
	}
	return out, nil
}

func readRaw(value string) (bool, error) {
	if value == "" {
		return false, nil
	}
	raw, err := strconv.ParseBool(value)
	if err != nil {
		return false, invalid("Attributes Reason: %s: Invalid value [%s]. Must be true or false.", rawDelivery, value)
	}
	return raw, nil
}

// ConfirmSubscription confirms by the token that the endpoint got. A second time changes nothing.
func (r *Room) ConfirmSubscription(_ context.Context, in *sns.ConfirmSubscriptionInput) (*sns.ConfirmSubscriptionOutput, error) {
	if err := room.Only(in, "TopicArn", "Token", "AuthenticateOnUnsubscribe"); err != nil {
		return nil, err
	}
	if said := room.Deref(in.AuthenticateOnUnsubscribe); said != "" && said != "false" {
		return nil, unsupported("AuthenticateOnUnsubscribe is not supported here.")
	}
	out := &sns.ConfirmSubscriptionOutput{}
	return out, r.Update(func(tx *store.Tx) error {
		t, err := r.findTopic(tx, in.TopicArn)
		if err != nil {
			return err
		}
		for _, s := range r.ever(tx, t.Name) {
			stands := s.Confirmed && !s.Ended
			if s.Token != room.Deref(in.Token) || !stands && time.Now().After(s.Expires) {
				continue
			}
			out.SubscriptionArn = new(r.subscriptionARN(s))
			if stands {
				return nil
			}
			if s.Ended && t.Deleted > 0 {
				t.Deleted--
				if err := r.topics.Put(tx, t.Name, t); err != nil {
					return err
				}
			}
			s.Confirmed, s.Ended = true, false
			return r.subscriptions.Put(tx, s.ID, s)
		}
		return invalid("Token")
	})
}

// Unsubscribe ends a subscription, and tells its endpoint, which may take that back. It is no error that there is none.
func (r *Room) Unsubscribe(_ context.Context, in *sns.UnsubscribeInput) (*sns.UnsubscribeOutput, error) {
	if err := room.Only(in, "SubscriptionArn"); err != nil {
		return nil, err
	}
	var s subscriptionRow
	err := r.Update(func(tx *store.Tx) (err error) {
		s, err = r.findSubscription(tx, in.SubscriptionArn)
		if isMissing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if !s.Confirmed {
			// By these words Terraform and others know that it ends by itself, and go on.
			return invalid("SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation")
		}
		t, _ := r.topics.GetTx(tx, s.Topic)
		t.Deleted++
		if err := r.topics.Put(tx, t.Name, t); err != nil {
			return err
		}
		if err := r.forget(tx, s.Topic); err != nil {
			return err
		}
		s.Ended, s.Token, s.Expires = true, room.NewSerial(128), time.Now().Add(tokenLife).UTC()
		return r.subscriptions.Put(tx, s.ID, s)
	})
	if err == nil && s.Ended {
		r.deliver(s, r.farewell(s))
	}
	return &sns.UnsubscribeOutput{}, err
}

// forget removes what has ended for so long that it is not taken back any more.
func (r *Room) forget(tx *store.Tx, topic string) error {
	for _, s := range r.ever(tx, topic) {
		if s.Ended && time.Now().After(s.Expires) {
			if err := r.subscriptions.Delete(tx, s.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Room) show(s subscriptionRow) snstypes.Subscription {
	arn := pendingListing
	if s.Confirmed {
		arn = r.subscriptionARN(s)
	}
	return snstypes.Subscription{
		SubscriptionArn: &arn, Owner: new(r.Account), Protocol: new("http"), Endpoint: new(s.Endpoint), TopicArn: new(r.topicARN(s.Topic)),
	}
}

func (r *Room) list(all []subscriptionRow, token *string) ([]snstypes.Subscription, *string, error) {
	rows, next, err := page(all, func(s subscriptionRow) string { return s.ID }, token)
	shown := []snstypes.Subscription{}
	for _, s := range rows {
		shown = append(shown, r.show(s))
	}
	return shown, next, err
}

// ListSubscriptions lists the subscriptions of all topics.
func (r *Room) ListSubscriptions(_ context.Context, in *sns.ListSubscriptionsInput) (*sns.ListSubscriptionsOutput, error) {
	if err := room.Only(in, "NextToken"); err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(slices.Clone(r.subscriptions.All()), func(s subscriptionRow) bool { return s.Ended })
	shown, next, err := r.list(all, in.NextToken)
	return &sns.ListSubscriptionsOutput{Subscriptions: shown, NextToken: next}, err
}

// ListSubscriptionsByTopic lists a topic's subscriptions.
func (r *Room) ListSubscriptionsByTopic(_ context.Context, in *sns.ListSubscriptionsByTopicInput) (*sns.ListSubscriptionsByTopicOutput, error) {
	if err := room.Only(in, "TopicArn", "NextToken"); err != nil {
		return nil, err
	}
	t, err := r.findTopic(nil, in.TopicArn)
	if err != nil {
		return nil, err
	}
	shown, next, err := r.list(r.of(nil, t.Name), in.NextToken)
	return &sns.ListSubscriptionsByTopicOutput{Subscriptions: shown, NextToken: next}, err
}

// GetSubscriptionAttributes tells a subscription's attributes.
func (r *Room) GetSubscriptionAttributes(_ context.Context, in *sns.GetSubscriptionAttributesInput) (*sns.GetSubscriptionAttributesOutput, error) {
	if err := room.Only(in, "SubscriptionArn"); err != nil {
		return nil, err
	}
	s, err := r.findSubscription(nil, in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	return &sns.GetSubscriptionAttributesOutput{Attributes: map[string]string{
		"SubscriptionArn": r.subscriptionARN(s), "TopicArn": r.topicARN(s.Topic), "Owner": r.Account, "Protocol": "http", "Endpoint": s.Endpoint,
		"PendingConfirmation": fmt.Sprint(!s.Confirmed), "ConfirmationWasAuthenticated": "false", rawDelivery: fmt.Sprint(s.Raw),
		"SubscriptionPrincipal": "arn:aws:iam::" + r.Account + ":root", "EffectiveDeliveryPolicy": subscriptionPolicy,
	}}, nil
}

// SetSubscriptionAttributes changes whether a subscription gets messages without an envelope.
func (r *Room) SetSubscriptionAttributes(_ context.Context, in *sns.SetSubscriptionAttributesInput) (*sns.SetSubscriptionAttributesOutput, error) {
	if err := room.Only(in, "SubscriptionArn", "AttributeName", "AttributeValue"); err != nil {
		return nil, err
	}
	name, value := room.Deref(in.AttributeName), room.Deref(in.AttributeValue)
	if name == "" {
		return nil, invalid("AttributeName")
	}
	if err := checkAttributes(map[string]string{name: value}, rawDelivery, nil); err != nil {
		return nil, err
	}
	return &sns.SetSubscriptionAttributesOutput{}, r.Update(func(tx *store.Tx) error {
		s, err := r.findSubscription(tx, in.SubscriptionArn)
		if err != nil || name != rawDelivery {
			return err
		}
		if s.Raw, err = readRaw(value); err != nil {
			return err
		}
		return r.subscriptions.Put(tx, s.ID, s)
	})
}
