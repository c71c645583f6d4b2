package compute

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxUserData is the limit on user data before base64 (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html).
const maxUserData = 16 << 10

// RunInstances launches instances and returns while they are pending.
func (r *Room) RunInstances(ctx context.Context, in *ec2.RunInstancesInput) (*ec2.RunInstancesOutput, error) {
	reservation, err := r.runInstances(in)
	if err != nil {
		return nil, err
	}
	shown := r.showReservation(reservation, r.reserved(reservation))
	return &ec2.RunInstancesOutput{
		ReservationId: shown.ReservationId, OwnerId: shown.OwnerId, Instances: shown.Instances, Groups: shown.Groups,
	}, nil
}

// Launch launches one instance, as Auto Scaling does, after a commit and not inside one.
func (r *Room) Launch(in *ec2.RunInstancesInput) (id string, err error) {
	reservation, err := r.runInstances(in)
	if err != nil {
		return "", err
	}
	return r.reserved(reservation)[0].ID, nil
}

// Launched finds the instance that was launched with a client token.
func (r *Room) Launched(token string) (id string, ok bool) {
	for _, i := range r.instances.All() {
		if i.Token == token {
			return i.ID, true
		}
	}
	return "", false
}

// runInstances launches instances and returns their reservation, whose rows reserved gives.
func (r *Room) runInstances(request *ec2.RunInstancesInput) (string, error) {
	in, from, err := r.withTemplate(request)
	if err != nil {
		return "", err
	}
	plan, err := r.planLaunch(in)
	if err != nil {
		return "", err
	}
	plan.from = from
	var reservation string
	made := false
	err = r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool {
			return slices.ContainsFunc(r.instances.AllTx(tx), func(i Instance) bool { return i.Reservation == id })
		}
		reservation, err = r.Once(tx, "RunInstances", in.ClientToken, request, alive, func() (string, error) {
			made = true
			id := reservationKind.NewID()
			for index := range *in.MaxCount {
				if err := r.launch(tx, plan, id, index); err != nil {
					return "", err
				}
			}
			return id, room.DryRun(in)
		})
		return err
	})
	if err != nil || !made {
		return reservation, err
	}
	for _, i := range r.reserved(reservation) {
		r.Spawn(func() { r.tend(i.ID) })
	}
	return reservation, nil
}

// reserved returns the instances of a reservation in the order of their launch.
func (r *Room) reserved(reservation string) []Instance {
	rows := slices.DeleteFunc(r.instances.All(), func(i Instance) bool { return i.Reservation != reservation })
	slices.SortFunc(rows, func(a, b Instance) int { return int(a.LaunchIndex - b.LaunchIndex) })
	return rows
}

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
	return &in, &TemplateVersion{ID: t.ID, Name: t.Name, Version: version.Number}, nil
}

var launched = []ec2types.ResourceType{ec2types.ResourceTypeInstance, ec2types.ResourceTypeVolume, ec2types.ResourceTypeNetworkInterface}

// launchPlan is a validated launch.
type launchPlan struct {
	in      *ec2.RunInstancesInput
	image   imageRow
	subnet  nets.Subnet
	groups  []string
	public  bool
	wanted  netip.Addr
	text    string // the interface's description
	key     keyPairRow
	credits string
	disk    disk
	from    *TemplateVersion // the template that it is launched from; nil for none
}

func (r *Room) planLaunch(in *ec2.RunInstancesInput) (launchPlan, error) {
	p := launchPlan{in: in}
	if name := room.Deref(in.KeyName); name != "" {
		var ok bool
		if p.key, ok = r.keyPair(nil, name); !ok {
			return p, missingKeyPair(name)
		}
	}
	if in.InstanceType == "" {
		with := *in
		with.InstanceType, p.in, in = defaultType, &with, &with
	}
	if err := checkLaunch(in); err != nil {
		return p, err
	}
	var err error
	if p.image, err = r.usableImage(*in.ImageId); err != nil {
		return p, err
	}
	kind, ok := findType(string(in.InstanceType))
	if !ok {
		return p, wire.Errorf("InvalidParameterValue", "Invalid value '%s' for InstanceType.", in.InstanceType)
	}
	if string(kind.arch) != string(p.image.Architecture) {
		return p, wire.Errorf(
			"InvalidParameterValue",
			"The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
			kind.arch,
			p.image.Architecture,
		)
	}
	if p.disk, err = planDisk(in.BlockDeviceMappings, p.image); err != nil {
		return p, err
	}
	if err := kind.checkProcessor(in.CpuOptions); err != nil {
		return p, err
	}
	asked := ec2types.CreditSpecificationRequest{}
	if in.CreditSpecification != nil {
		asked = *in.CreditSpecification
	}
	if p.credits, err = kind.checkCredits(asked.CpuCredits); err != nil {
		return p, err
	}
	if len(in.NetworkInterfaces) > 0 {
		err = r.planInterface(&p)
	} else {
		if p.groups, err = r.groupsOf(in); err != nil {
			return p, err
		}
		err = r.planSubnet(&p, in.SubnetId, in.PrivateIpAddress)
		p.public = p.subnet.MapPublic
	}
	if err != nil {
		return p, err
	}
	if place := in.Placement; place != nil {
		if err := room.Only(place, "AvailabilityZone", "Tenancy"); err != nil {
			return p, err
		}
		if place.Tenancy != "" && place.Tenancy != ec2types.TenancyDefault {
			return p, wire.Errorf("UnsupportedOperation", "The instance tenancy '%s' is not supported.", place.Tenancy)
		}
		if zone := room.Deref(place.AvailabilityZone); zone != "" && zone != p.subnet.Zone {
			return p, wire.Errorf("InvalidParameterValue", "The availability zone %s does not match that of subnet %s, %s.", zone, p.subnet.ID, p.subnet.Zone)
		}
	}
	return p, nil
}

