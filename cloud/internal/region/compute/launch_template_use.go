package compute

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// convert turns one SDK type into another whose members have the same names, as the request and response
// forms of a launch template have.
func convert[T any](from any) (T, error) {
	var to T
	b, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(b, &to)
	}
	return to, err
}

// withTemplate lays the request over the launch template that it names, and tells which version that is.
func (r *Room) withTemplate(request *ec2.RunInstancesInput) (*ec2.RunInstancesInput, *TemplateVersion, error) {
	if err := resource.CheckTagSpecs(request.TagSpecifications, launched...); err != nil {
		return nil, nil, err
	}
	if request.LaunchTemplate == nil {
		return request, nil, nil
	}
	spec := request.LaunchTemplate
	t, version, err := r.templateVersion(nil, spec.LaunchTemplateId, spec.LaunchTemplateName, spec.Version)
	if err != nil {
		return nil, nil, err
	}
	in, err := convert[ec2.RunInstancesInput](version.Data)
	if err != nil {
		return nil, nil, err
	}
	tags := slices.Concat(in.TagSpecifications, request.TagSpecifications)
	in = room.Overlay(in, *request)
	if len(request.NetworkInterfaces) > 0 {
		in.SecurityGroupIds, in.SecurityGroups = request.SecurityGroupIds, request.SecurityGroups
	}
	// A subnet in the request goes to the template's interface, as Auto Scaling relies on.
	if request.SubnetId != nil && len(request.NetworkInterfaces) == 0 && len(in.NetworkInterfaces) == 1 {
		in.NetworkInterfaces = slices.Clone(in.NetworkInterfaces)
		in.NetworkInterfaces[0].SubnetId, in.SubnetId = request.SubnetId, nil
	}
	in.TagSpecifications = tags
	return &in, new(t.exact(version)), nil
}
