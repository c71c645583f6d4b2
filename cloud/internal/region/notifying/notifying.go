// Package notifying is the Simple Notification Service in one region: standard topics, and what HTTP endpoints on the host's loopback are
// told of them.
package notifying

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/webhook"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Room is SNS of one region.
type Room struct {
	*room.Base
	Config
	topics        *store.Table[topicRow]        // by name
	subscriptions *store.Table[subscriptionRow] // by id
}

// Config is what the room needs of its cloud.
type Config struct {
	Endpoint string // the cloud's URL, to which the links in messages lead
	Post     func(context.Context, webhook.Message) (status int, err error)
}

// Load reads the tables.
func Load(base *room.Base, c Config) (*Room, error) {
	r := &Room{Base: base, Config: c}
	var err error
	room.LoadTable(r.DB, "topics", &r.topics, &err)
	room.LoadTable(r.DB, "topic-subscriptions", &r.subscriptions, &err)
	return r, err
}

type topicRow struct {
	Name, DisplayName string
	Tags              map[string]string
	Deleted           int // subscriptions that were
}

type subscriptionRow struct {
	ID, Topic, Endpoint string
	Token               string // with which the endpoint confirms
	Expires             time.Time
	Confirmed, Raw      bool
	Ended               bool // its endpoint may take that back until Expires
}

func (r *Room) topicARN(name string) string { return r.ARN("sns", name) }

func (r *Room) subscriptionARN(s subscriptionRow) string { return r.topicARN(s.Topic) + ":" + s.ID }

// findTopic finds a topic by its ARN.
func (r *Room) findTopic(tx *store.Tx, arn *string) (topicRow, error) {
	if room.Deref(arn) == "" {
		return topicRow{}, invalid("TopicArn Reason: no value for required parameter")
	}
	name, own := strings.CutPrefix(*arn, r.topicARN(""))
	if !strings.HasPrefix(*arn, "arn:aws:sns:") {
		return topicRow{}, invalid("TopicArn Reason: An ARN must have at least 6 elements, not %d", len(strings.Split(*arn, ":")))
	}
	t, ok := r.topics.GetTx(tx, name)
	if !own || !ok {
		return topicRow{}, notFound("Topic does not exist")
	}
	return t, nil
}

// findSubscription finds a subscription by its ARN.
func (r *Room) findSubscription(tx *store.Tx, arn *string) (subscriptionRow, error) {
	prefix, id := room.Deref(arn), ""
	if i := strings.LastIndex(prefix, ":"); i >= 0 {
		prefix, id = prefix[:i], prefix[i+1:]
	}
	if strings.Count(prefix, ":") != 5 {
		return subscriptionRow{}, invalid("SubscriptionArn Reason: it is not the ARN of a subscription")
	}
	s, ok := r.subscriptions.GetTx(tx, id)
	if !ok || s.Ended || r.topicARN(s.Topic) != prefix {
		return subscriptionRow{}, notFound("Subscription does not exist")
	}
	return s, nil
}

// of are the subscriptions of a topic, in a fixed order.
func (r *Room) of(tx *store.Tx, topic string) []subscriptionRow {
	return slices.DeleteFunc(r.ever(tx, topic), func(s subscriptionRow) bool { return s.Ended })
}

// ever is of, with those that have ended.
func (r *Room) ever(tx *store.Tx, topic string) []subscriptionRow {
	all := slices.DeleteFunc(slices.Clone(r.subscriptions.AllTx(tx)), func(s subscriptionRow) bool { return s.Topic != topic })
	slices.SortFunc(all, func(a, b subscriptionRow) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// The errors of https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html and of each operation there.

func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameter", "Invalid parameter: "+format, args...)
}

func notFound(message string) error {
	return &wire.Error{Code: "NotFound", Message: message, Status: 404}
}

// unsupported refuses by name what this cloud's SNS does not do.
func unsupported(format string, args ...any) error {
	return wire.Errorf("UnsupportedOperation", format, args...)
}

// checkAttributes refuses attributes that are none of those that may be set. A value that says what is so anyway passes.
func checkAttributes(set map[string]string, allowed string, usual map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if value := set[name]; name != allowed && value != "" && value != usual[name] {
			return unsupported("The attribute '%s' is not supported here with the value '%s'.", name, value)
		}
	}
	return nil
}

// page cuts a listing: SNS returns 100 rows at a time.
func page[T any](rows []T, key func(T) string, token *string) ([]T, *string, error) {
	return room.Page(rows, key, nil, token, room.Paging{
		Usual: 100, BadToken: func(string) error { return invalid("NextToken Reason: it is no token of this operation") },
	})
}
