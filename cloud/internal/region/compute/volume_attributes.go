package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeVolumeAttribute tells whether I/O goes on by itself, or the volume's product codes, of which there are none.
func (r *Room) DescribeVolumeAttribute(ctx context.Context, in *ec2.DescribeVolumeAttributeInput) (*ec2.DescribeVolumeAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "VolumeId"); err != nil {
		return nil, err
	}
	if err := resource.Required("volumeId", in.VolumeId); err != nil {
		return nil, err
	}
	v, ok := r.volume(nil, *in.VolumeId)
	if !ok {
		return nil, missingVolume(*in.VolumeId)
	}
	out := &ec2.DescribeVolumeAttributeOutput{VolumeId: in.VolumeId}
	switch in.Attribute {
	case ec2types.VolumeAttributeNameAutoEnableIO:
		out.AutoEnableIO = &ec2types.AttributeBooleanValue{Value: new(v.AutoIO)}
	case ec2types.VolumeAttributeNameProductCodes:
		out.ProductCodes = []ec2types.ProductCode{}
	default:
		return nil, unknownAttribute(string(in.Attribute))
	}
	return out, nil
}

func unknownAttribute(name string) error {
	return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", name)
}

// ModifyVolumeAttribute sets whether I/O would go on by itself where AWS had stopped it for the sake of consistency. Nothing here does.
func (r *Room) ModifyVolumeAttribute(ctx context.Context, in *ec2.ModifyVolumeAttributeInput) (*ec2.ModifyVolumeAttributeOutput, error) {
	if err := room.Only(in, "AutoEnableIO", "VolumeId"); err != nil {
		return nil, err
	}
	if err := resource.Required("volumeId", in.VolumeId); err != nil {
		return nil, err
	}
	if in.AutoEnableIO == nil {
		return nil, wire.Errorf("InvalidParameterCombination", "No attributes specified.")
	}
	err := r.Update(func(tx *store.Tx) error {
		v, ok := r.volume(tx, *in.VolumeId)
		if !ok {
			return missingVolume(*in.VolumeId)
		}
		if err := r.putAutoIO(tx, v, room.Deref(in.AutoEnableIO.Value)); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	return &ec2.ModifyVolumeAttributeOutput{}, err
}

// putAutoIO writes the attribute where the volume stands.
func (r *Room) putAutoIO(tx *store.Tx, v volumeRow, on bool) error {
	if v.isRoot() {
		i, _ := r.instances.GetTx(tx, v.Attachment.Instance)
		i.AutoIO = on
		return r.instances.Put(tx, i.ID, i)
	}
	v.AutoIO = on
	return r.volumes.Put(tx, v.ID, v)
}
