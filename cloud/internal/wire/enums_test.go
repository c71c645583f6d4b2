package wire_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// A word that is none of its enumeration's gets to no handler, however deep in the request it stands.
func TestWordsOfEC2AreThoseOfTheirEnumerations(t *testing.T) {
	var in *ec2.RunInstancesInput
	c := ec2.NewFromConfig(serve(t, func(m *wire.Mux) { wire.Handle(m, wire.EC2, "RunInstances", echo(&in, new(ec2.RunInstancesOutput))) }))
	launch := func(mapping ec2types.BlockDeviceMapping, tokens ec2types.HttpTokensState, change func(*ec2.RunInstancesInput)) error {
		in := ec2.RunInstancesInput{
			MinCount: new(int32(1)), MaxCount: new(int32(1)), BlockDeviceMappings: []ec2types.BlockDeviceMapping{{}, mapping},
			MetadataOptions: &ec2types.InstanceMetadataOptionsRequest{HttpTokens: tokens},
		}
		change(&in)
		_, err := c.RunInstances(t.Context(), &in)
		return err
	}
	same := func(*ec2.RunInstancesInput) {}
	wantCode(t, launch(ec2types.BlockDeviceMapping{}, "never", same), "InvalidParameterValue", "Value (never) for parameter HttpTokens is invalid.")
	wantCode(t, launch(ec2types.BlockDeviceMapping{Ebs: &ec2types.EbsBlockDevice{VolumeType: "gp9"}}, "", same), "UnknownVolumeType", "'gp9'")
	behave := func(in *ec2.RunInstancesInput) { in.InstanceInitiatedShutdownBehavior = "explode" }
	wantCode(t, launch(ec2types.BlockDeviceMapping{}, "", behave), "InvalidParameterValue", "for parameter instanceInitiatedShutdownBehavior")
	for what, change := range map[string]func(*ec2.RunInstancesInput){
		"a word of its enumeration": func(in *ec2.RunInstancesInput) { in.InstanceInitiatedShutdownBehavior = "stop" },
		"a type of its handler's":   func(in *ec2.RunInstancesInput) { in.InstanceType = "z9.huge" },
		"a kind of its handler's": func(in *ec2.RunInstancesInput) {
			in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "house"}}
		},
	} {
		if err := launch(ec2types.BlockDeviceMapping{Ebs: &ec2types.EbsBlockDevice{VolumeType: "gp3"}}, "required", change); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
