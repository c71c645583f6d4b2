package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksNetworkInterfaces(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_network_interface", gone: []string{"InvalidNetworkInterfaceID.NotFound"},
			create: (*provider).createInterface, read: (*provider).readInterface, update: (*provider).updateInterface,
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteNetworkInterface(p.T.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id}))(p.T)
			},
		},
		{
			resource: "aws_network_interface_attachment", create: (*provider).attachInterface, read: (*provider).readInterfaceAttachment,
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DetachNetworkInterface(p.T.Context(), &ec2.DetachNetworkInterfaceInput{AttachmentId: &id, Force: new(true)}))(p.T)
				p.Await("the detachment", func() bool {
					found, err := p.readInterfaceAttachment(id)
					return err == nil && found == nil
				})
			},
		},
	})
}

// createInterface asks for two addresses by a count of secondary ones, and then for one more.
func (p *provider) createInterface() string {
	out := roomtest.Must(p.CreateNetworkInterface(p.T.Context(), &ec2.CreateNetworkInterfaceInput{
		ClientToken: new("terraform-6"), SubnetId: &p.subnet, Description: new("walk"), Groups: []string{p.SecurityGroup(p.vpc, "interfaces")},
		SecondaryPrivateIpAddressCount: new(int32(1)), TagSpecifications: tagged("network-interface"),
	}))(p.T)
	id := *out.NetworkInterface.NetworkInterfaceId
	roomtest.Must(p.AssignPrivateIpAddresses(p.T.Context(), &ec2.AssignPrivateIpAddressesInput{
		NetworkInterfaceId: &id, SecondaryPrivateIpAddressCount: new(int32(1)),
	}))(p.T)
	return id
}

func (p *provider) readInterface(id string) (any, error) {
	out, err := p.DescribeNetworkInterfaces(p.T.Context(), &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
	if err != nil {
		return nil, err
	}
	i := there(p, "the interface", only(p, out.NetworkInterfaces))
	there(p, "OwnerId", i.OwnerId)
	there(p, "SourceDestCheck", i.SourceDestCheck)
	for _, a := range i.PrivateIpAddresses {
		there(p, "PrivateIpAddress", a.PrivateIpAddress)
	}
	if len(i.PrivateIpAddresses) != 3 {
		p.T.Errorf("%d addresses", len(i.PrivateIpAddresses))
	}
	return i, nil
}

func (p *provider) updateInterface(id string) {
	ctx := p.T.Context()
	for _, in := range []*ec2.ModifyNetworkInterfaceAttributeInput{
		{SourceDestCheck: truth(false)}, {Groups: []string{p.SecurityGroup(p.vpc, "others")}},
		{Description: &ec2types.AttributeValue{Value: new("changed")}},
	} {
		in.NetworkInterfaceId = &id
		roomtest.Must(p.ModifyNetworkInterfaceAttribute(ctx, in))(p.T)
	}
	i := roomtest.Must(p.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}}))(p.T).NetworkInterfaces[0]
	roomtest.Must(p.UnassignPrivateIpAddresses(ctx, &ec2.UnassignPrivateIpAddressesInput{
		NetworkInterfaceId: &id, PrivateIpAddresses: []string{*i.PrivateIpAddresses[2].PrivateIpAddress},
	}))(p.T)
	roomtest.Must(p.AssignPrivateIpAddresses(ctx, &ec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: &id, PrivateIpAddresses: []string{"10.20.1.99"}}))(p.T)
}

func (p *provider) attachInterface() string {
	instance := p.Run(p.subnet, 1)[0]
	made := roomtest.Must(p.CreateNetworkInterface(p.T.Context(), &ec2.CreateNetworkInterfaceInput{ClientToken: new("terraform-9"), SubnetId: &p.subnet}))(p.T)
	id := *made.NetworkInterface.NetworkInterfaceId
	out := roomtest.Must(p.AttachNetworkInterface(p.T.Context(), &ec2.AttachNetworkInterfaceInput{
		DeviceIndex: new(int32(1)), InstanceId: &instance, NetworkInterfaceId: &id,
	}))(p.T)
	p.Await("the attachment", func() bool {
		found, err := p.readInterfaceAttachment(*out.AttachmentId)
		return err == nil && found != nil && found.(ec2types.NetworkInterfaceAttachment).Status == ec2types.AttachmentStatusAttached
	})
	return *out.AttachmentId
}

// readInterfaceAttachment looks for the interface of an attachment.
func (p *provider) readInterfaceAttachment(id string) (any, error) {
	out, err := p.DescribeNetworkInterfaces(p.T.Context(), &ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where("attachment.attachment-id", id)})
	if err != nil {
		return nil, err
	}
	i := only(p, out.NetworkInterfaces)
	if i == nil {
		return nil, nil
	}
	a := there(p, "Attachment", i.Attachment)
	there(p, "DeviceIndex", a.DeviceIndex)
	return a, nil
}
