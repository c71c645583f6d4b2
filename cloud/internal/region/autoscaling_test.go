package region

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// joined is a region whose Auto Scaling stands on its own EC2 and load balancing. The SDK's clients, which ask it, outlive
// its reopening.
type joined struct {
	t         *testing.T
	r         *Region
	paper     *paper
	opened    time.Time // just before the region was
	dir       string
	speed     tempo.Speed
	ec2       *ec2.Client
	ssm       *ssm.Client
	scaling   *autoscaling.Client
	balancing *elb.Client

	subnets         []string // in two zones
	template, group string
}

func newJoined(t *testing.T, speed tempo.Speed) *joined {
	t.Helper()
	s := &joined{t: t, paper: newPaper(), dir: t.TempDir(), speed: speed}
	s.open()
	t.Cleanup(func() { _ = s.r.Close() })
	at := roomtest.Serve(t, func(m *wire.Mux) { s.r.Operations(m) })
	s.ec2 = ec2.New(ec2.Options{Region: "us-east-1", BaseEndpoint: at, Credentials: roomtest.Credentials})
	s.ssm = ssm.New(ssm.Options{Region: "us-east-1", BaseEndpoint: at, Credentials: roomtest.Credentials})
	s.scaling = autoscaling.New(autoscaling.Options{Region: "us-east-1", BaseEndpoint: at, Credentials: roomtest.Credentials})
	s.balancing = elb.New(elb.Options{Region: "us-east-1", BaseEndpoint: at, Credentials: roomtest.Credentials})
	s.furnish()
	return s
}

func (s *joined) open() {
	s.t.Helper()
	c := Config{Name: "us-east-1", Index: 1, Account: "111122223333", Dir: s.dir, Pace: roomtest.Pace(s.speed)}
	s.opened = time.Now()
	r, err := Open(c, s.paper, s.paper, s.paper)
	if err != nil {
		s.t.Fatal(err)
	}
	s.r = r
}

func (s *joined) close() {
	s.t.Helper()
	if err := s.r.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// machines is EC2 as the region's Auto Scaling sees it.
func (s *joined) machines() scaling.Machines { return machines{s.r.compute, s.r.nets} }

// fail keeps instances from starting; nil lets them.
func (s *joined) fail(why error) {
	s.paper.Fail(why)
}

// furnish makes a VPC with two subnets, a launch template, and a target group that drains for an hour.
func (s *joined) furnish() {
	s.t.Helper()
	t, ctx := s.t, s.t.Context()
	vpc := roomtest.Must(s.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")}))(t).Vpc.VpcId
	for zone, cidr := range map[string]string{"us-east-1a": "10.0.1.0/24", "us-east-1b": "10.0.2.0/24"} {
		out := roomtest.Must(s.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: &cidr, AvailabilityZone: &zone}))(t)
		s.subnets = append(s.subnets, *out.Subnet.SubnetId)
	}
	gateway := roomtest.Must(s.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	roomtest.Must(s.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc}))(t)
	image := roomtest.Must(s.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images[0].ImageId
	s.template = *roomtest.Must(s.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("app"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: image, InstanceType: smallType()},
	}))(t).LaunchTemplate.LaunchTemplateId
	s.group = *roomtest.Must(s.balancing.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("app"), VpcId: vpc, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp,
	}))(t).TargetGroups[0].TargetGroupArn
	roomtest.Must(s.balancing.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &s.group, Attributes: []elbtypes.TargetGroupAttribute{{Key: new("deregistration_delay.timeout_seconds"), Value: new("3600")}},
	}))(t)
}

// listen uses the target group for a load balancer: what is deregistered drains from now on.
func (s *joined) listen() (listener *string) {
	s.t.Helper()
	ctx := s.t.Context()
	b := roomtest.Must(s.balancing.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: new("app"), Subnets: s.subnets}))(s.t).LoadBalancers[0]
	return roomtest.Must(s.balancing.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.group}},
	}))(s.t).Listeners[0].ListenerArn
}

func (s *joined) input(desired int32) *autoscaling.CreateAutoScalingGroupInput {
	return &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), MinSize: new(int32(0)), MaxSize: new(int32(4)), DesiredCapacity: &desired,
		VPCZoneIdentifier: new(strings.Join(s.subnets, ",")), HealthCheckGracePeriod: new(int32(600)), TargetGroupARNs: []string{s.group},
		LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: &s.template, Version: new("$Latest")},
		Tags:           []autoscalingtypes.Tag{{Key: new("role"), Value: new("app"), PropagateAtLaunch: new(true)}, {Key: new("own"), Value: new("x")}},
	}
}

func (s *joined) create(desired int32) {
	s.t.Helper()
	roomtest.Must(s.scaling.CreateAutoScalingGroup(s.t.Context(), s.input(desired)))(s.t)
}

