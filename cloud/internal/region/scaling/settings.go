package scaling

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// terminationPolicies is what DescribeTerminationPolicyTypes lists.
var terminationPolicies = []string{
	"AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance", "OldestLaunchConfiguration", "OldestLaunchTemplate",
}

// fleetSettings is what both CreateAutoScalingGroup and UpdateAutoScalingGroup set; nil leaves as it is.
type fleetSettings struct {
	min, max, desired, grace, cooldown, warmup *int32
	template                                   *autoscalingtypes.LaunchTemplateSpecification
	subnets, healthCheck, placement            *string
	zones, zoneIDs, policies                   []string
	protect, rebalance                         *bool
	mixed                                      *autoscalingtypes.MixedInstancesPolicy
	maintenance                                *autoscalingtypes.InstanceMaintenancePolicy
	distribution                               *autoscalingtypes.AvailabilityZoneDistribution
	lifetime                                   *int32
	capacityType, role, configuration          *string
	deletion                                   autoscalingtypes.DeletionProtection
	reservations                               *autoscalingtypes.CapacityReservationSpecification
}

// applySettings validates settings and lays them over a group.
func (r *Room) applySettings(tx *store.Tx, f *fleetRow, s fleetSettings) error {
	for _, n := range []struct {
		name string
		from *int32
		to   *int32
	}{{"minSize", s.min, &f.Min}, {"maxSize", s.max, &f.Max}, {"healthCheckGracePeriod", s.grace, &f.Grace}, {"defaultCooldown", s.cooldown, &f.Cooldown}} {
		if n.from == nil {
			continue
		}
		if *n.from < 0 {
			return invalid(
				"1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to 0",
				*n.from,
				n.name,
			)
		}
		*n.to = *n.from
	}
	if s.warmup != nil {
		if f.Warmup = s.warmup; *s.warmup < 0 { // -1 takes it back
			f.Warmup = nil
		}
	}
	if s.protect != nil {
		f.ProtectNew = *s.protect
	}
	if s.placement != nil {
		f.PlacementGroup = *s.placement
	}
	if err := cmp.Or(applyHealth(f, s), applyReplacement(f, s)); err != nil {
		return err
	}
	if err := applyCapacity(f, s); err != nil {
		return err
	}
	if err := r.applySource(tx, f, s); err != nil {
		return err
	}
	return r.applySubnets(tx, f, s)
}

// applyReplacement sets how a group replaces instances, and what it only keeps.
func applyReplacement(f *fleetRow, s fleetSettings) error {
	if s.rebalance != nil {
		f.CapacityRebalance = *s.rebalance
	}
	if s.role != nil {
		f.Role = *s.role
	}
	return cmp.Or(f.setMaintenance(s.maintenance), f.setLifetime(s.lifetime), f.setDistribution(s.distribution), f.setCapacityType(s.capacityType),
		f.setDeletion(s.deletion), f.setReservations(s.reservations))
}

// errSource is said where what a group launches is named twice, or not at all.
var errSource = invalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")

// applySource sets what a group launches: a launch template, a mixed instances policy or a launch configuration.
func (r *Room) applySource(tx *store.Tx, f *fleetRow, s fleetSettings) (err error) {
	named := 0
	for _, given := range []bool{s.template != nil, s.mixed != nil, s.configuration != nil} {
		if given {
			named++
		}
	}
	switch {
	case named > 1:
		return errSource
	case s.configuration != nil:
		if _, ok := r.configurations.GetTx(tx, *s.configuration); !ok {
			return r.missingConfiguration(*s.configuration)
		}
		f.Template, f.Mixed, f.Configuration, f.Exhausted = templateSpec{}, nil, *s.configuration, nil
	case s.template != nil:
		f.Template, _, err = r.resolveTemplate(tx, s.template)
		f.Mixed, f.Configuration, f.Exhausted = nil, "", nil
	case s.mixed != nil && f.Warm != nil:
		return invalid("You can't add a mixed instances policy to an Auto Scaling group that has a warm pool.")
	case s.mixed != nil:
		var made source
		made, err = r.newSource(tx, r.sourceOf(tx, *f), s.mixed)
		f.Template, f.Mixed, f.Configuration, f.Exhausted = made.Template, made.Mixed, "", nil
	}
	return err
}

