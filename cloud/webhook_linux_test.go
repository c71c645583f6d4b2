package cloud_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/patience"
)

// An alarm tells a program on the host, which has confirmed by the link that it got, and is told nothing any more once it followed the other one.
func TestAnAlarmTellsAProgramOnTheHost(t *testing.T) {
	t.Parallel()
	posted := make(chan map[string]string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := map[string]string{}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		m["header"] = r.Header.Get("x-amz-sns-message-type")
		posted <- m
	}))
	defer hook.Close()
	got := func() map[string]string {
		t.Helper()
		select {
		case m := <-posted:
			return m
		case <-time.After(patience.Limit):
			t.Fatal("nothing was posted")
		}
		return nil
	}
	follow := func(link string) (int, string) {
		t.Helper()
		answer, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(b)
	}

	c := start(t, cloud.Options{})
	id, secret := c.Credentials()
	ctx := t.Context()
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: new(c.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")}
	topics, alarms := sns.NewFromConfig(cfg), cloudwatch.NewFromConfig(cfg)
	topic, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: new("pages")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: new("http"), Endpoint: new(hook.URL + "/hook")}); err != nil {
		t.Fatal(err)
	}
	asked := got()
	if asked["Type"] != "SubscriptionConfirmation" || asked["header"] != asked["Type"] || asked["TopicArn"] != *topic.TopicArn {
		t.Fatalf("asked %v", asked)
	}
	link := asked["SubscribeURL"]
	guess := strings.Replace(link, "Token="+asked["Token"], "Token=guess", 1)
	if status, said := follow(guess); status != http.StatusBadRequest || !strings.Contains(said, "<Code>InvalidParameter</Code>") {
		t.Errorf("a guess: %d %s", status, said)
	}
	if status, said := follow(strings.Replace(link, url.QueryEscape(":us-east-1:"), url.QueryEscape(":eu-north-1:"), 1)); status < 400 {
		t.Errorf("a region that is not there: %d %s", status, said)
	}
	if status, said := follow(strings.Replace(link, "ConfirmSubscription", "ListSubscriptionsByTopic", 1)); status != http.StatusForbidden {
		t.Errorf("a call that has to be signed: %d %s", status, said)
	}
	status, said := follow(link)
	if status != http.StatusOK || !strings.Contains(said, "<SubscriptionArn>"+*topic.TopicArn+":") {
		t.Fatalf("the link: %d %s", status, said)
	}

	if _, err := alarms.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: new("busy"), Namespace: new("app"), MetricName: new("load"), Statistic: cwtypes.StatisticAverage, Period: new(int32(3600)),
		EvaluationPeriods: new(int32(1)), Threshold: new(1.0), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
		AlarmActions: []string{*topic.TopicArn},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := alarms.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
		AlarmName: new("busy"), StateValue: cwtypes.StateValueAlarm, StateReason: new("by hand"),
	}); err != nil {
		t.Fatal(err)
	}
	told := got()
	var alarm struct{ AlarmName, NewStateValue, NewStateReason string }
	if err := json.Unmarshal([]byte(told["Message"]), &alarm); err != nil {
		t.Fatal(err)
	}
	if told["Type"] != "Notification" || told["Subject"] != `ALARM: "busy" in US East (N. Virginia)` || alarm.AlarmName != "busy" ||
		alarm.NewStateValue != "ALARM" || alarm.NewStateReason != "by hand" {
		t.Errorf("told %v", told)
	}
	if status, said := follow(told["UnsubscribeURL"]); status != http.StatusOK {
		t.Errorf("the link to unsubscribe: %d %s", status, said)
	}
	list, err := topics.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: topic.TopicArn})
	if err != nil || len(list.Subscriptions) != 0 {
		t.Errorf("left %+v, %v", list, err)
	}
}
