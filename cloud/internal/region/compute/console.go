package compute

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// GetConsoleOutput returns the end of what an instance wrote to its console.
func (r *Room) GetConsoleOutput(ctx context.Context, in *ec2.GetConsoleOutputInput) (*ec2.GetConsoleOutputOutput, error) {
	if err := room.Only(in, "InstanceId", "Latest"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	if _, ok := r.instances.Get(*in.InstanceId); !ok {
		return nil, missingInstance(*in.InstanceId)
	}
	text, err := machine.Console(r.instanceDir(*in.InstanceId))
	if err != nil {
		return nil, err
	}
	// AWS keeps the last 64 KiB.
	text = text[max(0, len(text)-64<<10):]
	return &ec2.GetConsoleOutputOutput{InstanceId: in.InstanceId, Output: new(encode(text)), Timestamp: new(time.Now().UTC())}, nil
}
