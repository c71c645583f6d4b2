package wire_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// A reading in which a change falls is made again, from the same input; a change, which moves the counter itself, is made once.
func TestSteadyReadsOneMoment(t *testing.T) {
	changes, readings, creations := uint64(0), 0, 0
	client := ec2.NewFromConfig(serve(t, func(m *wire.Mux) {
		m.Steady(func() uint64 { return changes })
		wire.Handle(m, wire.EC2, "DescribeVpcs", func(_ context.Context, in *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
			readings++
			if readings < 3 {
				changes++
				return nil, wire.Errorf("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist")
			}
			return &ec2.DescribeVpcsOutput{NextToken: &in.VpcIds[0]}, nil
		})
		wire.Handle(m, wire.EC2, "CreateVpc", func(context.Context, *ec2.CreateVpcInput) (*ec2.CreateVpcOutput, error) {
			creations++
			changes++
			return &ec2.CreateVpcOutput{}, nil
		})
	}))
	out, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-1"}})
	if err != nil || aws.ToString(out.NextToken) != "vpc-1" || readings != 3 {
		t.Errorf("after %d readings: %v, %v", readings, out, err)
	}
	if _, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{}); err != nil || creations != 1 {
		t.Errorf("%d creations, %v", creations, err)
	}
}

// Beside clients that change something all the time, a reading ends all the same.
func TestSteadyEnds(t *testing.T) {
	changes := uint64(0)
	client := ec2.NewFromConfig(serve(t, func(m *wire.Mux) {
		m.Steady(func() uint64 { changes++; return changes })
		wire.Handle(m, wire.EC2, "DescribeVpcs", func(context.Context, *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
			return &ec2.DescribeVpcsOutput{}, nil
		})
	}))
	if _, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
		t.Error(err)
	}
}