func applyHealth(f *fleetRow, s fleetSettings) error {
	if s.healthCheck != nil {
		for kind := range strings.SplitSeq(*s.healthCheck, ",") {
			switch kind {
			case "EC2", "ELB", "EBS": // volumes here are never impaired
			case "VPC_LATTICE":
				return wire.Errorf("UnsupportedOperation", "The health check type '%s' is not supported here: EC2, EBS and ELB are.", kind)
			default:
				return invalid("The health check type '%s' is not valid: EC2, EBS, ELB and VPC_LATTICE are.", kind)
			}
		}
		f.HealthCheckType = *s.healthCheck
	}
	for _, p := range s.policies {
		if !slices.Contains(terminationPolicies, p) {
			return invalid("Termination policy '%s' is not valid.", p)
		}
	}
	if len(s.policies) > 0 {
		f.Policies = s.policies
	}
	return nil
}

// applyCapacity keeps the desired capacity between the bounds: one that the request names must lie
// there, the group's own follows them.
func applyCapacity(f *fleetRow, s fleetSettings) error {
	if f.Min > f.Max {
		return invalid("Max bound, %d, must be greater than or equal to min bound, %d", f.Max, f.Min)
	}
	if s.desired == nil {
		f.Desired = min(max(f.Desired, f.Min), f.Max)
		return nil
	}
	return f.setDesired(*s.desired)
}

func (f *fleetRow) setDesired(n int32) error {
	switch {
	case n < f.Min:
		return invalid("Desired capacity:%d must be between the specified min size:%d and max size:%d", n, f.Min, f.Max)
	case n > f.Max:
		return invalid("Desired capacity:%d must be between the specified min size:%d and max size:%d", n, f.Min, f.Max)
	}
	f.Desired = n
	return nil
}

// applySubnets sets where a group launches: in subnets that are named, or in the default ones of zones.
func (r *Room) applySubnets(tx *store.Tx, f *fleetRow, s fleetSettings) error {
	zones, err := r.zonesNamed(s)
	if err != nil {
		return err
	}
	s.zones = zones
	if s.subnets != nil {
		f.Subnets, f.ByZones = nil, false
		for id := range strings.SplitSeq(*s.subnets, ",") {
			id = strings.TrimSpace(id)
			if _, ok := r.machines.Zone(tx, id); !ok {
				return invalid("The subnet ID '%s' does not exist", id)
			}
			f.Subnets = append(f.Subnets, id)
		}
	}
	if s.subnets == nil && len(s.zones) > 0 && (f.ByZones || len(f.Subnets) == 0) {
		return r.applyZones(tx, f, s.zones)
	}
	if len(f.Subnets) == 0 {
		return invalid("At least one Availability Zone or VPC Subnet is required.")
	}
	have := r.fleetZones(tx, *f)
	for _, z := range s.zones {
		if !slices.Contains(have, z) {
			return invalid("The availability zones of the specified subnets and the Auto Scaling group do not match")
		}
	}
	return nil
}

// zonesNamed are the zones that a request names, by their names or by their ids.
func (r *Room) zonesNamed(s fleetSettings) ([]string, error) {
	zones := s.zones
	if len(zones) > 0 && len(s.zoneIDs) > 0 {
		return nil, invalid("AvailabilityZones and AvailabilityZoneIds cannot be specified in the same request.")
	}
	for _, id := range s.zoneIDs {
		zone, ok := r.machines.ZoneOf(id)
		if !ok {
			return nil, invalid("The availability zone id '%s' does not exist.", id)
		}
		zones = append(zones, zone)
	}
	return zones, nil
}

