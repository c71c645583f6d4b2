package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// noPreference takes a default of the account away, where a member is a word; noHopLimit does where it is a number
// (EC2 API reference, ModifyInstanceMetadataDefaults).
const (
	noPreference = "no-preference"
	noHopLimit   = -1
)

// ModifyInstanceMetadataDefaults sets the metadata options of launches that do not set them.
func (r *Room) ModifyInstanceMetadataDefaults(
	ctx context.Context, in *ec2.ModifyInstanceMetadataDefaultsInput,
) (*ec2.ModifyInstanceMetadataDefaultsOutput, error) {
	if err := room.Only(in, "HttpEndpoint", "HttpPutResponseHopLimit", "HttpTokens", "InstanceMetadataTags"); err != nil {
		return nil, err
	}
	if n := in.HttpPutResponseHopLimit; n != nil && *n != noHopLimit && (*n < 1 || *n > 64) {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%d) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64, or -1.", *n)
	}
	err := r.setUp(in, func(s *settingsRow) {
		prefer(&s.Metadata.HttpEndpoint, string(in.HttpEndpoint))
		prefer(&s.Metadata.HttpTokens, string(in.HttpTokens))
		prefer(&s.Metadata.InstanceMetadataTags, string(in.InstanceMetadataTags))
		switch n := in.HttpPutResponseHopLimit; {
		case n == nil:
		case *n == noHopLimit:
			s.Metadata.HttpPutResponseHopLimit = nil
		default:
			s.Metadata.HttpPutResponseHopLimit = n
		}
	})
	return &ec2.ModifyInstanceMetadataDefaultsOutput{Return: new(true)}, err
}

// prefer sets one default to a word that a request has for it.
func prefer[T ~string](to *T, word string) {
	switch word {
	case "":
	case noPreference:
		*to = ""
	default:
		*to = T(word)
	}
}

// GetInstanceMetadataDefaults tells them.
func (r *Room) GetInstanceMetadataDefaults(
	ctx context.Context, in *ec2.GetInstanceMetadataDefaultsInput,
) (*ec2.GetInstanceMetadataDefaultsOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	m := r.settingsNow(nil).Metadata
	return &ec2.GetInstanceMetadataDefaultsOutput{AccountLevel: &ec2types.InstanceMetadataDefaultsResponse{
		HttpEndpoint: m.HttpEndpoint, HttpPutResponseHopLimit: m.HttpPutResponseHopLimit, HttpTokens: m.HttpTokens,
		InstanceMetadataTags: m.InstanceMetadataTags, ManagedBy: ec2types.ManagedByAccount,
	}}, nil
}
