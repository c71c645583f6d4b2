package notifying

import (
	"context"
	"encoding/json"
	"regexp"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/understudy/understudy/cloud/internal/room"
)

// maxMessage is how many bytes a message may have ("Publish", Amazon SNS API reference).
const maxMessage = 256 << 10

// subjects are text of ASCII that begins with a letter, a digit or a punctuation mark, in one line of less than 100 characters ("Publish").
var subjects = regexp.MustCompile(`^[!-~][ -~]{0,98}$`)

// notification is what is told to a topic's endpoints.
type notification struct {
	ID, Subject, Message string
	Attributes           map[string]attribute
}

// Publish tells a topic's endpoints of a message.
func (r *Room) Publish(_ context.Context, in *sns.PublishInput) (*sns.PublishOutput, error) {
	if err := room.Only(in, "TopicArn", "TargetArn", "Message", "Subject", "MessageStructure", "MessageAttributes"); err != nil {
		return nil, err
	}
	arn := in.TopicArn
	if arn == nil {
		arn = in.TargetArn
	}
	t, err := r.findTopic(nil, arn)
	if err != nil {
		return nil, err
	}
	n := notification{ID: room.NewUUID(), Subject: room.Deref(in.Subject)}
	if n.Message, err = readMessage(in); err != nil {
		return nil, err
	}
	if in.Subject != nil && !subjects.MatchString(n.Subject) {
		return nil, invalid("Subject")
	}
	if n.Attributes, err = readAttributes(in.MessageAttributes); err != nil {
		return nil, err
	}
	r.tell(t, n)
	return &sns.PublishOutput{MessageId: &n.ID}, nil
}

// readMessage reads what HTTP endpoints get: with the structure json, what is there for http, or else for all.
func readMessage(in *sns.PublishInput) (string, error) {
	message := room.Deref(in.Message)
	switch structure := room.Deref(in.MessageStructure); {
	case message == "":
		return "", invalid("Empty message")
	case len(message) > maxMessage:
		return "", invalid("Message too long")
	case !utf8.ValidString(message):
		return "", invalid("Message")
	case structure == "":
		return message, nil
	case structure != "json":
		return "", invalid("MessageStructure Reason: it must be json")
	}
	var by map[string]any
	if err := json.Unmarshal([]byte(message), &by); err != nil {
		return "", invalid("Message Structure - JSON message body failed to parse")
	}
	usual, ok := by["default"].(string)
	if !ok {
		return "", invalid("Message Structure - No default entry in JSON message body")
	}
	if own, ok := by["http"].(string); ok {
		return own, nil
	}
	return usual, nil
}

// Notify publishes what another service tells a topic, which may be any ARN that a user gave it. The error says why it reaches nobody.
func (r *Room) Notify(topic, subject, message string) error {
	t, err := r.findTopic(nil, &topic)
	if err != nil {
		return err
	}
	if len(subject) > 100 { // AWS cuts it, too; the message has all
		subject = subject[:97] + "..."
	}
	r.tell(t, notification{ID: room.NewUUID(), Subject: subject, Message: message})
	return nil
}