// await waits for something that follows from a change of the region's.
func (s *joined) await(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience.Limit)
	defer cancel()
	if err := s.r.Wait(ctx, done); err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

// members are the group's instances with their states.
func (s *joined) members() map[string]autoscalingtypes.LifecycleState {
	s.t.Helper()
	all := map[string]autoscalingtypes.LifecycleState{}
	for _, g := range roomtest.Must(s.scaling.DescribeAutoScalingGroups(s.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{}))(s.t).AutoScalingGroups {
		for _, i := range g.Instances {
			all[*i.InstanceId] = i.LifecycleState
		}
	}
	return all
}

// serving waits until so many instances, and others than those, are in service, and returns them.
func (s *joined) serving(n int, not ...string) (ids []string) {
	s.t.Helper()
	s.await("in service", func() bool {
		ids = nil
		for id, state := range s.members() {
			if state == autoscalingtypes.LifecycleStateInService && !slices.Contains(not, id) {
				ids = append(ids, id)
			}
		}
		return len(ids) == n
	})
	slices.Sort(ids)
	return ids
}

// instances are EC2's, those that are terminated too.
func (s *joined) instances() map[string]ec2types.Instance {
	s.t.Helper()
	all := map[string]ec2types.Instance{}
	for _, r := range roomtest.Must(s.ec2.DescribeInstances(s.t.Context(), &ec2.DescribeInstancesInput{}))(s.t).Reservations {
		for _, i := range r.Instances {
			all[*i.InstanceId] = i
		}
	}
	return all
}

// targets are the target group's instances with their states.
func (s *joined) targets() map[string]elbtypes.TargetHealthStateEnum {
	s.t.Helper()
	all := map[string]elbtypes.TargetHealthStateEnum{}
	in := &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group}
	for _, d := range roomtest.Must(s.balancing.DescribeTargetHealth(s.t.Context(), in))(s.t).TargetHealthDescriptions {
		all[*d.Target.Id] = d.TargetHealth.State
	}
	return all
}

func TestGroupStandsOnEC2AndLoadBalancing(t *testing.T) {
	s := newJoined(t, 60)
	ctx := t.Context()
	for name, change := range map[string]func(*autoscaling.CreateAutoScalingGroupInput){
		"subnet": func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = new("subnet-0") },
		"template": func(in *autoscaling.CreateAutoScalingGroupInput) {
			in.LaunchTemplate.LaunchTemplateId = new("lt-0123456789abcdef0")
		},
		"version": func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchTemplate.Version = new("2") },
		"targets": func(in *autoscaling.CreateAutoScalingGroupInput) { in.TargetGroupARNs = []string{s.group + "0"} },
	} {
		in := s.input(2)
		change(in)
		_, err := s.scaling.CreateAutoScalingGroup(ctx, in)
		t.Run("another "+name, func(t *testing.T) { roomtest.WantAPIError(t, err, "ValidationError") })
	}
	s.create(2)
	ids := s.serving(2)
	expect := func(id, version string) {
		t.Helper()
		tags := map[string]string{}
		for _, tag := range s.instances()[id].Tags {
			tags[*tag.Key] = *tag.Value
		}
		if !maps.Equal(tags, map[string]string{
			"aws:autoscaling:groupName": "app", "aws:ec2launchtemplate:id": s.template, "aws:ec2launchtemplate:version": version, "role": "app",
		}) {
			t.Errorf("%s has the tags %v", id, tags)
		}
	}
	zoneOf := func(id string) string { return *s.instances()[id].Placement.AvailabilityZone }
	roomtest.WantSame(t, "zones", []string{zoneOf(ids[0]), zoneOf(ids[1])}, "us-east-1a", "us-east-1b")
	expect(ids[0], "1")
	expect(ids[1], "1")
	if got := s.targets(); got[ids[0]] != "unused" || got[ids[1]] != "unused" || len(got) != 2 {
		t.Errorf("targets %v", got)
	}

	roomtest.Must(s.ec2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &s.template, SourceVersion: new("1"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: smallType()},
	}))(t)
	dead := ids[0]
	_ = s.paper.Started(dead).Stop(ctx) // the process ends by itself
	after := s.serving(2, dead)
	s.await("the dead one is terminated, and no target", func() bool {
		_, registered := s.targets()[dead]
		return s.instances()[dead].State.Name == ec2types.InstanceStateNameTerminated && !registered
	})
	roomtest.WantSame(t, "targets", slices.Collect(maps.Keys(s.targets())), after...)
	roomtest.WantSame(t, "zones", []string{zoneOf(after[0]), zoneOf(after[1])}, "us-east-1a", "us-east-1b")
	for _, id := range after {
		if id != ids[1] {
			expect(id, "2")
		}
	}

	roomtest.Must(s.scaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: new(true)}))(t)
	s.await("all are terminated, and none is a target", func() bool {
		for _, i := range s.instances() {
			if i.State.Name != ec2types.InstanceStateNameTerminated {
				return false
			}
		}
		return len(s.targets()) == 0 && len(s.members()) == 0
	})
}

