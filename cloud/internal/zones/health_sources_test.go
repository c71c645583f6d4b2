package zones

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	mdns "github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/internal/patience"
)

// answer asks the name server for the address of a name.
func (s *service) answer(t testing.TB, name string) string {
	t.Helper()
	q := new(mdns.Msg).SetQuestion(name, mdns.TypeA)
	reply, _, err := (&mdns.Client{Timeout: patience.Limit}).Exchange(q, s.dns)
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Answer) != 1 {
		t.Fatalf("%s answers %v", name, reply.Answer)
	}
	return reply.Answer[0].(*mdns.A).A.String()
}

func (s *service) awaitAnswer(t testing.TB, name, want string) {
	t.Helper()
	until(t, name+" answers "+want, func() bool { return s.answer(t, name) == want })
}

// hears returns once what the region says of an alarm has reached the answers.
func (s *service) hears(t testing.TB, alarm beacon.Alarm) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience.Limit)
	defer cancel()
	var known []beacon.Alarm
	err := s.room.Wait(ctx, func() bool {
		known = s.regions.receiver.Alarms()["us-east-1"]
		return slices.ContainsFunc(known, func(a beacon.Alarm) bool { return reflect.DeepEqual(a, alarm) })
	}, told)
	if err != nil {
		t.Fatalf("never heard %+v; known are %+v", alarm, known)
	}
	s.regions.hear() // as tend does, which may be about to
}

// failoverTo makes app.hello.test answer 198.51.100.1 while a check of this kind is healthy, else .2.
func (s *service) failoverTo(t testing.TB, c *r53types.HealthCheckConfig) (checkID string) {
	t.Helper()
	ctx := t.Context()
	check, err := s.client.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{CallerReference: aws.String(request.NewID("r")), HealthCheckConfig: c})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := s.client.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("hello.test"), CallerReference: aws.String(request.NewID("r"))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.client.ChangeResourceRecordSets(
		ctx,
		&route53.ChangeResourceRecordSetsInput{HostedZoneId: zone.HostedZone.Id, ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{
			create(set("app.hello.test", r53types.RRTypeA, []string{"198.51.100.1"}, failover("PRIMARY", "p", *check.HealthCheck.Id))),
			create(set("app.hello.test", r53types.RRTypeA, []string{"198.51.100.2"}, failover("SECONDARY", "s", ""))),
		}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return *check.HealthCheck.Id
}

const app, primary, secondary = "app.hello.test.", "198.51.100.1", "198.51.100.2"

// control makes a cluster and a routing control.
func (s *service) control(t testing.TB) string {
	t.Helper()
	c := config.New(config.Options{Region: "us-west-2", BaseEndpoint: &s.url, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	cluster, err := c.CreateCluster(t.Context(), &config.CreateClusterInput{ClusterName: aws.String("c")})
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateRoutingControl(
		t.Context(),
		&config.CreateRoutingControlInput{ClusterArn: cluster.Cluster.ClusterArn, RoutingControlName: aws.String("primary")},
	)
	if err != nil {
		t.Fatal(err)
	}
	return *made.RoutingControl.RoutingControlArn
}

func (s *service) turn(t testing.TB, arn, state string) {
	t.Helper()
	body := fmt.Sprintf(`{"RoutingControlArn":%q,"RoutingControlState":%q}`, arn, state)
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "ToggleCustomerAPI.UpdateRoutingControlState")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-west-2/route53-recovery-cluster/aws4_request, SignedHeaders=host, Signature=0")
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		t.Fatal(reply.Status)
	}
}

// A changed routing control is in the next answer: the request that changed it returns no sooner.
func TestAnswerFollowsItsRoutingControl(t *testing.T) {
	s := serve(t, t.TempDir())
	arn := s.control(t)
	s.failoverTo(t, &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: &arn})
	if got := s.answer(t, app); got != secondary {
		t.Errorf("new, and so off: %s", got)
	}
	s.turn(t, arn, "On")
	if got := s.answer(t, app); got != primary {
		t.Errorf("on: %s", got)
	}
	for range 20 {
		s.turn(t, arn, "Off")
		if got := s.answer(t, app); got != secondary {
			t.Fatalf("off: %s", got)
		}
		s.turn(t, arn, "On")
		if got := s.answer(t, app); got != primary {
			t.Fatalf("on again: %s", got)
		}
	}
	_, err := s.client.CreateHealthCheck(
		t.Context(),
		&route53.CreateHealthCheckInput{CallerReference: aws.String("none"), HealthCheckConfig: &r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: aws.String(arn + "0"),
		}},
	)
	if err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a control that is not there: %v", err)
	}
}

