package scaling

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// fakeAlarms is CloudWatch that keeps alarms and tells of them what the test says.
type fakeAlarms struct {
	mu   sync.Mutex
	put  map[string]*cloudwatch.PutMetricAlarmInput
	said map[string]reading
}

type reading struct {
	state cwtypes.StateValue
	value *float64
}

var _ Alarms = (*fakeAlarms)(nil)

func (a *fakeAlarms) Acting(action string) (all []autoscalingtypes.Alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(a.put)) {
		if slices.Contains(a.put[name].AlarmActions, action) {
			all = append(all, autoscalingtypes.Alarm{AlarmName: &name, AlarmARN: new("arn:" + name)})
		}
	}
	return all
}

func (a *fakeAlarms) Reading(name string) (cwtypes.StateValue, *float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.said[name].state, a.said[name].value
}

func (a *fakeAlarms) PutAlarm(_ *store.Tx, in *cloudwatch.PutMetricAlarmInput) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put[*in.AlarmName] = in
	return nil
}

func (a *fakeAlarms) DropAction(_ *store.Tx, action string, last bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, in := range a.put {
		had := len(in.AlarmActions)
		in.AlarmActions = slices.DeleteFunc(slices.Clone(in.AlarmActions), func(other string) bool { return other == action })
		if last && had > 0 && len(in.AlarmActions) == 0 {
			delete(a.put, name)
		}
	}
	return nil
}

func (a *fakeAlarms) DropAlarms(_ *store.Tx, names ...string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range names {
		delete(a.put, name)
	}
	return nil
}

// fakeTopics is SNS that remembers what it was told.
type fakeTopics struct {
	mu   sync.Mutex
	told []string // topic, subject and message, each in a line
}

var _ Topics = (*fakeTopics)(nil)

func (f *fakeTopics) Notify(topic, subject, message string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = append(f.told, topic+"\n"+subject+"\n"+message)
	return nil
}

func (f *fakeTopics) has(subject string, says ...string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.told, func(told string) bool {
		return strings.Contains(told, "\n"+subject+"\n") && !slices.ContainsFunc(says, func(s string) bool { return !strings.Contains(told, s) })
	})
}

// alarmNews is the topic of what alarms say.
const alarmNews store.Topic = "test-alarms"

// sound has an alarm say something, and tells of it.
func (s *stage) sound(name string, state cwtypes.StateValue) {
	s.alarms.say(name, state, 0)
	s.r.Wake(alarmNews)
}

func (a *fakeAlarms) News() []store.Topic { return []store.Topic{alarmNews} }

// all are the alarms that there are.
func (a *fakeAlarms) all() map[string]*cloudwatch.PutMetricAlarmInput {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.put)
}

// say tells what an alarm is to say.
func (a *fakeAlarms) say(name string, state cwtypes.StateValue, value float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said[name] = reading{state, &value}
}

// stage is Auto Scaling on EC2 and load balancing that do what the test says.
type stage struct {
	t        *testing.T
	r        *Room
	machines *fakeMachines
	book     *fakeTargets
	dir      string
	subnets  string // of both zones
	alarms   *fakeAlarms
	topics   fakeTopics
	shut     func()
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{
		t: t, dir: t.TempDir(), subnets: strings.Join(slices.Sorted(maps.Keys(testZones)), ","),
		alarms:   &fakeAlarms{put: map[string]*cloudwatch.PutMetricAlarmInput{}, said: map[string]reading{}},
		machines: &fakeMachines{t: t, latest: 1},
		book:     &fakeTargets{groups: map[string]elbtypes.TargetTypeEnum{testGroup: "instance"}, states: map[target]elbtypes.TargetHealthStateEnum{}},
	}
	s.open()
	return s
}

func (s *stage) open() {
	s.t.Helper()
	base, shut := roomtest.Open(s.t, s.dir, tempo.Speed(600))
	s.machines.open(base)
	r, err := Load(base, s.machines, s.book, s.alarms, &s.topics)
	if err != nil {
		s.t.Fatal(err)
	}
	s.r, s.shut = r, shut
	base.Spawn(s.machines.run)
	r.Open()
	s.book.follow(func() { base.Wake(targetNews) })
}

// reopen closes the room and opens it on what it has stored.
func (s *stage) reopen() {
	s.t.Helper()
	s.shut()
	s.open()
}

