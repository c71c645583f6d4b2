package region

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/region/balancing"
	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// targetBook is a target group whose targets are healthy at once and drain until the test says so.
type targetBook struct {
	mu      sync.Mutex
	states  map[string]elbtypes.TargetHealthStateEnum
	history []string
	changed func()
}

func (b *targetBook) set(id string, s elbtypes.TargetHealthStateEnum) {
	b.mu.Lock()
	if s == "" {
		delete(b.states, id)
	} else {
		b.states[id] = s
	}
	b.history = append(b.history, id+" "+string(s))
	changed := b.changed
	b.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// follow tells of changes from now on, and of those before at once: a region works before Open returns.
func (b *targetBook) follow(changed func()) {
	b.mu.Lock()
	b.changed = changed
	b.mu.Unlock()
	changed()
}

func (b *targetBook) Register(_ string, ids []string) error {
	for _, id := range ids {
		b.set(id, "healthy")
	}
	return nil
}

func (b *targetBook) Deregister(_ string, ids []string) error {
	for _, id := range ids {
		if _, ok := b.State("", id); ok {
			b.set(id, "draining")
		}
	}
	return nil
}

func (b *targetBook) News() []store.Topic { return []store.Topic{balancing.TargetNews} }

func (b *targetBook) Exists(_ *store.Tx, arn string) bool { return arn == testGroup }

func (b *targetBook) State(_, id string) (elbtypes.TargetHealth, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.states[id]
	return elbtypes.TargetHealth{State: s}, ok
}

const testGroup = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/app/0123456789abcdef"

// stage is a region with two subnets in two zones and a launch template.
type stage struct {
	t        *testing.T
	r        *Region
	machines *paper
	book     *targetBook
	dir      string
	subnets  string
	template string
}

func (s *stage) open() {
	s.t.Helper()
	r, err := Open(
		Config{Name: "us-east-1", Index: 1, Cloud: 1, Account: "111122223333", Dir: s.dir, Speed: tempo.Speed(600), targets: s.book},
		s.machines,
		s.machines,
		s.machines,
	)
	if err != nil {
		s.t.Fatal(err)
	}
	s.r = r
	s.book.follow(func() { r.Wake(balancing.TargetNews) })
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, machines: newPaper(), book: &targetBook{states: map[string]elbtypes.TargetHealthStateEnum{}}, dir: t.TempDir()}
	s.open()
	t.Cleanup(func() { _ = s.r.Close() })
	ctx := t.Context()
	vpc := roomtest.Must(s.r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")}))(t).Vpc.VpcId
	var ids []string
	for zone, cidr := range map[string]string{"us-east-1a": "10.0.1.0/24", "us-east-1b": "10.0.2.0/24"} {
		out := roomtest.Must(s.r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: &cidr, AvailabilityZone: &zone}))(t)
		ids = append(ids, *out.Subnet.SubnetId)
	}
	s.subnets = strings.Join(ids, ",")
	s.template = *roomtest.Must(s.r.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: new("app"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: new(hostImage(t, s.r)), InstanceType: smallType()}}))(t).LaunchTemplate.LaunchTemplateId
	return s
}

func (s *stage) input() *autoscaling.CreateAutoScalingGroupInput {
	return &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), MinSize: new(int32(1)), MaxSize: new(int32(4)), DesiredCapacity: new(int32(2)), VPCZoneIdentifier: &s.subnets,
		LaunchTemplate:  &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: &s.template, Version: new("$Latest")},
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
	roomtest.Must(s.r.scaling.CreateAutoScalingGroup(s.t.Context(), in))(s.t)
}