// mouth is a region that tells what the test has it say.
type mouth struct {
	mu     sync.Mutex
	report beacon.Report
	news   chan struct{}
}

func (m *mouth) say(alarms ...beacon.Alarm) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.report.Alarms = alarms
	close(m.news)
	m.news = make(chan struct{})
}

func speak(t *testing.T, socket string) (m *mouth, silence func()) {
	m = &mouth{report: beacon.Report{Region: "us-east-1"}, news: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	var told sync.WaitGroup
	told.Go(func() {
		beacon.Send(ctx, socket, func() beacon.Report { m.mu.Lock(); defer m.mu.Unlock(); return m.report },
			func() <-chan struct{} { m.mu.Lock(); defer m.mu.Unlock(); return m.news }, 100*time.Millisecond, slog.New(slog.DiscardHandler))
	})
	silence = func() { cancel(); told.Wait() }
	t.Cleanup(silence)
	return m, silence
}

func alarmTold(state, fingerprint string, threshold float64) beacon.Alarm {
	return beacon.Alarm{Name: "errors", Fingerprint: fingerprint, Current: true, State: state, Settings: r53types.CloudWatchAlarmConfiguration{
		Namespace: aws.String("App"), MetricName: aws.String("Errors"), Threshold: &threshold, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
		Statistic: r53types.StatisticSum, ComparisonOperator: r53types.ComparisonOperatorGreaterThanThreshold,
	}}
}

// The answer follows what the alarm's data says by the settings that the alarm had when the check was made;
// an update takes its new ones. A region that falls silent has insufficient data.
func TestAnswerFollowsAnAlarmsData(t *testing.T) {
	s := serve(t, t.TempDir())
	region, silence := speak(t, s.beacon)
	region.say(alarmTold("OK", "old", 5))
	s.hears(t, alarmTold("OK", "old", 5))
	id := s.failoverTo(t, &r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeCloudwatchMetric, InsufficientDataHealthStatus: r53types.InsufficientDataHealthStatusUnhealthy,
		AlarmIdentifier: &r53types.AlarmIdentifier{Name: aws.String("errors"), Region: r53types.CloudWatchRegionUsEast1},
	})
	threshold := func() float64 {
		t.Helper()
		h, err := s.client.GetHealthCheck(t.Context(), &route53.GetHealthCheckInput{HealthCheckId: &id})
		if err != nil {
			t.Fatal(err)
		}
		return *h.HealthCheck.CloudWatchAlarmConfiguration.Threshold
	}
	s.awaitAnswer(t, app, primary)
	region.say(alarmTold("ALARM", "old", 5))
	s.awaitAnswer(t, app, secondary)

	// Edited: by its new settings all is well, by those that the check knows it is not.
	old := alarmTold("ALARM", "old", 5)
	old.Current = false
	region.say(old, alarmTold("OK", "new", 50))
	s.hears(t, alarmTold("OK", "new", 50))
	if got := s.answer(t, app); got != secondary || threshold() != 5 {
		t.Errorf("after an edit: %s, threshold %v", got, threshold())
	}
	if _, err := s.client.UpdateHealthCheck(t.Context(), &route53.UpdateHealthCheckInput{HealthCheckId: &id}); err != nil {
		t.Fatal(err)
	}
	s.awaitAnswer(t, app, primary)
	if threshold() != 50 {
		t.Errorf("after the update: threshold %v", threshold())
	}
	silence()
	s.awaitAnswer(t, app, secondary)

	for _, c := range []struct{ name, want string }{{"none", "does not exist"}, {"unfit", "an M out of N alarm"}} {
		region, _ := speak(t, s.beacon)
		unfit := beacon.Alarm{Name: "unfit", Current: true, State: "OK", Unfit: "it is an M out of N alarm"}
		region.say(unfit)
		s.hears(t, unfit)
		_, err := s.client.CreateHealthCheck(t.Context(), &route53.CreateHealthCheckInput{CallerReference: &c.name, HealthCheckConfig: &r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeCloudwatchMetric, AlarmIdentifier: &r53types.AlarmIdentifier{Name: &c.name, Region: r53types.CloudWatchRegionUsEast1},
		}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("alarm %s: %v", c.name, err)
		}
	}
}

