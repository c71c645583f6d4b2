package region

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"

	"github.com/understudy/understudy/internal/patience"
)

func TestErrors(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeNetwork(t, r)
	group := defaultGroup(t, r)
	gateway := *roomtest.Must(r.nets.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	tcp := func(from, to int32) []ec2types.IpPermission {
		return []ec2types.IpPermission{{IpProtocol: new("tcp"), FromPort: new(from), ToPort: new(to), IpRanges: []ec2types.IpRange{{CidrIp: new("0.0.0.0/0")}}}}
	}
	roomtest.Must(r.nets.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: tcp(80, 80)}))(t)
	calls := map[string]func() error{
		"InvalidVpc.Range": func() error {
			_, err := r.nets.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/8")})
			return err
		},
		"MissingParameter": func() error { _, err := r.nets.CreateVpc(ctx, &ec2.CreateVpcInput{}); return err },
		"UnsupportedOperation": func() error {
			_, err := r.nets.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), Ipv4IpamPoolId: new("x")})
			return err
		},
		"DryRunOperation": func() error {
			_, err := r.nets.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), DryRun: new(true)})
			return err
		},
		"InvalidSubnet.Conflict": func() error {
			_, err := r.nets.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.0.1.128/25")})
			return err
		},
		"InvalidSubnet.Range": func() error {
			_, err := r.nets.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.1.1.0/24")})
			return err
		},
		"InvalidVpcID.NotFound": func() error {
			_, err := r.nets.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: new("vpc-0123abcd"), CidrBlock: new("10.1.1.0/24")})
			return err
		},
		"DependencyViolation": func() error { _, err := r.nets.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc}); return err },
		"Gateway.NotAttached": func() error {
			_, err := r.nets.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
			return err
		},
		"InvalidPermission.Duplicate": func() error {
			_, err := r.nets.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: tcp(80, 80)})
			return err
		},
		"InvalidPermission.NotFound": func() error {
			_, err := r.nets.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: tcp(81, 81)})
			return err
		},
		"CannotDelete": func() error {
			_, err := r.nets.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group})
			return err
		},
		"InvalidInstanceID.Malformed": func() error {
			_, err := r.compute.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{"i-x"}})
			return err
		},
		"InvalidInstanceID.NotFound": func() error {
			_, err := r.compute.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}})
			return err
		},
		"InvalidKeyPair.NotFound": func() error {
			_, err := r.compute.RunInstances(ctx, &ec2.RunInstancesInput{KeyName: new("k")})
			return err
		},
		"InvalidAMIID.NotFound": func() error {
			_, err := r.compute.RunInstances(
				ctx,
				&ec2.RunInstancesInput{
					ImageId:      new("ami-0123456789abcdef0"),
					InstanceType: smallType(),
					MinCount:     new(int32(1)),
					MaxCount:     new(int32(1)),
					SubnetId:     &subnet,
				},
			)
			return err
		},
		"InvalidLaunchTemplateName.NotFoundException": func() error {
			_, err := r.compute.RunInstances(ctx, &ec2.RunInstancesInput{LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("none")}})
			return err
		},
		"InvalidParameterValue": func() error {
			_, err := r.nets.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: new("colour"), Values: []string{"red"}}}})
			return err
		},
	}
	for code, call := range calls {
		roomtest.WantCode(t, call(), code)
	}
	if vpcs := roomtest.Must(r.nets.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(t).Vpcs; len(vpcs) != 1 {
		t.Errorf("%d VPCs after refused calls", len(vpcs))
	}
}

