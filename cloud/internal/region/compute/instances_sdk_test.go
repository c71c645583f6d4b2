package compute_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

func (d *desk) attribute(id string, name ec2types.InstanceAttributeName) *ec2.DescribeInstanceAttributeOutput {
	d.T.Helper()
	out, err := d.DescribeInstanceAttribute(d.T.Context(), &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: name})
	if err != nil || aws.ToString(out.InstanceId) != id {
		d.T.Fatalf("attribute %s of %s: %+v, %v", name, id, out, err)
	}
	return out
}

func TestInstanceAttributesAreToldOneByOne(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group, script := d.SecurityGroup(vpc, "web"), base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n"))
	out, err := d.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
		SecurityGroupIds: []string{group}, UserData: &script, InstanceInitiatedShutdownBehavior: "terminate",
	})
	if err != nil {
		t.Fatal(err)
	}
	id := *out.Instances[0].InstanceId
	d.AwaitState(id, ec2types.InstanceStateNameRunning)
	yes := func(v *ec2types.AttributeBooleanValue) string { return fmt.Sprint(v != nil && aws.ToBool(v.Value)) }
	text := func(v *ec2types.AttributeValue) string {
		if v == nil {
			return "none"
		}
		return aws.ToString(v.Value)
	}
	device := d.attribute(id, "blockDeviceMapping").BlockDeviceMappings
	if len(device) != 1 || *device[0].Ebs.VolumeId == "" {
		t.Fatalf("devices %+v", device)
	}
	for name, c := range map[string]struct{ got, want string }{
		"userData":                          {text(d.attribute(id, "userData").UserData), script},
		"instanceType":                      {text(d.attribute(id, "instanceType").InstanceType), string(regiontest.SmallType())},
		"instanceInitiatedShutdownBehavior": {text(d.attribute(id, "instanceInitiatedShutdownBehavior").InstanceInitiatedShutdownBehavior), "terminate"},
		"rootDeviceName":                    {text(d.attribute(id, "rootDeviceName").RootDeviceName), *device[0].DeviceName},
		"disableApiTermination":             {yes(d.attribute(id, "disableApiTermination").DisableApiTermination), "false"},
		"disableApiStop":                    {yes(d.attribute(id, "disableApiStop").DisableApiStop), "false"},
		"sourceDestCheck":                   {yes(d.attribute(id, "sourceDestCheck").SourceDestCheck), "true"},
		"enaSupport":                        {yes(d.attribute(id, "enaSupport").EnaSupport), "true"},
		"ebsOptimized":                      {yes(d.attribute(id, "ebsOptimized").EbsOptimized), "false"},
		"kernel":                            {text(d.attribute(id, "kernel").KernelId), ""},
		"ramdisk":                           {text(d.attribute(id, "ramdisk").RamdiskId), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", name, c.got, c.want)
		}
	}
	if e := d.attribute(id, "enclaveOptions").EnclaveOptions; e == nil || aws.ToBool(e.Enabled) {
		t.Errorf("enclaveOptions %+v", e)
	}
	roomtest.WantSame(t, "groups", regiontest.IDsOf(d.attribute(id, "groupSet").Groups, func(x ec2types.GroupIdentifier) *string { return x.GroupId }), group)
	// What is asked for comes, and nothing else.
	if other := d.attribute(id, "userData"); other.InstanceType != nil || other.DisableApiTermination != nil {
		t.Errorf("userData came with %+v", other)
	}
	for code, in := range map[string]ec2.DescribeInstanceAttributeInput{
		"InvalidInstanceID.NotFound":  {InstanceId: new("i-0123456789abcdef0"), Attribute: "userData"},
		"InvalidInstanceID.Malformed": {InstanceId: new("i-x"), Attribute: "userData"},
		"InvalidParameterValue":       {InstanceId: &id, Attribute: "colour"},
	} {
		_, err := d.DescribeInstanceAttribute(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}
}