// await waits until the group's instances are as wanted.
func (s *stage) await(what string, done func(g autoscalingtypes.AutoScalingGroup) bool) autoscalingtypes.AutoScalingGroup {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	var g autoscalingtypes.AutoScalingGroup
	err := s.r.Wait(ctx, func() bool {
		row, ok := s.r.scaling.Fleets.Get("app")
		g = autoscalingtypes.AutoScalingGroup{}
		if ok {
			g = s.r.scaling.ShowFleet(row, true)
		}
		return done(g)
	})
	if err != nil {
		s.t.Fatalf("%s: %v; members %+v; targets %v", what, err, s.r.scaling.MembersOf("app"), s.book.history)
	}
	return g
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

func (s *stage) activities() []autoscalingtypes.Activity {
	return roomtest.Must(
		s.r.scaling.DescribeScalingActivities(s.t.Context(), &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: new("app")}),
	)(s.t).Activities
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

func TestGroupComesUpOverItsZones(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	g := s.await("two in service", serve(2))
	zones := []string{*g.Instances[0].AvailabilityZone, *g.Instances[1].AvailabilityZone}
	if slices.Sort(zones); !slices.Equal(zones, []string{"us-east-1a", "us-east-1b"}) {
		t.Errorf("zones %v", zones)
	}
	tags := s.r.tagMap(*g.Instances[0].InstanceId)
	if tags["aws:autoscaling:groupName"] != "app" || tags["role"] != "app" || tags["own"] != "" || *g.Instances[0].LaunchTemplate.Version != "1" {
		t.Errorf("tags %v, instance %+v", tags, g.Instances[0])
	}
	a := s.activity("increasing the capacity from 0 to 2.")
	if !strings.Contains(*a.Cause, "a user request created an AutoScalingGroup changing the desired capacity from 0 to 2.  At ") ||
		a.StatusCode != scaling.Successful {
		t.Errorf("activity %s %s", a.StatusCode, *a.Cause)
	}
	s.await("attachment in service", func(autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.scaling.Fleets.Get("app")
		return f.Attachments[0].State == fleet.Attached
	})
	_, err := s.r.scaling.CreateAutoScalingGroup(t.Context(), s.input())
	roomtest.WantCode(t, err, "AlreadyExists")
	_, err = s.r.scaling.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app")})
	roomtest.WantCode(t, err, "ResourceInUse")
}

func TestDeadInstanceIsReplacedInItsZone(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = new(int32(6000)) })
	g := s.await("two in service", serve(2))
	dead := *g.Instances[0].InstanceId
	s.machines.mu.Lock()
	m := s.machines.started[dead]
	s.machines.mu.Unlock()
	_ = m.Stop(t.Context()) // the process ends by itself: no grace period protects it, nothing drains
	g = s.await("replaced", func(g autoscalingtypes.AutoScalingGroup) bool { return serve(2, dead)(g) && len(g.Instances) == 2 })
	if *g.Instances[0].AvailabilityZone == *g.Instances[1].AvailabilityZone {
		t.Error("both are in one zone")
	}
	waitState(t, s.r, dead, terminated)
	s.activity("in response to an EC2 health check indicating it has been terminated or stopped.")
	s.activity("an instance was launched in response to an unhealthy instance needing to be replaced.")
}

func TestIllInstanceIsDrainedThenReplaced(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = new(int32(1)) }) // at any speed
	g := s.await("two in service", serve(2))
	ill := *g.Instances[0].InstanceId
	s.book.set(ill, "unhealthy")
	s.await("replaced", serve(2, ill))
	row := s.r.scaling.MembersOf("app")[slices.IndexFunc(s.r.scaling.MembersOf("app"), func(m scaling.MemberRow) bool { return m.Instance == ill })]
	a, _ := s.r.scaling.Activities.Get(row.Terminal)
	if a.Start.Sub(row.InService) < time.Second {
		t.Errorf("it was taken out of service %v after it entered: within the grace period", a.Start.Sub(row.InService))
	}
	s.await("draining", func(autoscalingtypes.AutoScalingGroup) bool {
		a, _ = s.r.scaling.Activities.Get(row.Terminal)
		return a.Status == scaling.ElbDraining
	})
	if i, _ := s.r.instance(ill); i.State != running {
		t.Errorf("while its target drains it is %s", i.State)
	}
	s.book.set(ill, "")
	waitState(t, s.r, ill, terminated)
	s.await("gone", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 2 })
	s.activity("in response to an ELB system health check failure.")
}

