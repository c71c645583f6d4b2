package notifying

import (
	"net/url"
	"time"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/webhook"
)

// An endpoint that does not answer, or answers that it cannot now, is asked three times more, 20 s apart; one that answers otherwise than by
// success has had its message ("Message delivery retries" and "Creating an HTTP/S delivery policy", Amazon SNS Developer Guide).
const (
	retries    = 3
	retryPause = 20 * time.Second

	retryPolicy = `{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,` +
		`"backoffFunction":"linear"}`
	deliveryPolicy = `{"http":{"defaultHealthyRetryPolicy":` + retryPolicy + `,"disableSubscriptionOverrides":false,` +
		`"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`
	subscriptionPolicy = `{"healthyRetryPolicy":` + retryPolicy + `,"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}`
)

// The types of messages.
const (
	typeConfirmation = "SubscriptionConfirmation"
	typeFarewell     = "UnsubscribeConfirmation"
	typeNotification = "Notification"
)

// envelope is a message as an endpoint gets it ("Parsing Amazon SNS message formats", Amazon SNS Developer Guide). Nothing is signed here: there
// is no certificate that would verify it, and the fields of the signature are empty.
type envelope struct {
	Type              string
	MessageId         string
	Token             string `json:",omitempty"`
	TopicArn          string
	Subject           string `json:",omitempty"`
	Message           string
	SubscribeURL      string `json:",omitempty"`
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string               `json:",omitempty"`
	MessageAttributes map[string]attribute `json:",omitempty"`
}

// letter is a message on its way.
type letter struct {
	kind, id, body string
	raw            bool
}

func (r *Room) seal(e envelope) letter {
	e.Timestamp, e.SignatureVersion = time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "1"
	body, err := room.JSON(e, "  ")
	if err != nil {
		panic(err) // texts
	}
	return letter{kind: e.Type, id: e.MessageId, body: body}
}

// link is a call that needs no signature, which a message has in its URLs.
func (r *Room) link(action string, parameters ...string) string {
	q := url.Values{"Action": {action}}
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	return r.Endpoint + "/?" + q.Encode()
}

// confirmation asks an endpoint whether it is to be told.
func (r *Room) confirmation(s subscriptionRow) letter {
	return r.question(s, envelope{
		Type: typeConfirmation, MessageId: s.ID, Message: "You have chosen to subscribe to the topic " + r.topicARN(s.Topic) +
			".\nTo confirm the subscription, visit the SubscribeURL included in this message.",
	})
}

// farewell tells an endpoint that it is told no more, and how it takes that back.
func (r *Room) farewell(s subscriptionRow) letter {
	return r.question(s, envelope{
		Type: typeFarewell, MessageId: room.NewUUID(), Message: "You have chosen to deactivate subscription " + r.subscriptionARN(s) +
			".\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.",
	})
}

// question is a message with the link by which an endpoint confirms.
func (r *Room) question(s subscriptionRow, e envelope) letter {
	e.Token, e.TopicArn = s.Token, r.topicARN(s.Topic)
	e.SubscribeURL = r.link("ConfirmSubscription", "TopicArn", e.TopicArn, "Token", s.Token)
	return r.seal(e)
}

// tell tells a topic's endpoints, those that have confirmed.
func (r *Room) tell(t topicRow, n notification) {
	for _, s := range r.of(nil, t.Name) {
		switch {
		case !s.Confirmed:
		case s.Raw:
			r.deliver(s, letter{kind: typeNotification, id: n.ID, body: n.Message, raw: true})
		default:
			r.deliver(s, r.seal(envelope{
				Type: typeNotification, MessageId: n.ID, TopicArn: r.topicARN(t.Name), Subject: n.Subject, Message: n.Message,
				UnsubscribeURL: r.link("Unsubscribe", "SubscriptionArn", r.subscriptionARN(s)), MessageAttributes: n.Attributes,
			}))
		}
	}
}

// deliver posts a message, while the region lives. What is lost the region's log tells.
func (r *Room) deliver(s subscriptionRow, l letter) {
	m := webhook.Message{URL: s.Endpoint, Body: l.body, Header: map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Amazon Simple Notification Service Agent",
		"x-amz-sns-message-type": l.kind, "x-amz-sns-message-id": l.id, "x-amz-sns-topic-arn": r.topicARN(s.Topic),
	}}
	if l.kind != typeConfirmation {
		m.Header["x-amz-sns-subscription-arn"] = r.subscriptionARN(s)
	}
	if l.raw {
		m.Header["x-amz-sns-rawdelivery"] = "true"
	}
	r.Spawn(func() {
		for try := 0; ; try++ {
			status, err := r.Post(r.Context(), m)
			switch {
			case err == nil && status < 300:
				return
			case try == retries || r.Context().Err() != nil || err == nil && status < 500 && status != 429:
				r.Log.Warn("deliver a message", "topic", s.Topic, "to", redacted(s.Endpoint), "message", l.id, "status", status, "err", err)
				return
			}
			select {
			case <-time.After(r.Speed.Of(retryPause)):
			case <-r.Context().Done():
			}
		}
	})
}

// redacted is an endpoint as logs may have it, without its password.
func redacted(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "an endpoint that is no URL"
	}
	return u.Redacted()
}