func TestInstanceAttributesChangeWhatTheyName(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group, id := d.SecurityGroup(vpc, "web"), d.Run(subnet, 1)[0]
	on, off := &ec2types.AttributeBooleanValue{Value: new(true)}, &ec2types.AttributeBooleanValue{Value: new(false)}
	for _, c := range []struct {
		code string
		in   ec2.ModifyInstanceAttributeInput
	}{
		{"InvalidInstanceID.NotFound", ec2.ModifyInstanceAttributeInput{InstanceId: new("i-0123456789abcdef0"), DisableApiTermination: on}},
		{"InvalidInstanceID.Malformed", ec2.ModifyInstanceAttributeInput{InstanceId: new("i-x"), DisableApiTermination: on}},
		{"InvalidGroup.NotFound", ec2.ModifyInstanceAttributeInput{InstanceId: &id, Groups: []string{"sg-0123456789abcdef0"}}},
		{"InvalidParameterValue", ec2.ModifyInstanceAttributeInput{
			InstanceId: &id, InstanceInitiatedShutdownBehavior: &ec2types.AttributeValue{Value: new("explode")},
		}},
		{"InvalidParameterCombination", ec2.ModifyInstanceAttributeInput{InstanceId: &id}},
		{"InvalidParameterCombination", ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: on, Groups: []string{group}}},
		{"DryRunOperation", ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: on, DryRun: new(true)}},
	} {
		_, err := d.ModifyInstanceAttribute(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	if aws.ToBool(d.attribute(id, "disableApiTermination").DisableApiTermination.Value) {
		t.Error("a refused call protected the instance")
	}
	for _, in := range []*ec2.ModifyInstanceAttributeInput{
		{InstanceId: &id, DisableApiTermination: on},
		{InstanceId: &id, Groups: []string{group}},
		{InstanceId: &id, InstanceInitiatedShutdownBehavior: &ec2types.AttributeValue{Value: new("terminate")}},
	} {
		if _, err := d.ModifyInstanceAttribute(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	d.Reopen()
	d.AwaitState(id, ec2types.InstanceStateNameRunning)
	roomtest.WantSame(t, "groups", regiontest.IDsOf(d.attribute(id, "groupSet").Groups, func(x ec2types.GroupIdentifier) *string { return x.GroupId }), group)
	told, err := d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil || *told.Reservations[0].Instances[0].SecurityGroups[0].GroupId != group {
		t.Errorf("the instance shows %+v, %v", told, err)
	}
	_, err = d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	if _, err := d.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: off}); err != nil {
		t.Fatal(err)
	}
	// An instance that shuts itself down is now terminated, and not stopped.
	d.Await("start after the restart", func() bool { m, _ := d.Machine(id); return m != nil })
	m, _ := d.Machine(id)
	_ = m.Stop(ctx)
	d.AwaitState(id, ec2types.InstanceStateNameTerminated)
}

func TestInstanceStatusIsToldOfRunningInstances(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	ids := d.Run(subnet, 7)
	rest := ids[6]
	if _, err := d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{rest}}); err != nil {
		t.Fatal(err)
	}
	d.AwaitState(rest, ec2types.InstanceStateNameStopped)
	d.Reopen()
	id := func(s ec2types.InstanceStatus) *string { return s.InstanceId }
	statuses := func(in *ec2.DescribeInstanceStatusInput) []ec2types.InstanceStatus {
		t.Helper()
		out, err := d.DescribeInstanceStatus(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return out.InstanceStatuses
	}
	running := statuses(&ec2.DescribeInstanceStatusInput{})
	roomtest.WantSame(t, "running instances", regiontest.IDsOf(running, id), ids[:6]...)
	roomtest.WantSame(t, "all instances", regiontest.IDsOf(statuses(&ec2.DescribeInstanceStatusInput{IncludeAllInstances: new(true)}), id), ids...)
	roomtest.WantSame(t, "a stopped one by its id", regiontest.IDsOf(statuses(&ec2.DescribeInstanceStatusInput{InstanceIds: ids[5:]}), id), ids[5])
	if s := running[0]; s.AttachedEbsStatus == nil || s.AttachedEbsStatus.Status != s.SystemStatus.Status || len(s.AttachedEbsStatus.Details) != 1 {
		t.Errorf("attached volumes: %+v", s.AttachedEbsStatus)
	}
	zone := *running[0].AvailabilityZone
	roomtest.WantSame(t, "by zone",
		regiontest.IDsOf(statuses(&ec2.DescribeInstanceStatusInput{Filters: regiontest.Where("availability-zone", zone)}), id), ids[:6]...)
	roomtest.WantSame(t, "by another zone", regiontest.IDsOf(statuses(&ec2.DescribeInstanceStatusInput{
		Filters: regiontest.Where("availability-zone", zone+"x"),
	}), id))
	at := statuses(&ec2.DescribeInstanceStatusInput{IncludeAllInstances: new(true), Filters: regiontest.Where("instance-state-name", "stopped")})
	if len(at) != 1 || *at[0].InstanceId != rest || at[0].InstanceStatus.Status != "not-applicable" || at[0].SystemStatus.Status != "not-applicable" {
		t.Errorf("the stopped one: %+v", at)
	}
	// Checks begin as initializing; the waiter returns once both have passed.
	waiter := ec2.NewInstanceStatusOkWaiter(d, func(o *ec2.InstanceStatusOkWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 500*time.Millisecond
	})
	passed, err := waiter.WaitForOutput(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: ids[:1]}, patience.Limit)
	if err != nil || passed.InstanceStatuses[0].SystemStatus.Status != "ok" || passed.InstanceStatuses[0].InstanceStatus.Details[0].Status != "passed" {
		t.Fatalf("checks: %+v, %v", passed, err)
	}
	var seen []string
	pages := ec2.NewDescribeInstanceStatusPaginator(d, &ec2.DescribeInstanceStatusInput{MaxResults: new(int32(5))})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(ctx)
		if err != nil || n > 1 {
			t.Fatalf("page %d: %v", n, err)
		}
		seen = append(seen, regiontest.IDsOf(out.InstanceStatuses, id)...)
	}
	roomtest.WantSame(t, "over the pages", seen, ids[:6]...)
	for code, in := range map[string]ec2.DescribeInstanceStatusInput{
		"InvalidInstanceID.NotFound":  {InstanceIds: []string{"i-0123456789abcdef0"}},
		"InvalidInstanceID.Malformed": {InstanceIds: []string{"i-x"}},
		"InvalidParameterCombination": {InstanceIds: ids[:1], MaxResults: new(int32(5))},
		"InvalidParameterValue":       {MaxResults: new(int32(4))},
	} {
		_, err := d.DescribeInstanceStatus(ctx, &in)
		roomtest.WantAPIError(t, err, code)
	}
}

