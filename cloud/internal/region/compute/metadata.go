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
	return r.describeItself(i, eni), ok
}

func (r *Room) describeItself(i Instance, eni nets.Interface) machine.Document {
	subnet, _ := r.nets.Subnet(nil, i.Subnet)
	userData, _ := base64.StdEncoding.DecodeString(i.UserData) // checked at launch
	doc := machine.Document{
		AccountID: r.Account, InstanceID: i.ID, ImageID: i.Image, InstanceType: string(i.Type), Region: r.Region, Zone: i.Zone,
		ZoneID: nets.ZoneID(i.Zone), Reservation: i.Reservation, LaunchIndex: int(i.LaunchIndex), Architecture: string(i.Architecture),
		LaunchTime: i.Launched, PrivateName: r.nets.PrivateName(eni.Address), PrivateIP: eni.Address, PublicIP: eni.Public,
		PublicName: r.nets.PublicName(eni.VPC, eni.Public), MAC: eni.MAC, Interface: eni.ID, Subnet: subnet.ID, VPC: i.VPC, GroupIDs: eni.Groups,
		UserData: userData, KeyName: i.KeyName, PublicKey: i.PublicKey, TokensRequired: i.Metadata.HttpTokens == ec2types.HttpTokensStateRequired,
		Disabled: i.Metadata.HttpEndpoint == ec2types.InstanceMetadataEndpointStateDisabled,
	}
	if p := i.Profile; p != nil {
		doc.ProfileARN, doc.ProfileID = p.ARN, p.ID
		doc.Credentials = func() (profile.Credentials, error) { return r.credentials(*p, i.ID) }
	}
	doc.SubnetCIDR, _ = netip.ParsePrefix(subnet.CIDR)
	vpc, _ := r.nets.VPC(nil, i.VPC)
	doc.VPCCIDR, _ = netip.ParsePrefix(vpc.CIDR)
	for _, g := range r.nets.Identifiers(eni.Groups) {
		doc.Groups = append(doc.Groups, *g.GroupName)
	}
	if i.Metadata.InstanceMetadataTags == ec2types.InstanceMetadataTagsStateEnabled {
		doc.Tags = r.TagMap(i.ID)
	}
	return doc
}
