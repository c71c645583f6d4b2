package notifying

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/webhook"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

const hook = "http://127.0.0.1:9/hook"

// desk is SNS asked by the SDK's client, which outlives its reopening, and what is posted.
type desk struct {
	*sns.Client
	t        *testing.T
	dir      string
	endpoint string
	r        *Room
	end      func()
	posted   chan webhook.Message
	answers  chan int // statuses to answer with; 200 where there is none
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), posted: make(chan webhook.Message, 100), answers: make(chan int, 100)}
	d.load()
	endpoint := roomtest.Serve(t, func(m *wire.Mux) { d.r.Operations(m) })
	d.endpoint = *endpoint
	d.Client = sns.New(sns.Options{
		Region: "us-east-1", BaseEndpoint: endpoint, Credentials: roomtest.Credentials, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
	})
	return d
}

func (d *desk) load() {
	d.t.Helper()
	base, end := roomtest.Open(d.t, d.dir, tempo.Speed(10_000))
	r, err := Load(base, Config{Endpoint: "http://127.0.0.1:4566", Post: d.post})
	if err != nil {
		d.t.Fatal(err)
	}
	d.r, d.end = r, end
}

func (d *desk) reopen() {
	d.t.Helper()
	d.end()
	d.load()
}

func (d *desk) post(_ context.Context, m webhook.Message) (int, error) {
	d.posted <- m
	select {
	case status := <-d.answers:
		if status == 0 {
			return 0, errors.New("connection refused")
		}
		return status, nil
	default:
		return 200, nil
	}
}

// got waits for a message, and reads its envelope.
func (d *desk) got() (webhook.Message, map[string]any) {
	d.t.Helper()
	select {
	case m := <-d.posted:
		var e map[string]any
		if m.Header["x-amz-sns-rawdelivery"] == "" {
			if err := json.Unmarshal([]byte(m.Body), &e); err != nil {
				d.t.Fatal(err)
			}
		}
		return m, e
	case <-d.t.Context().Done():
		d.t.Fatal("nothing was posted")
	}
	return webhook.Message{}, nil
}

func (d *desk) topic(name string) *string {
	d.t.Helper()
	return roomtest.Must(d.CreateTopic(d.t.Context(), &sns.CreateTopicInput{Name: &name}))(d.t).TopicArn
}

// subscribed makes a subscription that is confirmed by its token.
func (d *desk) subscribed(topic *string) (arn *string) {
	d.t.Helper()
	roomtest.Must(d.Subscribe(d.t.Context(), &sns.SubscribeInput{TopicArn: topic, Protocol: new("http"), Endpoint: new(hook)}))(d.t)
	_, e := d.got()
	in := &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: new(e["Token"].(string))}
	return roomtest.Must(d.ConfirmSubscription(d.t.Context(), in))(d.t).SubscriptionArn
}

