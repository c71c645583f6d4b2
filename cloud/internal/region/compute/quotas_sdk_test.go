package compute_test

import (
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// The vCPUs of what runs are bounded by their quota, and what is stopped frees its own.
func TestVCPUsAreBounded(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	kind := ec2types.InstanceType("c5.24xlarge") // 96 vCPUs, a twentieth of the quota
	most := int32(20)
	if runtime.GOARCH == "arm64" {
		kind, most = "c6g.16xlarge", 30
	}
	launch := func(n int32) ([]ec2types.Instance, error) {
		out, err := d.RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: new(d.HostImage()), InstanceType: kind, MinCount: &n, MaxCount: &n, SubnetId: &subnet,
		})
		if err != nil {
			return nil, err
		}
		return out.Instances, nil
	}
	all := roomtest.Must(launch(most))(t)
	_, err := launch(1)
	roomtest.WantAPIError(t, err, "VcpuLimitExceeded")
	first := []string{*all[0].InstanceId}
	d.AwaitState(first[0], ec2types.InstanceStateNameRunning)
	roomtest.Must(d.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: first}))(t)
	d.AwaitState(first[0], ec2types.InstanceStateNameStopped)
	roomtest.Must(launch(1))(t)
	_, err = d.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: first})
	roomtest.WantAPIError(t, err, "VcpuLimitExceeded")
}
