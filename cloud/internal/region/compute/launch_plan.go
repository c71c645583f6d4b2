package compute

import (
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// launchPlan is a validated launch.
type launchPlan struct {
	in        *ec2.RunInstancesInput
	image     imageRow
	kind      instanceType
	subnet    nets.Subnet
	groups    []string
	public    bool
	wanted    netip.Addr
	text      string // the interface's description
	key       keyPairRow
	credits   string
	disk      disk
	beside    []ec2types.BlockDeviceMapping // volumes beside the root
	profile   *profileRow
	placement string           // the id of a placement group
	partition int32            // of it; 0 for the one with the fewest instances
	from      *TemplateVersion // the template that it is launched from; nil for none
}

// planLaunch validates a launch, in the order in which its mistakes are told.
func (r *Room) planLaunch(in *ec2.RunInstancesInput) (launchPlan, error) {
	if in.InstanceType == "" {
		with := *in
		with.InstanceType, in = defaultType, &with
	}
	p := launchPlan{in: in}
	if err := r.planKey(&p); err != nil {
		return p, err
	}
	if err := checkRequest(in); err != nil {
		return p, err
	}
	for _, step := range []func(*launchPlan) error{r.planImage, r.planProfile, planHardware, r.planNetwork, r.planPlacement} {
		if err := step(&p); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (r *Room) planKey(p *launchPlan) error {
	name := room.Deref(p.in.KeyName)
	if name == "" {
		return nil
	}
	var ok bool
	if p.key, ok = r.keyPair(nil, name); !ok {
		return missingKeyPair(name)
	}
	return nil
}

func (r *Room) planProfile(p *launchPlan) (err error) {
	p.profile, err = r.newProfile(p.in.IamInstanceProfile)
	return err
}

// planImage finds the image, and an instance type that it runs on.
func (r *Room) planImage(p *launchPlan) error {
	id, err := r.resolveImage(*p.in.ImageId)
	if err != nil {
		return err
	}
	if p.image, err = r.usableImage(id); err != nil {
		return err
	}
	var ok bool
	if p.kind, ok = findType(string(p.in.InstanceType)); !ok {
		return wire.Errorf("InvalidParameterValue", "Invalid value '%s' for InstanceType.", p.in.InstanceType)
	}
	if string(p.kind.arch) != string(p.image.Architecture) {
		return wire.Errorf(
			"InvalidParameterValue",
			"The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
			p.kind.arch,
			p.image.Architecture,
		)
	}
	return nil
}

// planHardware reads what is asked for of disks, processor and CPU credits.
func planHardware(p *launchPlan) error {
	var err error
	if p.disk, p.beside, err = planDisks(p.in.BlockDeviceMappings, p.image); err != nil {
		return err
	}
	if err := p.kind.checkProcessor(p.in.CpuOptions); err != nil {
		return err
	}
	asked := ec2types.CreditSpecificationRequest{}
	if p.in.CreditSpecification != nil {
		asked = *p.in.CreditSpecification
	}
	p.credits, err = p.kind.checkCredits(asked.CpuCredits)
	return err
}

// planNetwork reads either form of the request: with an interface that it describes itself, or without.
func (r *Room) planNetwork(p *launchPlan) error {
	if len(p.in.NetworkInterfaces) > 0 {
		return r.planInterface(p)
	}
	var err error
	if p.groups, err = r.groupsOf(p.in); err != nil {
		return err
	}
	err = r.planSubnet(p, p.in.SubnetId, p.in.PrivateIpAddress)
	p.public = p.subnet.MapPublic
	return err
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
