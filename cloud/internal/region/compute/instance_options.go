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

// alive refuses an instance that is terminated or about to be, as calls that change an instance do.
func alive(i Instance) error {
	if i.State == terminated || i.State == shuttingDown {
		return wire.Errorf("IncorrectInstanceState",
			"The instance '%s' must be in a 'running', 'pending', 'stopping' or 'stopped' state for this operation.", i.ID)
	}
	return nil
}

// ModifyInstanceMetadataOptions changes what an instance's metadata service answers. The answer says pending, as AWS's does;
// the change has been made by then.
func (r *Room) ModifyInstanceMetadataOptions(
	ctx context.Context, in *ec2.ModifyInstanceMetadataOptionsInput,
) (*ec2.ModifyInstanceMetadataOptionsOutput, error) {
	names := []string{"InstanceId", "HttpEndpoint", "HttpProtocolIpv6", "HttpPutResponseHopLimit", "HttpTokens", "InstanceMetadataTags"}
	if err := room.Only(in, names...); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	asked := &ec2types.InstanceMetadataOptionsRequest{
		HttpEndpoint: in.HttpEndpoint, HttpProtocolIpv6: in.HttpProtocolIpv6, HttpPutResponseHopLimit: in.HttpPutResponseHopLimit,
		HttpTokens: in.HttpTokens, InstanceMetadataTags: in.InstanceMetadataTags,
	}
	if *asked == (ec2types.InstanceMetadataOptionsRequest{}) {
		return nil, wire.Errorf("InvalidParameterCombination", "No metadata options specified.")
	}
	if err := checkMetadata(asked); err != nil {
		return nil, err
	}
	var told ec2types.InstanceMetadataOptionsResponse
	err := r.Update(func(tx *store.Tx) error {
		i, err := room.Find(tx, r.instances, *in.InstanceId, missingInstance)
		if err != nil {
			return err
		}
		if err := alive(i); err != nil {
			return err
		}
		i.Metadata = overMetadata(i.Metadata, asked)
		told = i.Metadata
		if err := r.instances.Put(tx, i.ID, i); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	told.State = ec2types.InstanceMetadataOptionsStatePending
	return &ec2.ModifyInstanceMetadataOptionsOutput{InstanceId: in.InstanceId, InstanceMetadataOptions: &told}, err
}

// MonitorInstances turns instances' detailed monitoring on.
func (r *Room) MonitorInstances(ctx context.Context, in *ec2.MonitorInstancesInput) (*ec2.MonitorInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds"); err != nil {
		return nil, err
	}
	all, err := r.monitor(in.InstanceIds, in, true)
	return &ec2.MonitorInstancesOutput{InstanceMonitorings: all}, err
}

// UnmonitorInstances turns it off.
func (r *Room) UnmonitorInstances(ctx context.Context, in *ec2.UnmonitorInstancesInput) (*ec2.UnmonitorInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds"); err != nil {
		return nil, err
	}
	all, err := r.monitor(in.InstanceIds, in, false)
	return &ec2.UnmonitorInstancesOutput{InstanceMonitorings: all}, err
}

// monitor answers as AWS does that the change is under way.
func (r *Room) monitor(ids []string, in any, on bool) (all []ec2types.InstanceMonitoring, err error) {
	state := ec2types.MonitoringStateDisabling
	if on {
		state = ec2types.MonitoringStatePending
	}
	_, err = r.changeStates(ids, in, func(tx *store.Tx, i *Instance) error {
		i.Monitoring = on
		all = append(all, ec2types.InstanceMonitoring{InstanceId: new(i.ID), Monitoring: &ec2types.Monitoring{State: state}})
		return alive(*i)
	})
	return all, err
}