// A region that was lost comes back before its instances have: what their targets say until then, and within the grace
// period that begins with their own start, replaces none of them.
func TestRecoveredInstanceHasItsGraceAgain(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = new(int32(600)) })
	g := s.await("two in service", serve(2))
	s.await("attached", func(autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.scaling.Fleets.Get("app")
		return f.Attachments[0].State == fleet.Attached
	})
	_ = s.r.Close()
	s.machines.mu.Lock()
	s.machines.fail = errors.New("the machine is busy")
	s.machines.mu.Unlock()
	s.open()
	f, _ := s.r.scaling.Fleets.Get("app")
	group := s.r.scaling.Group(f)
	if group.Grace < 10*time.Second {
		t.Errorf("ten minutes to boot in are %v at speed 60", group.Grace)
	}
	group.Grace = 0 // the instances do not run yet: no grace period is what protects them
	observed := s.r.scaling.Observed(s.r.scaling.MembersOf("app"))
	for n, i := range observed {
		if i.Machine != fleet.Starting {
			t.Errorf("before it was started again, %s is %v", i.ID, i.Machine)
		}
		observed[n].Targets = map[string]fleet.TargetState{testGroup: fleet.Unhealthy}
	}
	if actions, _ := fleet.Decide(group, observed, time.Now()); len(actions) != 0 {
		t.Errorf("before they were started again: %v", actions)
	}

	s.machines.mu.Lock()
	s.machines.fail = nil
	s.machines.mu.Unlock()
	for _, i := range g.Instances {
		s.await("started again", func(autoscalingtypes.AutoScalingGroup) bool {
			row, _ := s.r.instance(*i.InstanceId)
			return row.Started.After(s.r.opened)
		})
	}
	for _, i := range s.r.scaling.Observed(s.r.scaling.MembersOf("app")) {
		if i.Machine != fleet.Running || !i.InService.After(s.r.opened) {
			t.Errorf("started again, %s is %v and in service since %v; the region was opened at %v", i.ID, i.Machine, i.InService, s.r.opened)
		}
	}
	_, err := s.r.scaling.SetInstanceHealth(
		t.Context(),
		&autoscaling.SetInstanceHealthInput{InstanceId: g.Instances[0].InstanceId, HealthStatus: new("Unhealthy")},
	)
	if err != nil {
		t.Error(err)
	}
	if m := s.r.scaling.MembersOf("app"); slices.ContainsFunc(m, func(m scaling.MemberRow) bool { return m.Sick != "" }) {
		t.Errorf("within its new grace period it was called sick: %+v", m)
	}
}

func TestCapacityFollowsItsBounds(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	s.await("two", serve(2))
	ctx := t.Context()
	update := func(in autoscaling.UpdateAutoScalingGroupInput) {
		t.Helper()
		in.AutoScalingGroupName = new("app")
		roomtest.Must(s.r.scaling.UpdateAutoScalingGroup(ctx, &in))(t)
	}
	update(autoscaling.UpdateAutoScalingGroupInput{MinSize: new(int32(3))})
	s.await("three", serve(3))
	roomtest.Must(s.r.scaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(4))}))(t)
	s.await("four", serve(4))
	update(autoscaling.UpdateAutoScalingGroupInput{MinSize: new(int32(1)), MaxSize: new(int32(1))})
	g := s.await("one", serve(1))
	if *g.DesiredCapacity != 1 {
		t.Errorf("desired %d", *g.DesiredCapacity)
	}
	s.activity("shrinking the capacity from 4 to 1.")
	_, err := s.r.scaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(2))})
	roomtest.WantCode(t, err, "ValidationError")
	roomtest.Must(s.r.scaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: new(true)}))(t)
	s.await("deleted", func(g autoscalingtypes.AutoScalingGroup) bool { return g.AutoScalingGroupName == nil })
	for _, i := range s.r.instances.All() {
		waitState(t, s.r, i.ID, terminated)
	}
	if s.r.scaling.Members.Len()+s.r.scaling.Activities.Len() != 0 {
		t.Error("the group left something behind")
	}
}

func TestRestartInTheMiddle(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	g := s.await("two", serve(2))
	ill := *g.Instances[1].InstanceId
	s.book.set(ill, "unhealthy")
	s.await("draining", func(g autoscalingtypes.AutoScalingGroup) bool {
		return strings.Contains(strings.Join(s.book.log(), ","), ill+" draining")
	})
	if err := s.r.Close(); err != nil {
		t.Fatal(err)
	}
	// A launch that was written down, and one that also reached EC2, are each completed once.
	s.open()
	s.await("two others", serve(2, ill))
	s.book.set(ill, "")
	g = s.await("gone", func(g autoscalingtypes.AutoScalingGroup) bool { return len(g.Instances) == 2 && serve(2, ill)(g) })
	if n := s.r.instances.Len(); n > 3 {
		t.Errorf("%d instances were launched, want 3: %v", n, g.Instances)
	}
}

