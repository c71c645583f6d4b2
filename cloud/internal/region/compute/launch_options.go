package compute

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// checkOptions refuses what a launch asks for beyond what there is. Asking for a thing's absence, as Terraform does with every
// launch, or for its default, is no demand.
func checkOptions(in *ec2.RunInstancesInput) error {
	if h := in.HibernationOptions; h != nil && room.Deref(h.Configured) {
		return unsupported("HibernationOptions.Configured")
	}
	if e := in.EnclaveOptions; e != nil && room.Deref(e.Enabled) {
		return unsupported("EnclaveOptions.Enabled")
	}
	if c := in.CapacityReservationSpecification; c != nil && c.CapacityReservationTarget != nil {
		return unsupported("CapacityReservationSpecification.CapacityReservationTarget")
	}
	if p := in.PrivateDnsNameOptions; p != nil {
		if p.HostnameType == ec2types.HostnameTypeResourceName {
			return unsupported("PrivateDnsNameOptions.HostnameType")
		}
		if err := room.Only(p, "HostnameType"); err != nil {
			return err
		}
	}
	if room.Deref(in.KernelId) != "" || room.Deref(in.RamdiskId) != "" {
		return unsupported("KernelId")
	}
	return nil
}

func unsupported(parameter string) error {
	return wire.Errorf("UnsupportedOperation", "The parameter '%s' is not supported here.", parameter)
}

// checkProcessor refuses options that are not an instance type's: other numbers of cores and threads than it has.
func (t instanceType) checkProcessor(o *ec2types.CpuOptionsRequest) error {
	if o == nil {
		return nil
	}
	if err := room.Only(o, "CoreCount", "ThreadsPerCore"); err != nil {
		return err
	}
	cores := o.CoreCount != nil && *o.CoreCount != t.vcpus/t.threads
	if cores || o.ThreadsPerCore != nil && *o.ThreadsPerCore != t.threads {
		return wire.Errorf("UnsupportedOperation", "CpuOptions other than the defaults of %s, %d cores with %d threads each, are not supported here.",
			t.name, t.vcpus/t.threads, t.threads)
	}
	return nil
}

// The ways in which a burstable instance goes on without credits.
const (
	standardCredits  = "standard"
	unlimitedCredits = "unlimited"
)

// checkCredits tells how an instance of a type is credited: "" for a type that is not burstable, where nothing is asked the
// family's default (EC2 user guide, "Burstable performance instances": T2 is standard, the others are unlimited).
func (t instanceType) checkCredits(asked *string) (string, error) {
	switch credits := room.Deref(asked); {
	case !t.burstable() && credits != "":
		return "", wire.Errorf("InvalidParameterCombination", "The instance type '%s' does not support CPU credits.", t.name)
	case !t.burstable():
		return "", nil
	case credits == "" && t.name[:3] == "t2.":
		return standardCredits, nil
	case credits == "":
		return unlimitedCredits, nil
	case !slices.Contains([]string{standardCredits, unlimitedCredits}, credits):
		return "", badValue(credits, "CpuCredits")
	default:
		return credits, nil
	}
}
