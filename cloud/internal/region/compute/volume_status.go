package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// DescribeVolumeStatus tells that volumes are well: nothing impairs one here. One that is being made is not checked yet.
func (r *Room) DescribeVolumeStatus(ctx context.Context, in *ec2.DescribeVolumeStatusInput) (*ec2.DescribeVolumeStatusOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "MaxResults", "NextToken", "VolumeIds"); err != nil {
		return nil, err
	}
	if err := resource.NotPaged("volumeSet", in.VolumeIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := resource.Listing[volumeRow]{
		ID: func(v volumeRow) string { return v.ID }, Missing: missingVolume,
		Fields: resource.With(resource.Fields[volumeRow]{}, showVolumeStatus, map[string]string{
			"availability-zone": "AvailabilityZone", "availability-zone-id": "AvailabilityZoneId", "volume-status.status": "VolumeStatus.Status",
			"volume-status.details-name": "VolumeStatus.Details.Name", "volume-status.details-status": "VolumeStatus.Details.Status",
		}, "action.code", "action.description", "action.event-id", "event.description", "event.event-id", "event.event-type", "event.not-after", "event.not-before"),
	}
	rows, next, err := l.List(r.Registry, r.allVolumes(nil), in.VolumeIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVolumeStatusOutput{NextToken: next}
	for _, v := range rows {
		out.VolumeStatuses = append(out.VolumeStatuses, showVolumeStatus(v))
	}
	return out, nil
}

// showVolumeStatus has the details of https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-checks.html: AWS looks at the
// performance of volumes with provisioned IOPS only.
func showVolumeStatus(v volumeRow) ec2types.VolumeStatusItem {
	status, enabled, performance := ec2types.VolumeStatusInfoStatusOk, "passed", "not-applicable"
	switch {
	case v.State == ec2types.VolumeStateCreating:
		status, enabled = ec2types.VolumeStatusInfoStatusInsufficientData, "insufficient-data"
	case v.Disk.Type == ec2types.VolumeTypeIo1 || v.Disk.Type == ec2types.VolumeTypeIo2:
		performance = "normal"
	}
	out := ec2types.VolumeStatusItem{
		VolumeId: new(v.ID), AvailabilityZone: new(v.Zone), AvailabilityZoneId: new(nets.ZoneID(v.Zone)), Actions: []ec2types.VolumeStatusAction{},
		Events: []ec2types.VolumeStatusEvent{}, VolumeStatus: &ec2types.VolumeStatusInfo{Status: status, Details: []ec2types.VolumeStatusDetails{
			{Name: ec2types.VolumeStatusNameIoEnabled, Status: new(enabled)}, {Name: ec2types.VolumeStatusNameIoPerformance, Status: new(performance)},
		}},
		AttachmentStatuses: []ec2types.VolumeStatusAttachmentStatus{},
	}
	if v.Attachment != nil {
		out.AttachmentStatuses = append(out.AttachmentStatuses, ec2types.VolumeStatusAttachmentStatus{
			InstanceId: new(v.Attachment.Instance), IoPerformance: new(performance),
		})
	}
	return out
}