func (b *targetBook) log() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.history)
}

func TestLaunchBegunBeforeTheEndIsFoundAgain(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) { in.DesiredCapacity = new(int32(1)) })
	s.await("one", serve(1))
	m := s.r.scaling.MembersOf("app")[0]
	id, err := s.r.scaling.LaunchMember(must2(s.r.scaling.Fleets.Get("app")), m)
	if err != nil || id != m.Instance || s.r.instances.Len() != 1 {
		t.Errorf("launched %s again as %s, %v", m.Instance, id, err)
	}
}

func TestFailedLaunchIsToldAndTriedAgain(t *testing.T) {
	s := newStage(t)
	s.machines.mu.Lock()
	s.machines.fail = errors.New("no memory")
	s.machines.mu.Unlock()
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.DesiredCapacity = new(int32(1))
	})
	s.await("a failed activity", func(autoscalingtypes.AutoScalingGroup) bool {
		return slices.ContainsFunc(s.r.scaling.Activities.All(), func(a scaling.ActivityRow) bool {
			return a.Status == scaling.Failed && strings.Contains(a.Message, "no memory")
		})
	})
	s.machines.mu.Lock()
	s.machines.fail = nil
	s.machines.mu.Unlock()
	s.await("one", serve(1))
	if f, _ := s.r.scaling.Fleets.Get("app"); f.Failures != 0 {
		t.Errorf("after a success, %d failures are counted", f.Failures)
	}
}

func TestInstanceRefreshReplacesAll(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	old := s.await("two", serve(2)).Instances
	ctx := t.Context()
	roomtest.Must(
		s.r.CreateLaunchTemplateVersion(
			ctx,
			&ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &s.template, SourceVersion: new("1"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{}},
		),
	)(t)
	s.book.mu.Lock()
	clear(s.book.states) // nothing drains
	s.book.mu.Unlock()
	start := &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: new("app")}
	roomtest.Must(s.r.scaling.StartInstanceRefresh(ctx, start))(t)
	_, err := s.r.scaling.StartInstanceRefresh(ctx, start)
	roomtest.WantCode(t, err, "InstanceRefreshInProgress")
	fewest := 2
	s.await("refreshed", func(g autoscalingtypes.AutoScalingGroup) bool {
		serving := 0
		for _, i := range g.Instances {
			if i.LifecycleState == autoscalingtypes.LifecycleStateInService {
				serving++
			}
		}
		fewest = min(fewest, serving)
		// Those of the first version that went out drain only when the test says so.
		for _, i := range g.Instances {
			if h, ok := s.book.State("", *i.InstanceId); ok && h.State == "draining" {
				s.book.set(*i.InstanceId, "")
			}
		}
		return len(g.Instances) == 2 && serve(2, *old[0].InstanceId, *old[1].InstanceId)(g) && *g.Instances[0].LaunchTemplate.Version == "2"
	})
	s.await("refresh over", func(autoscalingtypes.AutoScalingGroup) bool {
		f, _ := s.r.scaling.Fleets.Get("app")
		return f.Refresh == ""
	})
	out := roomtest.Must(
		s.r.scaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: new("app")}),
	)(t).InstanceRefreshes
	if len(out) != 1 || out[0].Status != "Successful" || *out[0].PercentageComplete != 100 || fewest < 1 {
		t.Errorf("refresh %+v, fewest in service %d", out, fewest)
	}
	_, err = s.r.scaling.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: new("app")})
	roomtest.WantCode(t, err, "ActiveInstanceRefreshNotFound")
}