// What is being replaced when its region is lost is replaced once.
func TestRestartInTheMiddle(t *testing.T) {
	s := newJoined(t, 1)
	ctx := t.Context()
	listener := s.listen()
	s.create(2)
	ill := s.serving(2)[1]
	roomtest.Must(s.scaling.SetInstanceHealth(ctx, &autoscaling.SetInstanceHealthInput{
		InstanceId: &ill, HealthStatus: new("Unhealthy"), ShouldRespectGracePeriod: new(false),
	}))(t)
	s.await("draining", func() bool { return s.targets()[ill] == "draining" })
	s.close()
	s.open()
	s.serving(2, ill)
	// Where it was started again before its group looked, it drains on: for an hour, or until there is nothing to drain.
	roomtest.Must(s.balancing.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: listener}))(t)
	roomtest.Must(s.balancing.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &s.group}))(t)
	s.await("gone", func() bool {
		return s.instances()[ill].State.Name == ec2types.InstanceStateNameTerminated && len(s.members()) == 2
	})
	if all := s.instances(); len(all) != 3 {
		t.Errorf("%d instances were launched, want 3", len(all))
	}
}

// A launch that was written down, and one that also reached EC2, are each completed once.
func TestLaunchBegunBeforeTheEndIsFoundAgain(t *testing.T) {
	s := newJoined(t, 60)
	s.create(4)
	s.close()
	s.open()
	s.serving(4)
	all := s.instances()
	if len(all) != 4 {
		t.Errorf("%d instances were launched, want 4", len(all))
	}
	for id, i := range all {
		if found, ok := s.machines().Launched(*i.ClientToken); !ok || found != id {
			t.Errorf("by its token, %s is found as %q, %v", id, found, ok)
		}
	}
	if found, ok := s.machines().Launched("of nobody"); ok {
		t.Errorf("%s was never launched", found)
	}
}

func TestFailedLaunchIsToldAndTriedAgain(t *testing.T) {
	s := newJoined(t, 60)
	s.fail(errors.New("no memory"))
	s.create(1)
	s.await("a failed activity", func() bool {
		in := &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: new("app")}
		all := roomtest.Must(s.scaling.DescribeScalingActivities(t.Context(), in))(t).Activities
		return slices.ContainsFunc(all, func(a autoscalingtypes.Activity) bool {
			return a.StatusCode == autoscalingtypes.ScalingActivityStatusCodeFailed && strings.Contains(*a.StatusMessage, "no memory")
		})
	})
	s.fail(nil)
	s.serving(1)
}

// EC2 says of an instance that it runs before it is started again with its region, and when it was.
func TestRecoveredInstanceHasItsGraceAgain(t *testing.T) {
	s := newJoined(t, 1)
	s.create(2)
	ids := s.serving(2)
	s.close()
	s.fail(errors.New("the machine is busy"))
	s.open()
	for _, id := range ids {
		if i, ok := s.machines().Instance(nil, id); !ok || i.State != ec2types.InstanceStateNameRunning || i.Started.After(s.opened) {
			t.Errorf("before it was started again, %s is %+v, %v; the region was opened at %v", id, i, ok, s.opened)
		}
	}
	s.fail(nil)
	for _, id := range ids {
		s.await("started again", func() bool {
			i, _ := s.machines().Instance(nil, id)
			return i.State == ec2types.InstanceStateNameRunning && i.Started.After(s.opened)
		})
	}
	roomtest.Must(s.scaling.SetInstanceHealth(t.Context(), &autoscaling.SetInstanceHealthInput{InstanceId: &ids[0], HealthStatus: new("Unhealthy")}))(t)
	out := roomtest.Must(s.scaling.DescribeAutoScalingInstances(t.Context(), &autoscaling.DescribeAutoScalingInstancesInput{}))(t)
	for _, i := range out.AutoScalingInstances {
		if *i.HealthStatus != "HEALTHY" || *i.LifecycleState != "InService" {
			t.Errorf("within its new grace period, %s is %s and %s", *i.InstanceId, *i.HealthStatus, *i.LifecycleState)
		}
	}
}

