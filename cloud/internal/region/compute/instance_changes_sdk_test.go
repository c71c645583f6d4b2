package compute_test

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// launch is a request for one instance.
func (d *desk) launch(subnet string) *ec2.RunInstancesInput {
	return &ec2.RunInstancesInput{
		ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
	}
}

func (d *desk) instance(id string) ec2types.Instance {
	d.T.Helper()
	out, err := d.DescribeInstances(d.T.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		d.T.Fatal(err)
	}
	return out.Reservations[0].Instances[0]
}

func (d *desk) stop(id string) {
	d.T.Helper()
	roomtest.Must(d.StopInstances(d.T.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}}))(d.T)
	d.AwaitState(id, ec2types.InstanceStateNameStopped)
}

func largerType() string {
	if regiontest.SmallType() == "t4g.micro" {
		return "m7g.large"
	}
	return "m7i.large"
}

func TestStoppedInstanceGetsAnotherTypeAndUserData(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	id := d.Run(subnet, 1)[0]
	on := &ec2types.AttributeBooleanValue{Value: new(true)}
	text := func(s string) *ec2types.AttributeValue { return &ec2types.AttributeValue{Value: &s} }
	data := &ec2types.SecureBlobAttributeValue{Value: []byte("#!/bin/sh\necho new\n")}
	while := map[string]*ec2.ModifyInstanceAttributeInput{
		"type":      {InstanceId: &id, InstanceType: text(largerType())},
		"user data": {InstanceId: &id, UserData: data},
		"optimized": {InstanceId: &id, EbsOptimized: on},
		"ena":       {InstanceId: &id, EnaSupport: on},
		"kernel":    {InstanceId: &id, Kernel: text("")},
		"ramdisk":   {InstanceId: &id, Attribute: "ramdisk", Value: new("")},
	}
	for _, in := range while {
		_, err := d.ModifyInstanceAttribute(ctx, in)
		roomtest.WantAPIError(t, err, "IncorrectInstanceState")
	}
	d.stop(id)
	for name, in := range while {
		if _, err := d.ModifyInstanceAttribute(ctx, in); err != nil {
			t.Errorf("%s of the stopped instance: %v", name, err)
		}
	}
	for _, c := range []struct {
		code string
		in   ec2.ModifyInstanceAttributeInput
	}{
		{"InvalidParameterValue", ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: text("t3.enormous")}},
		{"InvalidParameterCombination", ec2.ModifyInstanceAttributeInput{
			InstanceId: &id, InstanceType: text(map[bool]string{true: "t3.micro", false: "t4g.micro"}[largerType() == "m7g.large"]),
		}},
		{"UnsupportedOperation", ec2.ModifyInstanceAttributeInput{InstanceId: &id, Kernel: text("aki-1")}},
		{"InvalidParameterValue", ec2.ModifyInstanceAttributeInput{InstanceId: &id, Attribute: "disableApiStop", Value: new("perhaps")}},
		{"InvalidParameterValue", ec2.ModifyInstanceAttributeInput{InstanceId: &id, Attribute: "colour", Value: new("red")}},
		{"MissingParameter", ec2.ModifyInstanceAttributeInput{InstanceId: &id, Attribute: "userData"}},
		{"InvalidParameterValue", ec2.ModifyInstanceAttributeInput{InstanceId: &id, UserData: &ec2types.SecureBlobAttributeValue{Value: make([]byte, 16385)}}},
	} {
		_, err := d.ModifyInstanceAttribute(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	d.Reopen()
	if i := d.instance(id); string(i.InstanceType) != largerType() || !*i.EbsOptimized || *i.CpuOptions.CoreCount < 1 {
		t.Errorf("after the change: %+v", i)
	}
	if got := aws.ToString(d.attribute(id, "userData").UserData.Value); got != base64.StdEncoding.EncodeToString(data.Value) {
		t.Errorf("user data %q", got)
	}
	roomtest.Must(d.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}}))(t)
	d.AwaitState(id, ec2types.InstanceStateNameRunning)
	if spec := d.Machines.Started(id).Spec; spec.Memory != 8<<30 || string(spec.UserData) != string(data.Value) {
		t.Errorf("it was started with %d bytes and %q", spec.Memory, spec.UserData)
	}
}

func TestInstanceIsProtectedFromStops(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := d.launch(subnet)
	in.DisableApiStop = new(true)
	id := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	d.AwaitState(id, ec2types.InstanceStateNameRunning)
	if !aws.ToBool(d.attribute(id, "disableApiStop").DisableApiStop.Value) {
		t.Error("not protected by its launch")
	}
	_, err := d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	roomtest.Must(d.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, Attribute: "disableApiStop", Value: new("false")}))(t)
	d.stop(id)
	for _, call := range []func() error{
		func() error {
			_, err := d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{}})
			return err
		},
		func() error {
			_, err := d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{}})
			return err
		},
	} {
		roomtest.WantAPIError(t, call(), "InvalidParameterCombination")
	}
}