// groupsOf are the security groups of a request without interfaces. Names are of the default VPC, so that no subnet can be
// named beside them (EC2 API reference, RunInstances).
func (r *Room) groupsOf(in *ec2.RunInstancesInput) ([]string, error) {
	if len(in.SecurityGroups) > 0 && in.SubnetId != nil {
		return nil, wire.Errorf("InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet")
	}
	named, err := r.nets.GroupsNamed(nil, in.SecurityGroups)
	return append(named, in.SecurityGroupIds...), err
}

// checkLaunch validates what needs no look at the store.
func checkLaunch(in *ec2.RunInstancesInput) error {
	// Not with "Invalid IAM Instance Profile", which clients take for a profile that EC2 does not know yet, and try again for minutes.
	if in.IamInstanceProfile != nil {
		return wire.Errorf("UnsupportedOperation", "The parameter 'IamInstanceProfile' is not supported here: instances get no role's credentials.")
	}
	if err := checkEnums(in); err != nil {
		return err
	}
	if err := checkOptions(in); err != nil {
		return err
	}
	if err := room.Only(in, "BlockDeviceMappings", "CapacityReservationSpecification", "CpuOptions", "CreditSpecification", "DisableApiStop", "EnclaveOptions",
		"HibernationOptions", "MaintenanceOptions", "PrivateDnsNameOptions", "ImageId", "InstanceType", "MinCount", "MaxCount",
		"SubnetId", "SecurityGroupIds", "SecurityGroups", "NetworkInterfaces",
		"UserData", "LaunchTemplate", "MetadataOptions", "TagSpecifications", "ClientToken", "Placement", "EbsOptimized",
		"Monitoring", "DisableApiTermination", "KeyName", "InstanceInitiatedShutdownBehavior", "PrivateIpAddress"); err != nil {
		return err
	}
	if err := resource.Required("ImageId", in.ImageId); err != nil {
		return err
	}
	if in.MinCount == nil || in.MaxCount == nil {
		return wire.Errorf("MissingParameter", "The request must contain the parameters MinCount and MaxCount")
	}
	least, most := *in.MinCount, *in.MaxCount
	switch {
	case least < 1:
		return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter minCount is invalid. It must be greater than 0.", least)
	case most < least:
		return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter maxCount is invalid. It must not be less than minCount.", most)
	case most > 100:
		return wire.Errorf("InstanceLimitExceeded", "You have requested more instances (%d) than your current instance limit of 100 allows.", most)
	case most > 1 && in.PrivateIpAddress != nil:
		return wire.Errorf("InvalidParameterCombination", "A private IP address cannot be specified when launching multiple instances.")
	}
	if err := checkMetadata(in.MetadataOptions); err != nil {
		return err
	}
	return checkUserData(in.UserData)
}

// badValue refuses a value that is none of an enumeration's.
func badValue(value, parameter string) error {
	return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid.", value, parameter)
}

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

func checkUserData(s *string) error {
	_, err := decodeUserData(s)
	return err
}

func decodeUserData(s *string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(room.Deref(s))
	if err != nil {
		return nil, wire.Errorf("InvalidParameterValue", "Invalid BASE64 encoding of user data")
	}
	if len(raw) > maxUserData {
		return nil, longUserData()
	}
	return raw, nil
}

func longUserData() error {
	return wire.Errorf("InvalidParameterValue", "User data is limited to %d bytes", maxUserData)
}