// applyZones has a group launch in the default subnets of zones, as one for which no subnets are named does
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html, AvailabilityZones).
func (r *Room) applyZones(tx *store.Tx, f *fleetRow, zones []string) error {
	f.Subnets, f.ByZones = nil, true
	for _, zone := range zones {
		subnet, err := r.machines.DefaultSubnet(tx, zone)
		var refused *wire.Error
		if errors.As(err, &refused) {
			return invalid("%s", refused.Message)
		} else if err != nil {
			return err
		}
		f.Subnets = append(f.Subnets, subnet)
	}
	return nil
}

// fleetZones returns the zones of a group's subnets, in order.
func (r *Room) fleetZones(tx *store.Tx, f fleetRow) (zones []string) {
	for _, id := range f.Subnets {
		if zone, ok := r.machines.Zone(tx, id); ok && !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
	}
	slices.Sort(zones)
	return zones
}

// resolveTemplate validates what names a launch template. It returns that, completed, and the version that it
// stands for at present.
func (r *Room) resolveTemplate(tx *store.Tx, spec *autoscalingtypes.LaunchTemplateSpecification) (named, exact templateSpec, err error) {
	id, name := spec.LaunchTemplateId, spec.LaunchTemplateName
	if (room.Deref(id) == "") == (room.Deref(name) == "") {
		return named, exact, invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName")
	}
	t, err := r.machines.Template(tx, id, name, spec.Version)
	if err != nil {
		return named, exact, invalid("You must use a valid fully-formed launch template. %s", err)
	}
	// A version that was not said stands for the default.
	return templateSpec{t.ID, t.Name, room.Deref(spec.Version)}, templateSpec{t.ID, t.Name, strconv.FormatInt(t.Version, 10)}, nil
}

// checkProfiles refuses launch templates with instance profiles that no instance could have.
func (r *Room) checkProfiles(spec *autoscalingtypes.LaunchTemplateSpecification, mixed *autoscalingtypes.MixedInstancesPolicy) error {
	err := r.checkProfile(spec)
	if mixed == nil || mixed.LaunchTemplate == nil {
		return err
	}
	err = cmp.Or(err, r.checkProfile(mixed.LaunchTemplate.LaunchTemplateSpecification))
	for _, o := range mixed.LaunchTemplate.Overrides {
		err = cmp.Or(err, r.checkProfile(o.LaunchTemplateSpecification))
	}
	return err
}

// checkProfile refuses a template with an instance profile that no instance could have, as AWS does when a group is made or
// changed. It asks IAM, which no change may wait for.
func (r *Room) checkProfile(spec *autoscalingtypes.LaunchTemplateSpecification) error {
	if spec == nil {
		return nil
	}
	err := r.machines.CheckProfile(spec.LaunchTemplateId, spec.LaunchTemplateName, spec.Version)
	var refused *wire.Error
	if errors.As(err, &refused) && refused.HTTPStatus() < http.StatusInternalServerError {
		return invalid("You must use a valid fully-formed launch template. %s", refused.Message)
	}
	return err
}

func (t templateSpec) show() *autoscalingtypes.LaunchTemplateSpecification {
	return &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(t.ID), LaunchTemplateName: new(t.Name), Version: new(cmp.Or(t.Version, "$Default"))}
}

// exact is the version that a spec stands for at present.
func (r *Room) exactTemplate(tx *store.Tx, t templateSpec) (templateSpec, error) {
	_, exact, err := r.resolveTemplate(tx, &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new(t.ID), Version: new(t.Version)})
	return exact, err
}

func (t templateSpec) version() fleet.Version {
	n, _ := strconv.ParseInt(t.Version, 10, 64) // exact versions are numbers
	return fleet.Version{Template: t.ID, Number: n}
}