func TestSourcesAndDestinationsNeedNotBeChecked(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	id := d.Run(subnet, 1)[0]
	checked := func(want bool) {
		t.Helper()
		i := d.instance(id)
		if *i.SourceDestCheck != want || *i.NetworkInterfaces[0].SourceDestCheck != want ||
			aws.ToBool(d.attribute(id, "sourceDestCheck").SourceDestCheck.Value) != want {
			t.Errorf("sourceDestCheck is not %v: %+v", want, i)
		}
	}
	checked(true)
	roomtest.Must(d.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: &id, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: new(false)},
	}))(t)
	d.Reopen()
	checked(false)
	roomtest.Must(d.ResetInstanceAttribute(ctx, &ec2.ResetInstanceAttributeInput{InstanceId: &id, Attribute: "sourceDestCheck"}))(t)
	checked(true)
	_, err := d.ResetInstanceAttribute(ctx, &ec2.ResetInstanceAttributeInput{InstanceId: &id, Attribute: "kernel"})
	roomtest.WantAPIError(t, err, "IncorrectInstanceState")
	_, err = d.ResetInstanceAttribute(ctx, &ec2.ResetInstanceAttributeInput{InstanceId: &id, Attribute: "userData"})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	d.stop(id)
	roomtest.Must(d.ResetInstanceAttribute(ctx, &ec2.ResetInstanceAttributeInput{InstanceId: &id, Attribute: "ramdisk"}))(t)
}