// planInterface reads the form of the request that describes the interface itself.
func (r *Room) planInterface(p *launchPlan) error {
	in := p.in
	if len(in.NetworkInterfaces) > 1 {
		return wire.Errorf("AttachmentLimitExceeded", "Interface count %d exceeds the limit of 1 here.", len(in.NetworkInterfaces))
	}
	if in.SubnetId != nil || len(in.SecurityGroupIds)+len(in.SecurityGroups) > 0 {
		return wire.Errorf(
			"InvalidParameterCombination",
			"Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request",
		)
	}
	spec := in.NetworkInterfaces[0]
	if err := room.Only(spec, "DeviceIndex", "SubnetId", "Groups", "AssociatePublicIpAddress", "DeleteOnTermination", "Description", "PrivateIpAddress"); err != nil {
		return err
	}
	if room.Deref(spec.DeviceIndex) != 0 {
		return wire.Errorf("InvalidParameterValue", "The primary network interface must have device index 0.")
	}
	if spec.DeleteOnTermination != nil && !*spec.DeleteOnTermination {
		return wire.Errorf("UnsupportedOperation", "DeleteOnTermination=false is not supported for network interfaces here.")
	}
	if err := r.planSubnet(p, spec.SubnetId, spec.PrivateIpAddress); err != nil {
		return err
	}
	p.groups, p.text, p.public = spec.Groups, room.Deref(spec.Description), p.subnet.MapPublic
	if spec.AssociatePublicIpAddress != nil {
		p.public = *spec.AssociatePublicIpAddress
	}
	return nil
}

func (r *Room) planSubnet(p *launchPlan, id, private *string) error {
	var err error
	if p.subnet, err = r.chooseSubnet(room.Deref(id), p.in.Placement); err != nil {
		return err
	}
	if private != nil {
		a, err := netip.ParseAddr(*private)
		if err != nil {
			return wire.Errorf("InvalidParameterValue", "invalid value for parameter address: %s", *private)
		}
		p.wanted = a
	}
	return nil
}

// chooseSubnet finds the subnet that is named, or the default one of the zone that is.
func (r *Room) chooseSubnet(id string, place *ec2types.Placement) (nets.Subnet, error) {
	if id == "" {
		var zone string
		if place != nil {
			zone = room.Deref(place.AvailabilityZone)
		}
		return r.nets.DefaultSubnet(zone)
	}
	subnet, ok := r.nets.Subnet(nil, id)
	if !ok {
		return subnet, nets.MissingSubnet(id)
	}
	return subnet, nil
}

// launch writes one pending instance with its interface.
func (r *Room) launch(tx *store.Tx, p launchPlan, reservation string, index int32) error {
	id := instanceKind.NewID()
	eni, err := r.nets.NewInterface(tx, nets.Wanted{
		Subnet: p.subnet.ID, Groups: p.groups, Public: p.public, Address: p.wanted, Description: p.text, Instance: id,
	})
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	row := Instance{
		ID: id, Reservation: reservation, Image: p.image.ID, Subnet: p.subnet.ID, VPC: p.subnet.VPC, Zone: p.subnet.Zone,
		Interface: eni.ID, LaunchIndex: index, Type: p.in.InstanceType, Architecture: p.image.Architecture, State: pending, Launched: now,
		UserData: room.Deref(p.in.UserData), KeyName: p.key.Name, PublicKey: p.key.Public, Token: room.Deref(p.in.ClientToken), Layers: p.image.Layers,
		Volume: volumeKind.NewID(), VolumeMade: now, VolumeSnapshot: p.image.Snapshot, Disk: p.disk,
		ProtectStop: room.Deref(p.in.DisableApiStop), Credits: p.credits,
		ProtectTermination: room.Deref(p.in.DisableApiTermination), EbsOptimized: room.Deref(p.in.EbsOptimized),
		ShutdownTerminates: p.in.InstanceInitiatedShutdownBehavior == ec2types.ShutdownBehaviorTerminate,
		Metadata:           metadataOptions(p.in.MetadataOptions),
	}
	if m := p.in.Monitoring; m != nil {
		row.Monitoring = room.Deref(m.Enabled)
	}
	if m := p.in.MaintenanceOptions; m != nil {
		row.Recovery = m.AutoRecovery
	}
	if p.from != nil {
		own := []ec2types.Tag{
			{Key: new("aws:ec2launchtemplate:id"), Value: new(p.from.ID)},
			{Key: new("aws:ec2launchtemplate:version"), Value: new(strconv.FormatInt(p.from.Version, 10))},
		}
		if err := r.PutTags(tx, row.ID, own); err != nil {
			return err
		}
	}
	for _, id := range []string{row.ID, row.Volume, eni.ID} {
		if err := r.TagNew(tx, p.in.TagSpecifications, id); err != nil {
			return err
		}
	}
	return r.instances.Put(tx, row.ID, row)
}

// metadataOptions fills in the defaults: the service on, tokens optional, one hop.
func metadataOptions(o *ec2types.InstanceMetadataOptionsRequest) ec2types.InstanceMetadataOptionsResponse {
	out := ec2types.InstanceMetadataOptionsResponse{
		State: ec2types.InstanceMetadataOptionsStateApplied, HttpEndpoint: ec2types.InstanceMetadataEndpointStateEnabled,
		HttpTokens: ec2types.HttpTokensStateOptional, HttpPutResponseHopLimit: new(int32(1)),
		InstanceMetadataTags: ec2types.InstanceMetadataTagsStateDisabled, HttpProtocolIpv6: ec2types.InstanceMetadataProtocolStateDisabled,
	}
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