func TestASubscriptionIsConfirmedAndTold(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	topic := d.topic("pages")
	out := roomtest.Must(d.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: new("http"), Endpoint: new(hook)}))(t)
	if *out.SubscriptionArn != "pending confirmation" {
		t.Errorf("it is %s", *out.SubscriptionArn)
	}
	m, e := d.got()
	if e["Type"] != "SubscriptionConfirmation" || e["TopicArn"] != *topic || m.URL != hook ||
		m.Header["x-amz-sns-message-type"] != "SubscriptionConfirmation" || m.Header["x-amz-sns-topic-arn"] != *topic ||
		m.Header["Content-Type"] != "text/plain; charset=UTF-8" || m.Header["x-amz-sns-subscription-arn"] != "" ||
		!strings.Contains(m.Body, "\""+e["SubscribeURL"].(string)+"\"") || // which scripts cut out
		!strings.HasPrefix(e["SubscribeURL"].(string), "http://127.0.0.1:4566/?Action=ConfirmSubscription&Token="+e["Token"].(string)+"&TopicArn=arn%3Aaws%3Asns") {
		t.Errorf("%v\n%v", m.Header, e)
	}
	// Who has not confirmed is told nothing.
	roomtest.Must(d.Publish(ctx, &sns.PublishInput{TopicArn: topic, Message: new("too early")}))(t)
	list := roomtest.Must(d.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: topic}))(t).Subscriptions
	if len(list) != 1 || *list[0].SubscriptionArn != "PendingConfirmation" || *list[0].Endpoint != hook ||
		*list[0].Protocol != "http" || *list[0].Owner != "111122223333" {
		t.Errorf("listed %+v", list)
	}
	_, err := d.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: new("x")})
	roomtest.WantAPIError(t, err, "InvalidParameter")
	d.reopen()
	confirm := &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: new(e["Token"].(string)), AuthenticateOnUnsubscribe: new("false")}
	arn := roomtest.Must(d.ConfirmSubscription(ctx, confirm))(t).SubscriptionArn
	if again := roomtest.Must(d.ConfirmSubscription(ctx, confirm))(t).SubscriptionArn; *again != *arn || !strings.HasPrefix(*arn, *topic+":") {
		t.Errorf("confirmed as %s, then %s", *arn, *again)
	}
	again := roomtest.Must(d.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: new("http"), Endpoint: new(hook)}))(t)
	if *again.SubscriptionArn != *arn {
		t.Errorf("subscribed again as %s", *again.SubscriptionArn)
	}

	d.reopen()
	id := roomtest.Must(d.Publish(ctx, &sns.PublishInput{TopicArn: topic, Message: new("hello"), Subject: new("hi"),
		MessageAttributes: map[string]snstypes.MessageAttributeValue{"a": {DataType: new("String"), StringValue: new("b")}}}))(t).MessageId
	m, e = d.got()
	for _, at := range []string{"Timestamp", "UnsubscribeURL"} {
		if e[at] == "" {
			t.Errorf("no %s", at)
		}
		delete(e, at)
	}
	if diff := cmp.Diff(map[string]any{
		"Type": "Notification", "MessageId": *id, "TopicArn": *topic, "Subject": "hi", "Message": "hello",
		"SignatureVersion": "1", "Signature": "", "SigningCertURL": "",
		"MessageAttributes": map[string]any{"a": map[string]any{"Type": "String", "Value": "b"}},
	}, e); diff != "" {
		t.Error(diff)
	}
	if m.Header["x-amz-sns-subscription-arn"] != *arn || m.Header["x-amz-sns-message-id"] != *id || m.Header["x-amz-sns-message-type"] != "Notification" {
		t.Errorf("%v", m.Header)
	}

	roomtest.Must(d.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{
		SubscriptionArn: arn, AttributeName: new("RawMessageDelivery"), AttributeValue: new("true"),
	}))(t)
	roomtest.Must(d.Publish(ctx, &sns.PublishInput{TargetArn: topic, MessageStructure: new("json"), Message: new(`{"default": "a", "http": "b"}`)}))(t)
	if m, _ := d.got(); m.Body != "b" || m.Header["x-amz-sns-rawdelivery"] != "true" {
		t.Errorf("%+v", m)
	}
	attributes := roomtest.Must(d.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: arn}))(t).Attributes
	if attributes["PendingConfirmation"] != "false" || attributes["RawMessageDelivery"] != "true" || attributes["Endpoint"] != hook {
		t.Errorf("%v", attributes)
	}
	// It ends, which its endpoint is told and may take back.
	unsubscribe := func() string {
		t.Helper()
		roomtest.Must(d.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: arn}))(t)
		m, e := d.got()
		if e["Type"] != "UnsubscribeConfirmation" || m.Header["x-amz-sns-message-type"] != e["Type"] || m.Header["x-amz-sns-subscription-arn"] != *arn {
			t.Errorf("%v\n%v", m.Header, e)
		}
		return e["Token"].(string)
	}
	token := unsubscribe()
	d.reopen()
	_, err = d.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: arn})
	roomtest.WantAPIError(t, err, "NotFound")
	roomtest.Must(d.Publish(ctx, &sns.PublishInput{TopicArn: topic, Message: new("too late")}))(t)
	if back := roomtest.Must(d.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: &token}))(t).SubscriptionArn; *back != *arn {
		t.Errorf("back as %s", *back)
	}
	unsubscribe()
	roomtest.Must(d.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: arn}))(t)
	if all := roomtest.Must(d.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{}))(t).Subscriptions; len(all) != 0 {
		t.Errorf("left %+v", all)
	}
	if anew := d.subscribed(topic); *anew == *arn || len(d.r.ever(nil, "pages")) != 1 {
		t.Errorf("subscribed anew as %s, beside %+v", *anew, d.r.ever(nil, "pages"))
	}
	a := roomtest.Must(d.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: topic}))(t).Attributes
	if a["SubscriptionsDeleted"] != "1" || !json.Valid([]byte(a["Policy"])) || !json.Valid([]byte(a["EffectiveDeliveryPolicy"])) {
		t.Errorf("%v", a)
	}
}

