package cloud_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// reading tells on the console what a volume has when it comes, adds to it, and tells when it has gone.
const reading = `#!/bin/sh
(while :; do
	until [ -e /dev/sdf ]; do sleep 0.1; done
	had=$(dd if=/dev/sdf bs=16 count=1 2>/dev/null | tr -d '\0')
	printf "${had}x" | dd of=/dev/sdf conv=notrunc 2>/dev/null
	echo "a volume with '$had'" >/dev/console
	while [ -e /dev/sdf ]; do sleep 0.1; done
	echo "no volume after '$had'" >/dev/console
done) &
`

// A volume goes from one running instance to another with what it has, and so does what is made of its snapshot.
func TestVolumeGoesFromInstanceToInstance(t *testing.T) {
	t.Parallel()
	h := startHost(t, t.TempDir())
	api := h.ec2("us-east-1")
	one, two := launchWith(t, h, reading), launchWith(t, h, reading)
	says := func(instance, what string) {
		t.Helper()
		until(t, instance+" says "+what, func() bool { return strings.Contains(consoleOf(t, h, instance), what) })
	}
	running := func(instance string) {
		t.Helper()
		until(t, instance+" runs", func() bool { return stateOf(t, h, instance) == ec2types.InstanceStateNameRunning })
	}
	available := func(volume string) {
		t.Helper()
		until(t, volume+" is available", func() bool {
			all := needed(api.DescribeVolumes(t.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{volume}}))(t)
			return all.Volumes[0].State == ec2types.VolumeStateAvailable
		})
	}
	attach := func(volume, instance string) {
		t.Helper()
		available(volume)
		needed(api.AttachVolume(t.Context(), &ec2.AttachVolumeInput{VolumeId: &volume, InstanceId: &instance, Device: aws.String("/dev/sdf")}))(t)
	}
	running(one)
	running(two)
	zone := *needed(api.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{
		InstanceIds: []string{one},
	}))(t).Reservations[0].Instances[0].Placement.AvailabilityZone
	volume := *needed(api.CreateVolume(t.Context(), &ec2.CreateVolumeInput{AvailabilityZone: &zone, Size: aws.Int32(1)}))(t).VolumeId
	attach(volume, one)
	says(one, "a volume with ''")
	needed(api.DetachVolume(t.Context(), &ec2.DetachVolumeInput{VolumeId: &volume}))(t)
	says(one, "no volume after ''")
	attach(volume, two)
	says(two, "a volume with 'x'")
	snapshot := needed(api.CreateSnapshot(t.Context(), &ec2.CreateSnapshotInput{VolumeId: &volume}))(t).SnapshotId
	until(t, "the snapshot is completed", func() bool {
		all := needed(api.DescribeSnapshots(t.Context(), &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*snapshot}}))(t)
		return all.Snapshots[0].State == ec2types.SnapshotStateCompleted
	})
	attach(*needed(api.CreateVolume(t.Context(), &ec2.CreateVolumeInput{AvailabilityZone: &zone, SnapshotId: snapshot}))(t).VolumeId, one)
	says(one, "a volume with 'xx'")
	if strings.Contains(consoleOf(t, h, two), "no volume") {
		t.Error("the volume has left the instance that has it")
	}
}