func TestRebootStartsTheProcessesAnew(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", true)
	ids := d.Run(subnet, 2)
	describe := func(id string) ec2types.Instance {
		t.Helper()
		out, err := d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Reservations[0].Instances[0]
	}
	before := describe(ids[0])
	first, starts := d.Machine(ids[0])
	// One id that is wrong reboots none.
	_, err := d.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{ids[0], "i-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidInstanceID.NotFound")
	_, err = d.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{"i-x"}})
	roomtest.WantAPIError(t, err, "InvalidInstanceID.Malformed")
	_, err = d.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids[:1], DryRun: new(true)})
	roomtest.WantAPIError(t, err, "DryRunOperation")
	if _, err := d.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids[:1]}); err != nil {
		t.Fatal(err)
	}
	d.Await("the second start", func() bool { m, _ := d.Machine(ids[0]); return m != first })
	if _, n := d.Machine(ids[1]); n != starts+1 {
		t.Errorf("%d starts, want %d: the refused calls or the other instance rebooted", n, starts+1)
	}
	select {
	case <-first.Done():
	default:
		t.Error("the processes of before still run")
	}
	// It keeps its state, its addresses and its launch time, unlike after a stop and start.
	after := describe(ids[0])
	if after.State.Name != ec2types.InstanceStateNameRunning ||
		*after.PrivateIpAddress != *before.PrivateIpAddress || *after.PublicIpAddress != *before.PublicIpAddress ||
		!after.LaunchTime.Equal(*before.LaunchTime) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	d.Reopen()
	d.AwaitState(ids[0], ec2types.InstanceStateNameRunning)
	if _, err := d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids[:1]}); err != nil {
		t.Fatal(err)
	}
	d.AwaitState(ids[0], ec2types.InstanceStateNameTerminated)
	_, err = d.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids[:1]})
	roomtest.WantAPIError(t, err, "IncorrectState")
}

