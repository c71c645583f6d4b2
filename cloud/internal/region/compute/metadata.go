package compute

import (
	"encoding/base64"
	"net/http"
	"net/netip"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/region/nets"
)

// Metadata returns the metadata service of a VPC's instances.
func (r *Room) Metadata(vpc string) http.Handler {
	return machine.NewMetadata(func(source netip.Addr) (machine.Document, bool) { return r.document(vpc, source) })
}

// document is what the metadata service tells the instance behind an address of a VPC.
func (r *Room) document(vpc string, source netip.Addr) (machine.Document, bool) {
	eni, ok := r.nets.InterfaceAt(vpc, source)
	if !ok {
		return machine.Document{}, false
	}
	i, ok := r.instances.Get(eni.Instance)
	return r.describeItself(i), ok
}

func (r *Room) describeItself(i Instance) machine.Document {
	eni, _ := r.nets.Interface(nil, i.Interface)
	userData, _ := base64.StdEncoding.DecodeString(i.UserData) // checked at launch
	doc := machine.Document{
		AccountID: r.Account, InstanceID: i.ID, ImageID: i.Image, InstanceType: string(i.Type), Region: r.Region, Zone: i.Zone,
		ZoneID: nets.ZoneID(i.Zone), Reservation: i.Reservation, LaunchIndex: int(i.LaunchIndex), Architecture: string(i.Architecture),
		LaunchTime: i.Launched, PrivateName: r.nets.PrivateName(eni.Address), PrivateIP: eni.Address, PublicIP: eni.Public,
		PublicName: r.nets.PublicName(eni.VPC, eni.Public), VPC: i.VPC, Groups: r.groupNames(eni),
		UserData: userData, KeyName: i.KeyName, PublicKey: i.PublicKey, TokensRequired: i.Metadata.HttpTokens == ec2types.HttpTokensStateRequired,
		Disabled: i.Metadata.HttpEndpoint == ec2types.InstanceMetadataEndpointStateDisabled,
	}
	if p := i.Profile; p != nil {
		doc.ProfileARN, doc.ProfileID = p.ARN, p.ID
		doc.Credentials = func() (profile.Credentials, error) { return r.credentials(*p, i.ID) }
	}
	vpc, _ := r.nets.VPC(nil, i.VPC)
	doc.VPCCIDR, _ = netip.ParsePrefix(vpc.CIDR)
	doc.VPCIPv6 = vpc.RangesIPv6()
	for _, x := range r.nets.InterfacesOf(nil, i.ID) {
		doc.Devices = append(doc.Devices, r.describeDevice(x))
	}
	if i.Metadata.InstanceMetadataTags == ec2types.InstanceMetadataTagsStateEnabled {
		doc.Tags = r.TagMap(i.ID)
	}
	return doc
}

func (r *Room) groupNames(eni nets.Interface) (names []string) {
	for _, g := range r.nets.Identifiers(eni.Groups) {
		names = append(names, *g.GroupName)
	}
	return names
}

func (r *Room) describeDevice(eni nets.Interface) machine.Device {
	subnet, _ := r.nets.Subnet(nil, eni.Subnet)
	out := machine.Device{
		Number: int(eni.Device), MAC: eni.MAC, Interface: eni.ID, PrivateName: r.nets.PrivateName(eni.Address),
		PublicName: r.nets.PublicName(eni.VPC, eni.Public), Subnet: subnet.ID, GroupIDs: eni.Groups, Groups: r.groupNames(eni),
	}
	out.SubnetCIDR, _ = netip.ParsePrefix(subnet.CIDR)
	out.IPv6, out.SubnetIPv6 = eni.IPv6, subnet.RangeIPv6()
	for _, a := range eni.Addresses() {
		pair := [2]string{a.Private.String()}
		if a.Public.IsValid() {
			pair[1] = a.Public.String()
		}
		out.Addresses = append(out.Addresses, pair)
	}
	return out
}