func TestGroupRefusals(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	for name, change := range map[string]func(*autoscaling.CreateAutoScalingGroupInput){
		"no subnets":   func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = nil },
		"other subnet": func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = new("subnet-0") },
		"no template":  func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchTemplate = nil },
		"other template": func(in *autoscaling.CreateAutoScalingGroupInput) {
			in.LaunchTemplate.LaunchTemplateId = new("lt-0123456789abcdef0")
		},
		"max below min": func(in *autoscaling.CreateAutoScalingGroupInput) { in.MaxSize = new(int32(0)) },
		"desired above": func(in *autoscaling.CreateAutoScalingGroupInput) { in.DesiredCapacity = new(int32(9)) },
		"target group":  func(in *autoscaling.CreateAutoScalingGroupInput) { in.TargetGroupARNs = []string{"arn:x"} },
		"policy":        func(in *autoscaling.CreateAutoScalingGroupInput) { in.TerminationPolicies = []string{"Newest"} },
		"health":        func(in *autoscaling.CreateAutoScalingGroupInput) { in.HealthCheckType = new("EBS") },
		"zone":          func(in *autoscaling.CreateAutoScalingGroupInput) { in.AvailabilityZones = []string{"us-east-1c"} },
	} {
		in := s.input()
		change(in)
		_, err := s.r.scaling.CreateAutoScalingGroup(ctx, in)
		t.Run(name, func(t *testing.T) { roomtest.WantCode(t, err, "ValidationError") })
	}
	in := s.input()
	in.LaunchConfigurationName = new("lc")
	_, err := s.r.scaling.CreateAutoScalingGroup(ctx, in)
	roomtest.WantCode(t, err, "UnsupportedOperation")
	_, err = s.r.scaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: new("none")})
	roomtest.WantCode(t, err, "ValidationError")
	_, err = s.r.scaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{NextToken: new("made-up")})
	roomtest.WantCode(t, err, "InvalidNextToken")
	if s.r.scaling.Fleets.Len() != 0 {
		t.Errorf("%d groups after refused calls", s.r.scaling.Fleets.Len())
	}
}

func TestGroupsAreFoundByTags(t *testing.T) {
	s := newStage(t)
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.MinSize, in.DesiredCapacity = new(int32(0)), new(int32(0))
	})
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.AutoScalingGroupName, in.MinSize, in.DesiredCapacity, in.Tags = new("other"), new(int32(0)), new(int32(0)), nil
	})
	ctx := t.Context()
	find := func(in autoscaling.DescribeAutoScalingGroupsInput) (names []string) {
		for _, g := range roomtest.Must(s.r.scaling.DescribeAutoScalingGroups(ctx, &in))(t).AutoScalingGroups {
			names = append(names, *g.AutoScalingGroupName)
		}
		return names
	}
	by := func(name, value string) []autoscalingtypes.Filter {
		return []autoscalingtypes.Filter{{Name: &name, Values: []string{value}}}
	}
	for name, value := range map[string]string{"tag:role": "app", "tag-key": "own", "tag-value": "x"} {
		if got := find(autoscaling.DescribeAutoScalingGroupsInput{Filters: by(name, value)}); !slices.Equal(got, []string{"app"}) {
			t.Errorf("%s=%s finds %v", name, value, got)
		}
	}
	if got := find(autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"none"}}); got != nil {
		t.Errorf("found %v", got)
	}
	roomtest.Must(
		s.r.scaling.CreateOrUpdateTags(
			ctx,
			&autoscaling.CreateOrUpdateTagsInput{
				Tags: []autoscalingtypes.Tag{{ResourceId: new("other"), ResourceType: new("auto-scaling-group"), Key: new("own"), Value: new("y")}},
			},
		),
	)(t)
	roomtest.Must(s.r.scaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []autoscalingtypes.Tag{{ResourceId: new("app"), Key: new("own")}}}))(t)
	tags := roomtest.Must(s.r.scaling.DescribeTags(ctx, &autoscaling.DescribeTagsInput{Filters: by("key", "own")}))(t).Tags
	if len(tags) != 1 || *tags[0].ResourceId != "other" {
		t.Errorf("tags %v", tags)
	}
	first := roomtest.Must(s.r.scaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: new(int32(1))}))(t)
	if got := find(autoscaling.DescribeAutoScalingGroupsInput{NextToken: first.NextToken}); !slices.Equal(got, []string{"other"}) {
		t.Errorf("second page %v", got)
	}
}
