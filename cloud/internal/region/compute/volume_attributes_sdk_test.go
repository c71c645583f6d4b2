package compute_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestVolumesAreWell(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	fast := *d.newVolume(ec2.CreateVolumeInput{Size: new(int32(4)), VolumeType: "io2", Iops: new(int32(100))}).VolumeId
	all := roomtest.Must(d.DescribeVolumeStatus(ctx, &ec2.DescribeVolumeStatusInput{Filters: regiontest.Where("volume-status.status", "ok")}))(t)
	if len(all.VolumeStatuses) != 2 {
		t.Fatalf("%+v", all.VolumeStatuses)
	}
	for _, v := range all.VolumeStatuses {
		io, speed, attached := v.VolumeStatus.Details[0], v.VolumeStatus.Details[1], v.AttachmentStatuses
		switch isFast := *v.VolumeId == fast; {
		case io.Name != "io-enabled" || *io.Status != "passed" || speed.Name != "io-performance" || v.Actions == nil || v.Events == nil:
			t.Errorf("%+v", v)
		case isFast && (*speed.Status != "normal" || len(attached) > 0):
			t.Errorf("provisioned: %+v", v)
		case !isFast && (*speed.Status != "not-applicable" || len(attached) != 1 || *attached[0].InstanceId != instance):
			t.Errorf("a root: %+v", v)
		}
	}
	none := roomtest.Must(d.DescribeVolumeStatus(ctx, &ec2.DescribeVolumeStatusInput{Filters: regiontest.Where("event.event-type", "*")}))(t)
	if len(none.VolumeStatuses) > 0 {
		t.Errorf("with an event: %+v", none.VolumeStatuses)
	}
	_, err := d.DescribeVolumeStatus(ctx, &ec2.DescribeVolumeStatusInput{VolumeIds: []string{"vol-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidVolume.NotFound")
}

func TestVolumeAttributesAreKept(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.Run(subnet, 1)[0]
	root := roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: regiontest.Where("attachment.instance-id", instance)}))(t).Volumes[0].VolumeId
	other := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1))}).VolumeId
	auto := func(id *string) bool {
		t.Helper()
		out := roomtest.Must(d.DescribeVolumeAttribute(ctx, &ec2.DescribeVolumeAttributeInput{VolumeId: id, Attribute: "autoEnableIO"}))(t)
		return *out.AutoEnableIO.Value
	}
	for _, id := range []*string{root, other} {
		if auto(id) {
			t.Errorf("%s has it from the start", *id)
		}
		on := &ec2types.AttributeBooleanValue{Value: new(true)}
		roomtest.Must(d.ModifyVolumeAttribute(ctx, &ec2.ModifyVolumeAttributeInput{VolumeId: id, AutoEnableIO: on}))(t)
	}
	d.Reopen()
	if !auto(root) || !auto(other) {
		t.Error("it is not kept")
	}
	out := roomtest.Must(d.DescribeVolumeAttribute(ctx, &ec2.DescribeVolumeAttributeInput{VolumeId: root, Attribute: "productCodes"}))(t)
	if out.ProductCodes == nil {
		t.Errorf("%+v", out)
	}
	_, err := d.DescribeVolumeAttribute(ctx, &ec2.DescribeVolumeAttributeInput{VolumeId: root, Attribute: "colour"})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.ModifyVolumeAttribute(ctx, &ec2.ModifyVolumeAttributeInput{VolumeId: root})
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
}

func TestSnapshotsAreShared(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	snapshotOf := func(encrypted bool) *string {
		v := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1)), Encrypted: &encrypted})
		return roomtest.Must(d.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: v.VolumeId}))(t).SnapshotId
	}
	id := snapshotOf(false)
	modify := func(in ec2.ModifySnapshotAttributeInput) error {
		if in.SnapshotId == nil {
			in.SnapshotId = id
		}
		_, err := d.ModifySnapshotAttribute(ctx, &in)
		return err
	}
	shared := func() (with []string) {
		t.Helper()
		in := &ec2.DescribeSnapshotAttributeInput{SnapshotId: id, Attribute: "createVolumePermission"}
		for _, p := range roomtest.Must(d.DescribeSnapshotAttribute(ctx, in))(t).CreateVolumePermissions {
			if p.Group != "" {
				with = append(with, string(p.Group))
			} else {
				with = append(with, *p.UserId)
			}
		}
		return with
	}
	for _, in := range []ec2.ModifySnapshotAttributeInput{
		{Attribute: "createVolumePermission", OperationType: "add", UserIds: []string{"222233334444", "333344445555"}, GroupNames: []string{"all"}},
		{CreateVolumePermission: &ec2types.CreateVolumePermissionModifications{Remove: []ec2types.CreateVolumePermission{{UserId: new("333344445555")}}}},
	} {
		if err := modify(in); err != nil {
			t.Fatal(err)
		}
	}
	d.Reopen()
	roomtest.WantSame(t, "shared with", shared(), "222233334444", "all")
	all := &ec2types.CreateVolumePermissionModifications{Add: []ec2types.CreateVolumePermission{{Group: "all"}}}
	for _, c := range []struct {
		code string
		in   ec2.ModifySnapshotAttributeInput
	}{
		{"InvalidParameterCombination", ec2.ModifySnapshotAttributeInput{}},
		{"MissingParameter", ec2.ModifySnapshotAttributeInput{UserIds: []string{"222233334444"}}},
		{"InvalidParameterValue", ec2.ModifySnapshotAttributeInput{Attribute: "productCodes", OperationType: "add", UserIds: []string{"222233334444"}}},
		{"InvalidUserID.Malformed", ec2.ModifySnapshotAttributeInput{OperationType: "add", UserIds: []string{"me"}}},
		{"OperationNotPermitted", ec2.ModifySnapshotAttributeInput{SnapshotId: snapshotOf(true), CreateVolumePermission: all}},
		{"InvalidSnapshot.NotFound", ec2.ModifySnapshotAttributeInput{SnapshotId: new("snap-0123456789abcdef0"), CreateVolumePermission: all}},
		{"DryRunOperation", ec2.ModifySnapshotAttributeInput{CreateVolumePermission: all, DryRun: new(true)}},
	} {
		roomtest.WantAPIError(t, modify(c.in), c.code)
	}
	roomtest.Must(d.ResetSnapshotAttribute(ctx, &ec2.ResetSnapshotAttributeInput{SnapshotId: id, Attribute: "createVolumePermission"}))(t)
	if with := shared(); len(with) > 0 {
		t.Errorf("still shared with %v", with)
	}
}
