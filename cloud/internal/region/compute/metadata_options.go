package compute

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func checkMetadata(o *ec2types.InstanceMetadataOptionsRequest) error {
	if o == nil {
		return nil
	}
	if err := room.Only(o, "HttpEndpoint", "HttpProtocolIpv6", "HttpTokens", "HttpPutResponseHopLimit", "InstanceMetadataTags"); err != nil {
		return err
	}
	if o.HttpProtocolIpv6 == ec2types.InstanceMetadataProtocolStateEnabled {
		return unsupported("HttpProtocolIpv6")
	}
	if n := o.HttpPutResponseHopLimit; n != nil && (*n < 1 || *n > 64) {
		return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64.", *n)
	}
	return nil
}

// metadataOptions fills in the account's defaults and, where it has none, the service on, tokens optional, one hop. Here no image says
// otherwise, which would stand between the two (EC2 user guide, "Order of precedence for instance metadata options").
func metadataOptions(account ec2types.InstanceMetadataOptionsRequest, o *ec2types.InstanceMetadataOptionsRequest) ec2types.InstanceMetadataOptionsResponse {
	out := ec2types.InstanceMetadataOptionsResponse{
		State: ec2types.InstanceMetadataOptionsStateApplied, HttpEndpoint: ec2types.InstanceMetadataEndpointStateEnabled,
		HttpTokens: ec2types.HttpTokensStateOptional, HttpPutResponseHopLimit: new(int32(1)),
		InstanceMetadataTags: ec2types.InstanceMetadataTagsStateDisabled, HttpProtocolIpv6: ec2types.InstanceMetadataProtocolStateDisabled,
	}
	out = overMetadata(out, &account)
	if o == nil {
		return out
	}
	return overMetadata(out, o)
}

// overMetadata lays what a request sets over an instance's options.
func overMetadata(out ec2types.InstanceMetadataOptionsResponse, o *ec2types.InstanceMetadataOptionsRequest) ec2types.InstanceMetadataOptionsResponse {
	if o.HttpEndpoint != "" {
		out.HttpEndpoint = o.HttpEndpoint
	}
	if o.HttpTokens != "" {
		out.HttpTokens = o.HttpTokens
	}
	if o.HttpPutResponseHopLimit != nil {
		out.HttpPutResponseHopLimit = o.HttpPutResponseHopLimit
	}
	if o.InstanceMetadataTags != "" {
		out.InstanceMetadataTags = o.InstanceMetadataTags
	}
	return out
}
