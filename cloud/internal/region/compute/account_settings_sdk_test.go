package compute_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestVolumesAreEncryptedByDefault(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	plain := d.snapshotWith("content")
	_, err := d.EnableEbsEncryptionByDefault(ctx, &ec2.EnableEbsEncryptionByDefaultInput{DryRun: new(true)})
	roomtest.WantAPIError(t, err, "DryRunOperation")
	if out := roomtest.Must(d.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{}))(t); *out.EbsEncryptionByDefault || out.SseType != "none" {
		t.Errorf("before: %+v", out)
	}
	if out := roomtest.Must(d.EnableEbsEncryptionByDefault(ctx, &ec2.EnableEbsEncryptionByDefaultInput{}))(t); !*out.EbsEncryptionByDefault {
		t.Errorf("%+v", out)
	}
	d.Reopen()
	if out := roomtest.Must(d.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{}))(t); !*out.EbsEncryptionByDefault || out.SseType != "sse-ebs" {
		t.Errorf("after: %+v", out)
	}
	if v := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1)), KmsKeyId: new("alias/aws/ebs")}); !*v.Encrypted {
		t.Errorf("a new volume: %+v", v)
	}
	copied := roomtest.Must(d.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceRegion: new("us-east-1"), SourceSnapshotId: &plain}))(t).SnapshotId
	if s := d.snapshotIs(*copied, ec2types.SnapshotStateCompleted); !*s.Encrypted {
		t.Errorf("a copy: %+v", s)
	}
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	in := d.launch(subnet)
	in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{{DeviceName: new("/dev/sdf"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: new(int32(1))}}}
	roomtest.Must(d.RunInstances(ctx, in))(t)
	all := roomtest.Must(d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{}))(t).Volumes
	if len(all) != 4 { // of the snapshot, the new one, and the instance's two
		t.Fatalf("%+v", all)
	}
	if all = slices.DeleteFunc(all, func(v ec2types.Volume) bool { return *v.Encrypted }); len(all) != 1 || len(all[0].Attachments) != 0 {
		t.Errorf("not encrypted: %+v, want the snapshot's volume, which was there before", all)
	}
	roomtest.Must(d.DisableEbsEncryptionByDefault(ctx, &ec2.DisableEbsEncryptionByDefaultInput{}))(t)
	if v := d.newVolume(ec2.CreateVolumeInput{Size: new(int32(1))}); *v.Encrypted {
		t.Errorf("a volume after all: %+v", v)
	}
}

func TestKeysAreNamedWithEncryption(t *testing.T) {
	d := newDesk(t)
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	for _, c := range []struct {
		code   string
		device string
		ebs    ec2types.EbsBlockDevice
	}{
		{"InvalidParameterDependency", "/dev/xvda", ec2types.EbsBlockDevice{KmsKeyId: new("alias/aws/ebs")}},
		{"InvalidParameterDependency", "/dev/sdf", ec2types.EbsBlockDevice{KmsKeyId: new("alias/aws/ebs"), VolumeSize: new(int32(1))}},
		{"UnsupportedOperation", "/dev/xvda", ec2types.EbsBlockDevice{KmsKeyId: new("alias/mine"), Encrypted: new(true)}},
		{"UnsupportedOperation", "/dev/sdf", ec2types.EbsBlockDevice{KmsKeyId: new("alias/mine"), Encrypted: new(true), VolumeSize: new(int32(1))}},
		{"", "/dev/xvda", ec2types.EbsBlockDevice{KmsKeyId: new("arn:aws:kms:us-east-1:111122223333:alias/aws/ebs"), Encrypted: new(true)}},
	} {
		in := d.launch(subnet)
		in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{{DeviceName: &c.device, Ebs: &c.ebs}}
		_, err := d.RunInstances(t.Context(), in)
		if c.code == "" {
			roomtest.Must(struct{}{}, err)(t)
			continue
		}
		roomtest.WantAPIError(t, err, c.code)
	}
}