func TestMetadataOptionsAndMonitoringChange(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	id := d.Run(subnet, 1)[0]
	out := roomtest.Must(d.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
		InstanceId: &id, HttpTokens: "required", HttpPutResponseHopLimit: new(int32(2)),
	}))(t)
	if o := out.InstanceMetadataOptions; o.State != "pending" || o.HttpTokens != "required" || o.HttpEndpoint != "enabled" {
		t.Errorf("the answer %+v", o)
	}
	if m := roomtest.Must(d.MonitorInstances(ctx, &ec2.MonitorInstancesInput{
		InstanceIds: []string{id},
	}))(t).InstanceMonitorings; m[0].Monitoring.State != "pending" {
		t.Errorf("monitoring %+v", m)
	}
	d.Reopen()
	i := d.instance(id)
	if o := i.MetadataOptions; o.State != "applied" || o.HttpTokens != "required" || *o.HttpPutResponseHopLimit != 2 || o.InstanceMetadataTags != "disabled" {
		t.Errorf("after it %+v", o)
	}
	if i.Monitoring.State != "enabled" {
		t.Errorf("monitoring %+v", i.Monitoring)
	}
	if m := roomtest.Must(d.UnmonitorInstances(ctx, &ec2.UnmonitorInstancesInput{
		InstanceIds: []string{id},
	}))(t).InstanceMonitorings; m[0].Monitoring.State != "disabling" {
		t.Errorf("monitoring %+v", m)
	}
	for _, c := range []struct {
		code string
		in   ec2.ModifyInstanceMetadataOptionsInput
	}{
		{"InvalidParameterValue", ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &id, HttpTokens: "maybe"}},
		{"InvalidParameterValue", ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &id, HttpPutResponseHopLimit: new(int32(65))}},
		{"UnsupportedOperation", ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &id, HttpProtocolIpv6: "enabled"}},
		{"InvalidParameterCombination", ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &id}},
		{"InvalidInstanceID.NotFound", ec2.ModifyInstanceMetadataOptionsInput{InstanceId: new("i-0123456789abcdef0"), HttpTokens: "required"}},
		{"DryRunOperation", ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &id, HttpTokens: "optional", DryRun: new(true)}},
	} {
		_, err := d.ModifyInstanceMetadataOptions(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	roomtest.Must(d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t)
	d.AwaitState(id, ec2types.InstanceStateNameTerminated)
	_, err := d.MonitorInstances(ctx, &ec2.MonitorInstancesInput{InstanceIds: []string{id}})
	roomtest.WantAPIError(t, err, "IncorrectInstanceState")
}

func TestBurstableInstancesHaveCredits(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	id := d.Run(subnet, 1)[0]
	in := d.launch(subnet)
	in.CreditSpecification = &ec2types.CreditSpecificationRequest{CpuCredits: new("standard")}
	standard := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	in = d.launch(subnet)
	in.InstanceType = ec2types.InstanceType(largerType())
	steady := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	for _, id := range []string{standard, steady} {
		d.AwaitState(id, ec2types.InstanceStateNameRunning)
	}
	d.Reopen()
	credits := func(ids ...string) map[string]string {
		t.Helper()
		all := map[string]string{}
		out := roomtest.Must(d.DescribeInstanceCreditSpecifications(ctx, &ec2.DescribeInstanceCreditSpecificationsInput{InstanceIds: ids}))(t)
		for _, s := range out.InstanceCreditSpecifications {
			all[*s.InstanceId] = *s.CpuCredits
		}
		return all
	}
	if all := credits(id, standard); all[id] != "unlimited" || all[standard] != "standard" {
		t.Errorf("credits %v", all)
	}
	if all := credits(); len(all) != 1 || all[id] == "" {
		t.Errorf("without ids come those without limit: %v", all)
	}
	_, err := d.DescribeInstanceCreditSpecifications(ctx, &ec2.DescribeInstanceCreditSpecificationsInput{InstanceIds: []string{steady}})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	changed := roomtest.Must(d.ModifyInstanceCreditSpecification(ctx, &ec2.ModifyInstanceCreditSpecificationInput{
		InstanceCreditSpecifications: []ec2types.InstanceCreditSpecificationRequest{
			{InstanceId: &standard, CpuCredits: new("unlimited")}, {InstanceId: &steady, CpuCredits: new("unlimited")},
			{InstanceId: new("i-0123456789abcdef0"), CpuCredits: new("standard")},
		},
	}))(t)
	bad := changed.UnsuccessfulInstanceCreditSpecifications
	if len(changed.SuccessfulInstanceCreditSpecifications) != 1 || len(bad) != 2 || bad[0].Error.Code != "InstanceCreditSpecification.NotSupported" ||
		bad[1].Error.Code != "InvalidInstanceID.NotFound" {
		t.Errorf("changed %+v", changed)
	}
	if all := credits(); len(all) != 2 {
		t.Errorf("after the change %v", all)
	}
	in.CreditSpecification = &ec2types.CreditSpecificationRequest{CpuCredits: new("unlimited")}
	_, err = d.RunInstances(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
}

// A launch as Terraform's provider asks for it, which names much that is the default.
func TestLaunchMayNameDefaults(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := d.launch(subnet)
	in.HibernationOptions = &ec2types.HibernationOptionsRequest{Configured: new(false)}
	in.EnclaveOptions = &ec2types.EnclaveOptionsRequest{Enabled: new(false)}
	in.CapacityReservationSpecification = &ec2types.CapacityReservationSpecification{CapacityReservationPreference: "open"}
	in.MaintenanceOptions = &ec2types.InstanceMaintenanceOptionsRequest{AutoRecovery: "disabled"}
	in.Placement = &ec2types.Placement{AvailabilityZone: new("")}
	in.CpuOptions = &ec2types.CpuOptionsRequest{}
	id := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	if i := d.instance(id); i.MaintenanceOptions.AutoRecovery != "disabled" || *i.HibernationOptions.Configured {
		t.Errorf("the instance %+v", i)
	}
	for _, c := range []struct {
		code string
		set  func(*ec2.RunInstancesInput)
	}{
		{"UnsupportedOperation", func(in *ec2.RunInstancesInput) { in.HibernationOptions.Configured = new(true) }},
		{"UnsupportedOperation", func(in *ec2.RunInstancesInput) {
			in.EnclaveOptions = &ec2types.EnclaveOptionsRequest{Enabled: new(true)}
		}},
		{"UnsupportedOperation", func(in *ec2.RunInstancesInput) { in.CpuOptions = &ec2types.CpuOptionsRequest{CoreCount: new(int32(9))} }},
		{"UnsupportedOperation", func(in *ec2.RunInstancesInput) {
			in.InstanceMarketOptions = &ec2types.InstanceMarketOptionsRequest{MarketType: "spot"}
		}},
		{"InvalidParameterValue", func(in *ec2.RunInstancesInput) {
			in.MetadataOptions = &ec2types.InstanceMetadataOptionsRequest{HttpTokens: "maybe"}
		}},
		{"InvalidParameterValue", func(in *ec2.RunInstancesInput) { in.InstanceInitiatedShutdownBehavior = "explode" }},
	} {
		in := d.launch(subnet)
		in.HibernationOptions = &ec2types.HibernationOptionsRequest{}
		c.set(in)
		_, err := d.RunInstances(ctx, in)
		roomtest.WantAPIError(t, err, c.code)
	}
}

func TestInstanceNamesItsLaunchTemplate(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	template := d.launchTemplate("app", 2)
	in := d.launch(subnet)
	in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateId: &template, Version: new("$Latest")}
	id := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
	tags := map[string]string{}
	for _, x := range d.instance(id).Tags {
		tags[*x.Key] = *x.Value
	}
	if tags["aws:ec2launchtemplate:id"] != template || tags["aws:ec2launchtemplate:version"] != "2" {
		t.Errorf("tags %v", tags)
	}
}