// A group whose template names its image by a parameter launches what that is at each launch, and has no way back from a
// refresh (API reference, RollbackInstanceRefresh).
func TestGroupFindsItsImageAtEachLaunch(t *testing.T) {
	s := newJoined(t, 60)
	ctx := t.Context()
	put := func(image string) {
		roomtest.Must(s.ssm.PutParameter(ctx, &ssm.PutParameterInput{
			Name: new("/golden"), Type: ssmtypes.ParameterTypeString, DataType: new("aws:ec2:image"), Value: &image, Overwrite: new(true),
		}))(t)
	}
	images := roomtest.Must(s.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images
	put(*images[0].ImageId)
	version := func() {
		roomtest.Must(s.ec2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: &s.template, LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: new("resolve:ssm:/golden"), InstanceType: smallType()},
		}))(t)
	}
	version()
	in := s.input(1)
	in.LaunchTemplate.Version = new("2")
	roomtest.Must(s.scaling.CreateAutoScalingGroup(ctx, in))(t)
	first := s.serving(1)[0]
	put(*images[1].ImageId)
	roomtest.Must(s.scaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(2))}))(t)
	second := s.serving(1, first)[0]
	all := s.instances()
	if *all[first].ImageId != *images[0].ImageId || *all[second].ImageId != *images[1].ImageId {
		t.Errorf("launched %s and %s, want %s and %s", *all[first].ImageId, *all[second].ImageId, *images[0].ImageId, *images[1].ImageId)
	}

	version()
	_, err := s.scaling.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: new("app"), Preferences: &autoscalingtypes.RefreshPreferences{AutoRollback: new(true)},
		DesiredConfiguration: &autoscalingtypes.DesiredConfiguration{
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: &s.template, Version: new("3")},
		},
	})
	roomtest.WantAPIError(t, err, "ValidationError")
	if err != nil && !strings.Contains(err.Error(), "Systems Manager parameter") {
		t.Error(err)
	}
	roomtest.Must(s.ssm.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: new("/golden")}))(t)
	roomtest.Must(s.scaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(3))}))(t)
	s.await("a launch that failed", func() bool {
		all := roomtest.Must(s.scaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: new("app")}))(t).Activities
		return slices.ContainsFunc(all, func(a autoscalingtypes.Activity) bool {
			return a.StatusCode == autoscalingtypes.ScalingActivityStatusCodeFailed && strings.Contains(*a.StatusMessage, "The following aliases are invalid: /golden")
		})
	})
}

// A group launches into its placement group; where that is not there, its launches fail.
func TestGroupLaunchesIntoItsPlacementGroup(t *testing.T) {
	s := newJoined(t, 60)
	ctx := t.Context()
	roomtest.Must(s.ec2.CreatePlacementGroup(ctx, &ec2.CreatePlacementGroupInput{GroupName: new("parts"), Strategy: ec2types.PlacementStrategyPartition}))(t)
	in := s.input(2)
	in.PlacementGroup = new("parts")
	roomtest.Must(s.scaling.CreateAutoScalingGroup(ctx, in))(t)
	partitions := map[int32]bool{}
	for _, id := range s.serving(2) {
		p := s.instances()[id].Placement
		partitions[*p.PartitionNumber] = *p.GroupName == "parts"
	}
	if !partitions[1] || !partitions[2] {
		t.Errorf("partitions %v", partitions)
	}
	roomtest.Must(s.scaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: new("app"), PlacementGroup: new("none"), DesiredCapacity: new(int32(3)),
	}))(t)
	if g := roomtest.Must(s.scaling.DescribeAutoScalingGroups(ctx,
		&autoscaling.DescribeAutoScalingGroupsInput{}))(t).AutoScalingGroups[0]; *g.PlacementGroup != "none" {
		t.Errorf("%+v", g)
	}
	s.await("a launch that failed", func() bool {
		all := roomtest.Must(s.scaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: new("app")}))(t).Activities
		return slices.ContainsFunc(all, func(a autoscalingtypes.Activity) bool {
			return a.StatusCode == autoscalingtypes.ScalingActivityStatusCodeFailed && strings.Contains(*a.StatusMessage, "The Placement Group 'none' is unknown.")
		})
	})
}

// What Elastic Load Balancing says of a target group's type decides whether a group may register instances with it.
func TestGroupOfAddressesIsNotAttached(t *testing.T) {
	s := newJoined(t, 1)
	ctx := t.Context()
	s.create(0)
	vpc := roomtest.Must(s.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(t).Vpcs[0].VpcId
	for of, code := range map[elbtypes.TargetTypeEnum]string{"ip": "ValidationError", "alb": "ValidationError", "instance": ""} {
		g := roomtest.Must(s.balancing.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: new(string(of)), VpcId: vpc, Port: new(int32(81)), Protocol: "TCP", TargetType: of,
		}))(t).TargetGroups[0]
		_, err := s.scaling.AttachTrafficSources(ctx, &autoscaling.AttachTrafficSourcesInput{
			AutoScalingGroupName: new("app"), TrafficSources: []autoscalingtypes.TrafficSourceIdentifier{{Identifier: g.TargetGroupArn}},
		})
		if code == "" && err != nil {
			t.Errorf("%s: %v", of, err)
		} else if code != "" {
			roomtest.WantAPIError(t, err, code)
		}
	}
}