func TestPublicSharingIsBlocked(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	image := d.image("web-1", "motd", "hello").ImageId
	snapshot := d.snapshotWith("content")
	share := func() (images, snapshots error) {
		_, images = d.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: image, LaunchPermission: &ec2types.LaunchPermissionModifications{
			Add: []ec2types.LaunchPermission{{Group: "all"}}}})
		_, snapshots = d.ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{
			SnapshotId:             &snapshot,
			CreateVolumePermission: &ec2types.CreateVolumePermissionModifications{Add: []ec2types.CreateVolumePermission{{Group: "all"}}},
		})
		return images, snapshots
	}
	told := func() [2]string {
		i := roomtest.Must(d.GetImageBlockPublicAccessState(ctx, &ec2.GetImageBlockPublicAccessStateInput{}))(t)
		s := roomtest.Must(d.GetSnapshotBlockPublicAccessState(ctx, &ec2.GetSnapshotBlockPublicAccessStateInput{}))(t)
		return [2]string{*i.ImageBlockPublicAccessState, string(s.State)}
	}
	if got := told(); got != [2]string{"unblocked", "unblocked"} {
		t.Errorf("at first %v", got)
	}
	roomtest.Must(d.EnableImageBlockPublicAccess(ctx, &ec2.EnableImageBlockPublicAccessInput{ImageBlockPublicAccessState: "block-new-sharing"}))(t)
	roomtest.Must(d.EnableSnapshotBlockPublicAccess(ctx, &ec2.EnableSnapshotBlockPublicAccessInput{State: "block-all-sharing"}))(t)
	_, err := d.EnableSnapshotBlockPublicAccess(ctx, &ec2.EnableSnapshotBlockPublicAccessInput{State: "unblocked"})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	d.Reopen()
	if got := told(); got != [2]string{"block-new-sharing", "block-all-sharing"} {
		t.Errorf("then %v", got)
	}
	images, snapshots := share()
	roomtest.WantAPIError(t, images, "OperationNotPermitted")
	roomtest.WantAPIError(t, snapshots, "OperationNotPermitted")
	roomtest.Must(d.DisableImageBlockPublicAccess(ctx, &ec2.DisableImageBlockPublicAccessInput{}))(t)
	roomtest.Must(d.DisableSnapshotBlockPublicAccess(ctx, &ec2.DisableSnapshotBlockPublicAccessInput{}))(t)
	if images, snapshots := share(); images != nil || snapshots != nil {
		t.Errorf("unblocked: %v, %v", images, snapshots)
	}
}

func TestSerialConsoleAccessIsKept(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	is := func() bool {
		return *roomtest.Must(d.GetSerialConsoleAccessStatus(ctx, &ec2.GetSerialConsoleAccessStatusInput{}))(t).SerialConsoleAccessEnabled
	}
	if is() {
		t.Error("it is enabled at first")
	}
	roomtest.Must(d.EnableSerialConsoleAccess(ctx, &ec2.EnableSerialConsoleAccessInput{}))(t)
	d.Reopen()
	if !is() {
		t.Error("it is not enabled")
	}
	roomtest.Must(d.DisableSerialConsoleAccess(ctx, &ec2.DisableSerialConsoleAccessInput{}))(t)
	if is() {
		t.Error("it is still enabled")
	}
}

func TestLaunchesTakeTheAccountsMetadataDefaults(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	_, err := d.ModifyInstanceMetadataDefaults(ctx, &ec2.ModifyInstanceMetadataDefaultsInput{HttpPutResponseHopLimit: new(int32(65))})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	roomtest.Must(d.ModifyInstanceMetadataDefaults(ctx, &ec2.ModifyInstanceMetadataDefaultsInput{
		HttpTokens: "required", HttpPutResponseHopLimit: new(int32(3)), InstanceMetadataTags: "enabled",
	}))(t)
	roomtest.Must(d.ModifyInstanceMetadataDefaults(ctx, &ec2.ModifyInstanceMetadataDefaultsInput{InstanceMetadataTags: "no-preference"}))(t)
	d.Reopen()
	told := roomtest.Must(d.GetInstanceMetadataDefaults(ctx, &ec2.GetInstanceMetadataDefaultsInput{}))(t).AccountLevel
	if told.HttpTokens != "required" || *told.HttpPutResponseHopLimit != 3 || told.InstanceMetadataTags != "" || told.HttpEndpoint != "" {
		t.Errorf("%+v", told)
	}
	launched := func(in *ec2.RunInstancesInput) *ec2types.InstanceMetadataOptionsResponse {
		return roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].MetadataOptions
	}
	if m := launched(d.launch(subnet)); m.HttpTokens != "required" || *m.HttpPutResponseHopLimit != 3 || m.HttpEndpoint != "enabled" {
		t.Errorf("%+v", m)
	}
	in := d.launch(subnet)
	in.MetadataOptions = &ec2types.InstanceMetadataOptionsRequest{HttpTokens: "optional"}
	if m := launched(in); m.HttpTokens != "optional" || *m.HttpPutResponseHopLimit != 3 {
		t.Errorf("asked for otherwise: %+v", m)
	}
	roomtest.Must(d.ModifyInstanceMetadataDefaults(ctx, &ec2.ModifyInstanceMetadataDefaultsInput{
		HttpTokens: "no-preference", HttpPutResponseHopLimit: new(int32(-1)),
	}))(t)
	if m := launched(d.launch(subnet)); m.HttpTokens != "optional" || *m.HttpPutResponseHopLimit != 1 {
		t.Errorf("without preferences: %+v", m)
	}
}