func TestVolumesAreThoseOfTheInstances(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	ids := d.Run(subnet, 6)
	volume := func(v ec2types.Volume) *string { return v.VolumeId }
	volumes := func(in *ec2.DescribeVolumesInput) []ec2types.Volume {
		t.Helper()
		out, err := d.DescribeVolumes(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return out.Volumes
	}
	d.Reopen()
	all := regiontest.IDsOf(volumes(&ec2.DescribeVolumesInput{}), volume)
	if len(all) != 6 {
		t.Fatalf("volumes %v", all)
	}
	of := volumes(&ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", ids[0])})
	told, err := d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: ids[:1]})
	if err != nil {
		t.Fatal(err)
	}
	i := told.Reservations[0].Instances[0]
	if len(of) != 1 || *of[0].VolumeId != *i.BlockDeviceMappings[0].Ebs.VolumeId || *of[0].AvailabilityZone != *i.Placement.AvailabilityZone ||
		of[0].State != "in-use" || len(of[0].Attachments) != 1 || *of[0].Attachments[0].InstanceId != ids[0] ||
		*of[0].Attachments[0].Device != *i.RootDeviceName || !*of[0].Attachments[0].DeleteOnTermination {
		t.Fatalf("the volume of %s: %+v", ids[0], of)
	}
	roomtest.WantSame(t, "by id", regiontest.IDsOf(volumes(&ec2.DescribeVolumesInput{VolumeIds: all[2:4]}), volume), all[2:4]...)
	for name, value := range map[string]string{
		"size": "8", "volume-type": "gp3", "encrypted": "false", "multi-attach-enabled": "false", "attachment.status": "attached",
		"attachment.delete-on-termination": "true", "attachment.device": *i.RootDeviceName, "snapshot-id": *of[0].SnapshotId,
	} {
		roomtest.WantSame(t, "by "+name, regiontest.IDsOf(volumes(&ec2.DescribeVolumesInput{Filters: regiontest.Where(name, value)}), volume), all...)
		roomtest.WantSame(t, "by another "+name, regiontest.IDsOf(volumes(&ec2.DescribeVolumesInput{Filters: regiontest.Where(name, "x"+value)}), volume))
	}
	made := volumes(&ec2.DescribeVolumesInput{Filters: regiontest.Where("create-time", of[0].CreateTime.Format("2006-01-02T15:04:05.000Z"))})
	if !slices.Contains(regiontest.IDsOf(made, volume), *of[0].VolumeId) {
		t.Errorf("by create-time %v: %v", of[0].CreateTime, made)
	}
	roomtest.WantSame(t, "by status", regiontest.IDsOf(volumes(&ec2.DescribeVolumesInput{Filters: regiontest.Where("status", "available")}), volume))
	var seen []string
	pages := ec2.NewDescribeVolumesPaginator(d, &ec2.DescribeVolumesInput{MaxResults: new(int32(5))})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(ctx)
		if err != nil || n > 1 {
			t.Fatalf("page %d: %v", n, err)
		}
		seen = append(seen, regiontest.IDsOf(out.Volumes, volume)...)
	}
	roomtest.WantSame(t, "over the pages", seen, all...)
	// A root volume goes with its instance.
	if _, err := d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids[:1]}); err != nil {
		t.Fatal(err)
	}
	d.AwaitState(ids[0], ec2types.InstanceStateNameTerminated)
	_, err = d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*of[0].VolumeId}})
	roomtest.WantAPIError(t, err, "InvalidVolume.NotFound")
	_, err = d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: all[2:4], MaxResults: new(int32(5))})
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
	_, err = d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{MaxResults: new(int32(4))})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}