// TestDeliveryIsTriedAgain where the endpoint may yet take it, and not where it has refused it.
func TestDeliveryIsTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		tries   int
	}{"down": {[]int{0, 503, 429, 500, 200}, 4}, "back": {[]int{503, 200}, 2}, "refused": {[]int{404}, 1}, "led elsewhere": {[]int{302}, 1}} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			topic := d.topic("t")
			d.subscribed(topic)
			for _, a := range c.answers {
				d.answers <- a
			}
			roomtest.Must(d.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: new("m")}))(t)
			for range c.tries {
				d.got()
			}
			d.r.Drained() // all that is under way has ended
			if len(d.posted) != 0 {
				t.Errorf("%d tries too many", len(d.posted))
			}
		})
	}
}

func TestTopics(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	tags := []snstypes.Tag{{Key: new("a"), Value: new("1")}}
	in := &sns.CreateTopicInput{Name: new("t"), Tags: tags, Attributes: map[string]string{"DisplayName": "T"}}
	arn := roomtest.Must(d.CreateTopic(ctx, in))(t).TopicArn
	if again := roomtest.Must(d.CreateTopic(ctx, in))(t).TopicArn; *again != *arn || *arn != "arn:aws:sns:us-east-1:111122223333:t" {
		t.Errorf("made %s, then %s", *arn, *again)
	}
	d.topic("t") // without a word of either it is the same one
	roomtest.Must(d.TagResource(ctx, &sns.TagResourceInput{ResourceArn: arn, Tags: []snstypes.Tag{{Key: new("b"), Value: new("2")}}}))(t)
	roomtest.Must(d.UntagResource(ctx, &sns.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a"}}))(t)
	roomtest.Must(d.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: arn, AttributeName: new("DisplayName"), AttributeValue: new("U")}))(t)
	d.reopen()
	if has := roomtest.Must(d.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: arn}))(t).Tags; len(has) != 1 || *has[0].Key != "b" {
		t.Errorf("tags %+v", has)
	}
	a := roomtest.Must(d.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn}))(t).Attributes
	if a["DisplayName"] != "U" || a["TopicArn"] != *arn || a["Owner"] != "111122223333" || a["SubscriptionsConfirmed"] != "0" {
		t.Errorf("%v", a)
	}
	_, err := d.CreateTopic(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidParameter")

	names := map[string]bool{*arn: true}
	for n := range 120 {
		names[*d.topic("t" + strings.Repeat("x", n+1))] = true
	}
	var found []string
	pages := sns.NewListTopicsPaginator(d.Client, &sns.ListTopicsInput{})
	for pages.HasMorePages() {
		for _, topic := range roomtest.Must(pages.NextPage(ctx))(t).Topics {
			found = append(found, *topic.TopicArn)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, slices.Sorted(maps.Keys(names))) {
		t.Errorf("listed %d of %d", len(found), len(names))
	}

	d.subscribed(arn)
	for range 2 {
		roomtest.Must(d.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: arn}))(t)
	}
	if all := roomtest.Must(d.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{}))(t).Subscriptions; len(all) != 0 {
		t.Errorf("left %+v", all)
	}
	_, err = d.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
	roomtest.WantAPIError(t, err, "NotFound")
	_, err = d.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: arn})
	roomtest.WantAPIError(t, err, "ResourceNotFound")
	if err := d.r.Notify(*arn, "s", "m"); err == nil || !strings.Contains(err.Error(), "Topic does not exist") {
		t.Errorf("told what is gone: %v", err)
	}
}

