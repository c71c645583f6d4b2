package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// DescribeVolumes lists volumes, instances' roots among them.
func (r *Room) DescribeVolumes(ctx context.Context, in *ec2.DescribeVolumesInput) (*ec2.DescribeVolumesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "MaxResults", "NextToken", "VolumeIds"); err != nil {
		return nil, err
	}
	if err := resource.NotPaged("volumeSet", in.VolumeIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := resource.Listing[volumeRow]{ID: func(v volumeRow) string { return v.ID }, Missing: missingVolume, Fields: volumeFields()}
	rows, next, err := l.List(r.Registry, r.allVolumes(nil), in.VolumeIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVolumesOutput{NextToken: next}
	for _, v := range rows {
		out.Volumes = append(out.Volumes, r.showVolume(v))
	}
	return out, nil
}

// volumeFields are the filters of DescribeVolumes.
func volumeFields() resource.Fields[volumeRow] {
	attached := func(f func(*attachment) string) func(volumeRow) []string {
		return func(v volumeRow) []string {
			if v.Attachment == nil {
				return nil
			}
			return []string{f(v.Attachment)}
		}
	}
	return resource.Fields[volumeRow]{
		"volume-id":              resource.One(func(v volumeRow) string { return v.ID }),
		"availability-zone":      resource.One(func(v volumeRow) string { return v.Zone }),
		"availability-zone-id":   resource.One(func(v volumeRow) string { return nets.ZoneID(v.Zone) }),
		"status":                 resource.One(func(v volumeRow) string { return string(v.State) }),
		"create-time":            resource.One(func(v volumeRow) string { return v.Made.Format(filterTime) }),
		"encrypted":              resource.Boolean(func(v volumeRow) bool { return v.Encrypted }),
		"multi-attach-enabled":   resource.Boolean(func(volumeRow) bool { return false }),
		"size":                   resource.One(func(v volumeRow) string { return itoa(v.Disk.GiB) }),
		"volume-type":            resource.One(func(v volumeRow) string { return string(v.Disk.Type) }),
		"snapshot-id":            resource.One(func(v volumeRow) string { return v.Snapshot }),
		"attachment.instance-id": attached(func(a *attachment) string { return a.Instance }),
		"attachment.device":      attached(func(a *attachment) string { return a.Device }),
		"attachment.status":      attached(func(a *attachment) string { return string(a.State) }),
		"attachment.attach-time": attached(func(a *attachment) string { return a.At.Format(filterTime) }),
		"attachment.delete-on-termination": attached(func(a *attachment) string {
			if a.DeleteOnTermination {
				return "true"
			}
			return "false"
		}),
	}
}
