package compute

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// launchPlan is a validated launch.
type launchPlan struct {
	in      *ec2.RunInstancesInput
	image   imageRow
	kind    instanceType
	subnet  nets.Subnet // of the first interface
	devices []device    // by their indexes
	key     keyPairRow
	credits string
	disks
	encrypted bool // the root
	metadata  ec2types.InstanceMetadataOptionsResponse
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
	for _, step := range []func(*launchPlan) error{r.planImage, r.planProfile, r.planHardware, r.planNetwork, r.planPlacement} {
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
			"The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. "+
				"Specify an instance type and an AMI that have matching architectures, and try again.",
			p.kind.arch,
			p.image.Architecture,
		)
	}
	return nil
}

// planHardware reads what is asked for of disks, metadata service, processor and CPU credits, and what the account has set for those who
// do not ask.
func (r *Room) planHardware(p *launchPlan) (err error) {
	if p.encrypted, err = r.encryptsRoot(p.in.BlockDeviceMappings, p.image); err != nil {
		return err
	}
	p.metadata = metadataOptions(r.settingsNow(nil).Metadata, p.in.MetadataOptions)
	if p.disks, err = planDisks(p.in.BlockDeviceMappings, p.image); err != nil {
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