// The AWS CLI reads the answers by AWS's own model.
func TestTopicsByTheCommandLine(t *testing.T) {
	d := open(t)
	const arn = "arn:aws:sns:us-east-1:111122223333:cli"
	steps := []struct{ want, args string }{
		{arn, "create-topic --name cli --tags Key=stage,Value=prod"},
		{arn, "list-topics --query Topics[].TopicArn"},
		{"prod", "list-tags-for-resource --resource-arn " + arn + " --query Tags[].Value"},
		{"pending confirmation", "subscribe --topic-arn " + arn + " --protocol http --notification-endpoint " + hook},
		{arn + ":", "subscribe --topic-arn " + arn + " --protocol http --notification-endpoint " + hook + "2 --return-subscription-arn"},
		{"PendingConfirmation\thttp", "list-subscriptions --query Subscriptions[0].[SubscriptionArn,Protocol]"},
		{"2\t0", "get-topic-attributes --topic-arn " + arn + " --query Attributes.[SubscriptionsPending,SubscriptionsConfirmed]"},
		{"-", "publish --topic-arn " + arn + " --message hello --subject hi"},
		{"(NotFound) when calling the Publish operation: Topic does not exist", "publish --topic-arn " + arn + "x --message hello"},
		{"(UnsupportedOperation)", "subscribe --topic-arn " + arn + " --protocol email --notification-endpoint a@example.com"},
		{"(UnsupportedOperation)", "subscribe --topic-arn " + arn + " --protocol https --notification-endpoint https://127.0.0.1/"},
		{"loopback addresses only, and 192.0.2.1 is none", "subscribe --topic-arn " + arn + " --protocol http --notification-endpoint http://192.0.2.1/"},
		{"loopback addresses only, and example.com is none", "subscribe --topic-arn " + arn + " --protocol http --notification-endpoint http://example.com/"},
		{"FIFO topics are not supported here.", "create-topic --name a.fifo --attributes FifoTopic=true"},
		{"Invalid parameter: Topic Name", "create-topic --name a.b"},
		{"The attribute 'KmsMasterKeyId' is not supported here", "create-topic --name b --attributes KmsMasterKeyId=k"},
		{
			"The attribute 'FilterPolicy' is not supported here",
			"subscribe --topic-arn " + arn + " --protocol http --notification-endpoint " + hook + " --attributes FilterPolicy=x",
		},
		{"The attribute 'Policy' is not supported here", "set-topic-attributes --topic-arn " + arn + " --attribute-name Policy --attribute-value x"},
		{"The parameter 'PhoneNumber' is not supported here.", "publish --phone-number +1 --message x"},
		{"The operation PublishBatch of sns is not supported by this cloud.", "publish-batch --topic-arn " + arn + " --publish-batch-request-entries Id=a,Message=b"},
		{"", "delete-topic --topic-arn " + arn},
		{"(NotFound)", "list-subscriptions-by-topic --topic-arn " + arn},
	}
	var commands [][]string
	for _, s := range steps {
		commands = append(commands, append([]string{"sns"}, strings.Fields(s.args)...))
	}
	for i, got := range judge.Commands(t, d.endpoint, "AKIDEXAMPLE", "secret", commands) {
		if want := steps[i].want; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("aws sns %s\nprints %s\nwant   %s", steps[i].args, got, want)
		}
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	d := open(t)
	topic := d.topic("t")
	for name, in := range map[string]*sns.PublishInput{
		"empty": {Message: new("")}, "long": {Message: new(strings.Repeat("x", maxMessage+1))}, "subject": {Message: new("m"), Subject: new("two\nlines")},
		"no json": {Message: new("m"), MessageStructure: new("json")}, "no default": {Message: new(`{"http": "a"}`), MessageStructure: new("json")},
		"structure": {Message: new("m"), MessageStructure: new("xml")},
	} {
		in.TopicArn = topic
		if _, err := d.Publish(t.Context(), in); err == nil {
			t.Errorf("%s is taken", name)
		} else {
			roomtest.WantAPIError(t, err, "InvalidParameter")
		}
	}
	_, err := d.Publish(t.Context(), &sns.PublishInput{
		TopicArn: topic, Message: new("m"), MessageAttributes: map[string]snstypes.MessageAttributeValue{"a": {DataType: new("String")}},
	})
	roomtest.WantAPIError(t, err, "ParameterValueInvalid")
}