// client is the SDK's, of the room that is open at the time.
func (s *stage) client() *autoscaling.Client {
	s.t.Helper()
	return autoscaling.New(autoscaling.Options{
		Region: "us-east-1", BaseEndpoint: roomtest.Serve(s.t, func(m *wire.Mux) { s.r.Operations(m) }), Credentials: roomtest.Credentials,
	})
}

func (s *stage) input() *autoscaling.CreateAutoScalingGroupInput {
	return &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), MinSize: new(int32(1)), MaxSize: new(int32(4)), DesiredCapacity: new(int32(2)), VPCZoneIdentifier: &s.subnets,
		LaunchTemplate:  &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(testTemplate), Version: new("$Latest")},
		TargetGroupARNs: []string{testGroup}, HealthCheckType: new("ELB"), HealthCheckGracePeriod: new(int32(0)),
		Tags: []autoscalingtypes.Tag{{Key: new("role"), Value: new("app"), PropagateAtLaunch: new(true)}, {Key: new("own"), Value: new("x")}},
	}
}

func (s *stage) create(change func(*autoscaling.CreateAutoScalingGroupInput)) {
	s.t.Helper()
	in := s.input()
	if change != nil {
		change(in)
	}
	roomtest.Must(s.r.CreateAutoScalingGroup(s.t.Context(), in))(s.t)
}

// alone makes the group "app" of instances that no target group holds.
func (s *stage) alone(desired int32, change func(*autoscaling.CreateAutoScalingGroupInput)) autoscalingtypes.AutoScalingGroup {
	s.t.Helper()
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.TargetGroupARNs, in.HealthCheckType, in.DesiredCapacity = nil, new("EC2"), &desired
		if change != nil {
			change(in)
		}
	})
	return s.await("in service", serve(int(desired)))
}

// wait waits for what somebody tells of when it changes.
func (s *stage) wait(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience.Limit)
	defer cancel()
	if err := s.r.Wait(ctx, done); err != nil {
		s.t.Fatalf("%s: %v; members %+v; targets %v", what, err, s.r.membersOf("app"), s.book.log())
	}
}

// await waits until the group's instances are as wanted.
func (s *stage) await(what string, done func(g autoscalingtypes.AutoScalingGroup) bool) autoscalingtypes.AutoScalingGroup {
	s.t.Helper()
	var g autoscalingtypes.AutoScalingGroup
	s.wait(what, func() bool {
		row, ok := s.r.fleets.Get("app")
		g = autoscalingtypes.AutoScalingGroup{}
		if ok {
			g = s.r.showFleet(row, true)
		}
		return done(g)
	})
	return g
}

func (s *stage) awaitState(id string, want ec2types.InstanceStateName) {
	s.t.Helper()
	s.wait(id+" is "+string(want), func() bool { return s.machines.get(id).State == want })
}

func serve(n int, not ...string) func(autoscalingtypes.AutoScalingGroup) bool {
	return func(g autoscalingtypes.AutoScalingGroup) bool {
		count := 0
		for _, i := range g.Instances {
			if i.LifecycleState == autoscalingtypes.LifecycleStateInService && !slices.Contains(not, *i.InstanceId) {
				count++
			}
		}
		return count == n
	}
}

func instanceIDs(g autoscalingtypes.AutoScalingGroup) (ids []string) {
	for _, i := range g.Instances {
		ids = append(ids, *i.InstanceId)
	}
	return ids
}

func (s *stage) activities() []autoscalingtypes.Activity {
	s.t.Helper()
	in := &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: new("app")}
	return roomtest.Must(s.r.DescribeScalingActivities(s.t.Context(), in))(s.t).Activities
}

func (s *stage) activity(cause string) autoscalingtypes.Activity {
	s.t.Helper()
	for _, a := range s.activities() {
		if strings.Contains(*a.Cause, cause) {
			return a
		}
	}
	s.t.Fatalf("no activity with the cause %q", cause)
	return autoscalingtypes.Activity{}
}

// decided is what the group "app" is to do at present.
func (s *stage) decided() []fleet.Action {
	s.t.Helper()
	actions, _ := fleet.Decide(s.r.group(roomtest.Must(s.group())(s.t)), s.r.observed(s.r.membersOf("app")), time.Now())
	return actions
}