// The last known status outlives Route 53's process, in which no region has spoken yet when it starts.
func TestLastKnownStatusSurvives(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	region, silence := speak(t, s.beacon)
	region.say(alarmTold("ALARM", "a", 5))
	s.hears(t, alarmTold("ALARM", "a", 5))
	id := s.failoverTo(t, &r53types.HealthCheckConfig{
		Type:            r53types.HealthCheckTypeCloudwatchMetric,
		AlarmIdentifier: &r53types.AlarmIdentifier{Name: aws.String("errors"), Region: r53types.CloudWatchRegionUsEast1},
	})
	s.awaitAnswer(t, app, secondary)
	silence()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = serve(t, dir)
	if got := s.answer(t, app); got != secondary {
		t.Errorf("after the restart: %s", got)
	}
	region, _ = speak(t, s.beacon)
	region.say(alarmTold("OK", "a", 5))
	s.awaitAnswer(t, app, primary)
	if _, err := s.client.DeleteHealthCheck(t.Context(), &route53.DeleteHealthCheckInput{HealthCheckId: &id}); err != nil {
		t.Fatal(err)
	}
	if n := s.room.lastStates.Len(); n != 0 {
		t.Errorf("%d last states are left", n)
	}
}

// BenchmarkRoutingControl measures from the request that turns a routing control to the first changed answer.
func BenchmarkRoutingControl(b *testing.B) {
	s := serve(b, b.TempDir())
	arn := s.control(b)
	s.turn(b, arn, "On")
	s.failoverTo(b, &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: &arn})
	states, wants := []string{"Off", "On"}, []string{secondary, primary}
	for i := 0; b.Loop(); i++ {
		s.turn(b, arn, states[i%2])
		if got := s.answer(b, app); got != wants[i%2] {
			b.Fatal(got)
		}
	}
}

// The metrics of health checks, once a minute at the cloud's speed.
func TestHealthIsToldToCloudWatch(t *testing.T) {
	s := serve(t, t.TempDir())
	arn := s.control(t)
	id := s.failoverTo(t, &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeRecoveryControl, RoutingControlArn: &arn})
	parent, err := s.client.CreateHealthCheck(
		t.Context(),
		&route53.CreateHealthCheckInput{CallerReference: aws.String("parent"), HealthCheckConfig: &r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(1), ChildHealthChecks: []string{id},
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := s.client.CreateHealthCheck(
		t.Context(),
		&route53.CreateHealthCheckInput{CallerReference: aws.String("endpoint"), HealthCheckConfig: tcp("198.51.100.7", 80)},
	)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{id: "control", *parent.HealthCheck.Id: "parent", *endpoint.HealthCheck.Id: "endpoint"}
	told := map[string]float64{}
	for _, d := range s.metrics().Health(time.Now()) {
		told[names[d.Dimensions[0].Value]+" "+d.Name] = d.Value
	}
	percent := told["endpoint HealthCheckPercentageHealthy"]
	if len(told) != 5 || told["control HealthCheckStatus"] != 0 || told["parent HealthCheckStatus"] != 0 || told["parent ChildHealthCheckHealthyCount"] != 0 ||
		percent < 0 ||
		percent > 100 {
		t.Errorf("told %v", told)
	}
	s.turn(t, arn, "On")
	for _, d := range s.metrics().Health(time.Now()) {
		if want := names[d.Dimensions[0].Value]; (want == "control" || want == "parent") && d.Value != 1 {
			t.Errorf("%s of %s is %v", d.Name, want, d.Value)
		}
	}
}