func TestInstanceLifeAndRecovery(t *testing.T) {
	p, dir := newPaper(), t.TempDir()
	r := openAt(t, dir, p)
	ctx := t.Context()
	vpc, subnet := makeNetwork(t, r)
	group := defaultGroup(t, r)
	roomtest.Must(
		r.nets.AuthorizeSecurityGroupIngress(
			ctx,
			&ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpProtocol: new("tcp"), FromPort: new(int32(80)), ToPort: new(int32(80)), CidrIp: new("0.0.0.0/0")},
		),
	)(t)
	in := &ec2.RunInstancesInput{
		ImageId: new(hostImage(t, r)), InstanceType: smallType(), MinCount: new(int32(2)), MaxCount: new(int32(2)), SubnetId: &subnet, ClientToken: new("once"),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: new("role"), Value: new("host")}}}},
	}
	first := roomtest.Must(r.compute.RunInstances(ctx, in))(t)
	again := roomtest.Must(r.compute.RunInstances(ctx, in))(t)
	if *first.ReservationId != *again.ReservationId || len(allInstances(t, r)) != 2 {
		t.Errorf("the same token made %d instances", len(allInstances(t, r)))
	}
	other := *in
	other.MaxCount = new(int32(3))
	_, err := r.compute.RunInstances(ctx, &other)
	roomtest.WantCode(t, err, "IdempotentParameterMismatch")

	a, b := *first.Instances[0].InstanceId, *first.Instances[1].InstanceId
	waitState(t, r, a, ec2types.InstanceStateNameRunning)
	waitState(t, r, b, ec2types.InstanceStateNameRunning)
	before, _ := r.nets.Interface(nil, must2(r.compute.Instance(nil, a)).Interface)
	if len(p.Applied(vpc).Interfaces) != 2 || len(p.public) != 2 || !before.Public.IsValid() {
		t.Errorf("interfaces %v, published %v", p.Applied(vpc).Interfaces, p.public)
	}
	roomtest.Must(r.compute.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{a}}))(t)
	waitState(t, r, a, ec2types.InstanceStateNameStopped)
	if eni, _ := r.nets.Interface(nil, before.ID); eni.Public.IsValid() || eni.Address != before.Address {
		t.Errorf("a stopped instance has %v and %v", eni.Public, eni.Address)
	}
	roomtest.Must(r.compute.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{a}}))(t)
	waitState(t, r, a, ec2types.InstanceStateNameRunning)
	if eni, _ := r.nets.Interface(nil, before.ID); eni.Public == before.Public {
		t.Error("start gave the old public address")
	}
	roomtest.Must(r.compute.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{b}}))(t)
	waitState(t, r, b, ec2types.InstanceStateNameTerminated)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	p = newPaper()
	r = openAt(t, dir, p)
	defer r.Close()
	started := func() bool { return p.Started(a) != nil }
	bound, cancel := context.WithTimeout(ctx, patience.Limit)
	defer cancel()
	if err := r.Wait(bound, started); err != nil {
		t.Fatal("the running instance was not started again")
	}
	if p.Started(b) != nil || p.Started(a).Spec.Address != before.Address {
		t.Errorf("started %+v and %+v", p.Started(a), p.Started(b))
	}
	live := roomtest.Must(r.compute.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: new("instance-state-name"), Values: []string{"pend*", "running"}}, {Name: new("tag:role"), Values: []string{"h?st"}},
	}}))(t)
	if len(live.Reservations) != 1 || len(live.Reservations[0].Instances) != 1 {
		t.Errorf("live %v", live.Reservations)
	}
}

func must2[T any](v T, _ bool) T { return v }

func TestEndAndFailureOfMachines(t *testing.T) {
	r, p := open(t)
	ctx := t.Context()
	_, subnet := makeNetwork(t, r)
	in := &ec2.RunInstancesInput{ImageId: new(hostImage(t, r)), InstanceType: smallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet}
	id := *roomtest.Must(r.compute.RunInstances(ctx, in))(t).Instances[0].InstanceId
	waitState(t, r, id, ec2types.InstanceStateNameRunning)
	p.Fail(errors.New("no memory"))
	_ = p.Started(id).Stop(ctx)
	if row := waitState(t, r, id, ec2types.InstanceStateNameStopped); *row.Reason.Code != "Client.InstanceInitiatedShutdown" {
		t.Errorf("reason %v", *row.Reason.Code)
	}
	id = *roomtest.Must(r.compute.RunInstances(ctx, in))(t).Instances[0].InstanceId
	if row := waitState(t, r, id, ec2types.InstanceStateNameTerminated); *row.Reason.Code != "Server.InternalError" ||
		!strings.Contains(*row.Reason.Message, "no memory") {
		t.Errorf("reason %v", row.Reason)
	}
}

func TestLaunchTemplateVersions(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	_, subnet := makeNetwork(t, r)
	data := &ec2types.RequestLaunchTemplateData{ImageId: new(hostImage(t, r)), InstanceType: smallType(), UserData: new("IyEvYmluL3NoCg==")}
	lt := roomtest.Must(r.compute.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("app"), LaunchTemplateData: data,
	}))(t).LaunchTemplate
	v2 := roomtest.Must(r.compute.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: lt.LaunchTemplateId, SourceVersion: new("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{DisableApiTermination: new(true)},
	}))(t).LaunchTemplateVersion
	if *v2.VersionNumber != 2 || *v2.LaunchTemplateData.UserData != *data.UserData || *v2.DefaultVersion {
		t.Errorf("version %+v", v2)
	}
	out := roomtest.Must(r.compute.RunInstances(ctx, &ec2.RunInstancesInput{MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("app"), Version: new("$Latest")}}))(t)
	_, err := r.compute.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*out.Instances[0].InstanceId}})
	roomtest.WantCode(t, err, "OperationNotPermitted")
	_, err = r.compute.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: lt.LaunchTemplateId, Versions: []string{"1"}})
	roomtest.WantCode(t, err, "InvalidLaunchTemplateId.VersionNotFound")
	waitState(t, r, *out.Instances[0].InstanceId, ec2types.InstanceStateNameRunning)
	roomtest.Must(
		r.compute.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: lt.LaunchTemplateId, Versions: []string{"2"}}),
	)(t)
	described := roomtest.Must(r.compute.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{*lt.LaunchTemplateId}}))(t)
	if n := *described.LaunchTemplates[0].LatestVersionNumber; n != 1 {
		t.Errorf("without its latest version, the template's latest is %d", n)
	}
}

// A method with a handler's signature that nobody registered would be an operation that nobody can call.
func TestEveryHandlerIsRegistered(t *testing.T) {
	registered := registeredOperations(t)
	_, handlers := roomFunctions(t)
	for _, h := range handlers {
		if !registered[h.Name.Name] {
			t.Errorf("%s is not registered", h.Name.Name)
		}
	}
	if len(handlers) < 120 {
		t.Errorf("found %d handlers, which is too few to be all", len(handlers))
	}
}
