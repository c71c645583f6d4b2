package scaling

import (
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// leastLifetime is the shortest maximum instance lifetime, in seconds
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-max-instance-lifetime.html).
const leastLifetime = 86400

// healthRange checks percentages between which a group is while instances are replaced (API reference, InstanceMaintenancePolicy).
func healthRange(low, high int32) (fleet.Range, error) {
	switch {
	case low < 0 || low > 100:
		return fleet.Range{}, invalid("MinHealthyPercentage must be between 0 and 100.")
	case high < 100 || high > 200:
		return fleet.Range{}, invalid("MaxHealthyPercentage must be between 100 and 200.")
	case high-low > 100:
		return fleet.Range{}, invalid("The difference between MinHealthyPercentage and MaxHealthyPercentage cannot be greater than 100.")
	}
	return fleet.Range{Min: int(low), Max: int(high)}, nil
}

// setMaintenance sets the instance maintenance policy; -1 twice clears it.
func (f *fleetRow) setMaintenance(p *autoscalingtypes.InstanceMaintenancePolicy) error {
	if p == nil {
		return nil
	}
	if p.MinHealthyPercentage == nil || p.MaxHealthyPercentage == nil {
		return invalid("Both MinHealthyPercentage and MaxHealthyPercentage must be specified.")
	}
	if *p.MinHealthyPercentage == -1 && *p.MaxHealthyPercentage == -1 {
		f.Maintenance = nil
		return nil
	}
	bounds, err := healthRange(*p.MinHealthyPercentage, *p.MaxHealthyPercentage)
	f.Maintenance = &bounds
	return err
}

func (f fleetRow) showMaintenance() *autoscalingtypes.InstanceMaintenancePolicy {
	if f.Maintenance == nil {
		return nil
	}
	return &autoscalingtypes.InstanceMaintenancePolicy{
		MinHealthyPercentage: new(int32(f.Maintenance.Min)), MaxHealthyPercentage: new(int32(f.Maintenance.Max)),
	}
}

// setLifetime sets the maximum instance lifetime; zero clears it.
func (f *fleetRow) setLifetime(seconds *int32) error {
	if seconds == nil {
		return nil
	}
	if *seconds != 0 && *seconds < leastLifetime {
		return invalid("Invalid value for MaxInstanceLifetime. Specify a value of at least %d seconds (1 day), or 0 to clear it.", leastLifetime)
	}
	f.Lifetime = *seconds
	return nil
}

// setDistribution sets what happens where launches fail in a zone. There are no Capacity Reservations here.
func (f *fleetRow) setDistribution(d *autoscalingtypes.AvailabilityZoneDistribution) error {
	if d == nil || d.CapacityDistributionStrategy == "" {
		return nil
	}
	switch d.CapacityDistributionStrategy {
	case autoscalingtypes.CapacityDistributionStrategyBalancedOnly, autoscalingtypes.CapacityDistributionStrategyBalancedBestEffort:
		f.Distribution = d.CapacityDistributionStrategy
		return nil
	}
	return wire.Errorf("UnsupportedOperation", "The capacity distribution strategy '%s' is not supported here: balanced-only and balanced-best-effort are.",
		d.CapacityDistributionStrategy)
}

// setCapacityType takes what a group's capacity counts: instances, or units of their weights. Other units are for types chosen by
// attributes (API reference, CreateAutoScalingGroup), which groups here do not have.
func (f *fleetRow) setCapacityType(kind *string) error {
	switch room.Deref(kind) {
	case "":
	case "units":
		f.CapacityType = *kind
	case "vcpu", "memory-mib":
		return wire.Errorf("UnsupportedOperation", "The desired capacity type '%s' is not supported here: units is.", *kind)
	default:
		return invalid("The desired capacity type '%s' is not valid: units, vcpu and memory-mib are.", *kind)
	}
	return nil
}
