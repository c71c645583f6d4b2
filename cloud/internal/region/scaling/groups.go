package scaling

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// CreateAutoScalingGroup makes a group, which then launches its instances.
func (r *Room) CreateAutoScalingGroup(ctx context.Context, in *autoscaling.CreateAutoScalingGroupInput) (*autoscaling.CreateAutoScalingGroupOutput, error) {
	if err := r.checkGroup(in); err != nil {
		return nil, err
	}
	if err := r.checkProfiles(in.LaunchTemplate, in.MixedInstancesPolicy); err != nil {
		return nil, err
	}
	return &autoscaling.CreateAutoScalingGroupOutput{}, r.Update(func(tx *store.Tx) error {
		name := *in.AutoScalingGroupName
		if _, ok := r.fleets.GetTx(tx, name); ok {
			return wire.Errorf("AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name %s already exists", name)
		}
		if len(r.fleets.AllTx(tx)) >= r.Quota(groupsPerRegion) {
			return wire.Errorf("LimitExceeded", "You have reached the maximum number of Auto Scaling groups, %d.", r.Quota(groupsPerRegion))
		}
		row, err := r.newGroup(tx, in)
		if err != nil {
			return err
		}
		return r.fleets.Put(tx, name, row)
	})
}

// newGroup makes the row of a group.
func (r *Room) newGroup(tx *store.Tx, in *autoscaling.CreateAutoScalingGroupInput) (row fleetRow, err error) {
	name, now := *in.AutoScalingGroupName, time.Now().UTC()
	row = fleetRow{Name: name, ID: room.NewUUID(), Created: now, HealthCheckType: "EC2", Cooldown: 300, Policies: []string{"Default"}}
	if err := r.applySettings(tx, &row, fleetSettings{
		min: in.MinSize, max: in.MaxSize, desired: in.DesiredCapacity, grace: in.HealthCheckGracePeriod, cooldown: in.DefaultCooldown,
		warmup: in.DefaultInstanceWarmup, placement: in.PlacementGroup, template: in.LaunchTemplate, subnets: in.VPCZoneIdentifier,
		zones: in.AvailabilityZones, zoneIDs: in.AvailabilityZoneIds,
		healthCheck: in.HealthCheckType, policies: in.TerminationPolicies, protect: in.NewInstancesProtectedFromScaleIn,
		rebalance: in.CapacityRebalance, mixed: in.MixedInstancesPolicy, maintenance: in.InstanceMaintenancePolicy, lifetime: in.MaxInstanceLifetime,
		distribution: in.AvailabilityZoneDistribution, capacityType: in.DesiredCapacityType, role: in.ServiceLinkedRoleARN,
		configuration: in.LaunchConfigurationName, deletion: in.DeletionProtection, reservations: in.CapacityReservationSpecification,
	}); err != nil {
		return row, err
	}
	sources := []string(nil)
	if len(in.TrafficSources) > 0 {
		if sources, err = targetGroupsOf(in.TrafficSources); err != nil {
			return row, err
		}
	}
	if err := r.addAttachments(tx, &row, slices.Concat(in.TargetGroupARNs, sources)); err != nil {
		return row, err
	}
	for _, h := range in.LifecycleHookSpecificationList {
		if err := row.putHook(h); err != nil {
			return row, err
		}
	}
	for _, t := range in.Tags {
		if t.ResourceId == nil {
			t.ResourceId = &name
		}
		if err := row.putTag(t); err != nil {
			return row, err
		}
	}
	row.Request = fmt.Sprintf("At %s a user request created an AutoScalingGroup changing the desired capacity from 0 to %d.", fleet.Stamp(now), row.Desired)
	return row, nil
}

// checkGroup refuses what is missing or not supported.
func (r *Room) checkGroup(in *autoscaling.CreateAutoScalingGroupInput) error {
	if err := room.Only(in, "AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown", "DefaultInstanceWarmup", "PlacementGroup",
		"HealthCheckGracePeriod", "HealthCheckType", "LaunchTemplate", "NewInstancesProtectedFromScaleIn", "Tags", "TargetGroupARNs",
		"TerminationPolicies", "VPCZoneIdentifier", "AvailabilityZones", "LifecycleHookSpecificationList", "MixedInstancesPolicy",
		"InstanceMaintenancePolicy", "MaxInstanceLifetime", "CapacityRebalance", "AvailabilityZoneDistribution", "DesiredCapacityType",
		"ServiceLinkedRoleARN", "TrafficSources", "LaunchConfigurationName", "DeletionProtection", "CapacityReservationSpecification",
		"AvailabilityZoneIds"); err != nil {
		return err
	}
	if err := required("autoScalingGroupName", room.Deref(in.AutoScalingGroupName) == ""); err != nil {
		return err
	}
	if err := required("minSize", in.MinSize == nil); err != nil {
		return err
	}
	if err := required("maxSize", in.MaxSize == nil); err != nil {
		return err
	}
	if name := *in.AutoScalingGroupName; len(name) > 255 || strings.ContainsAny(name, ":\r\n\t") {
		return invalid(
			"1 validation error detected: Value '%s' at 'autoScalingGroupName' failed to satisfy constraint: "+
				"Member must have length between 1 and 255 and contain no colon",
			name,
		)
	}
	if in.LaunchTemplate == nil && in.MixedInstancesPolicy == nil && in.LaunchConfigurationName == nil {
		return errSource
	}
	return nil
}

func (r *Room) fleetARN(f fleetRow) string {
	return r.ARN("autoscaling", "autoScalingGroup:"+f.ID+":autoScalingGroupName/"+f.Name)
}

// membersOf returns a group's members in the order of their launch.
func (r *Room) membersOf(group string) []memberRow { return ofGroup(r.members.All(), group) }

func ofGroup(all []memberRow, group string) []memberRow {
	all = slices.DeleteFunc(all, func(m memberRow) bool { return m.Group != group })
	slices.SortFunc(all, func(a, b memberRow) int {
		if c := a.Launched.Compare(b.Launched); c != 0 {
			return c
		}
		return strings.Compare(a.Token, b.Token)
	})
	return all
}

// identifier is what VPCZoneIdentifier shows: nothing of a group that was made for zones.
func (f fleetRow) identifier() string {
	if f.ByZones {
		return ""
	}
	return strings.Join(f.Subnets, ",")
}

func (r *Room) showFleet(f fleetRow, members bool) autoscalingtypes.AutoScalingGroup {
	out := autoscalingtypes.AutoScalingGroup{
		AutoScalingGroupName: new(f.Name), AutoScalingGroupARN: new(r.fleetARN(f)), CreatedTime: new(f.Created),
		MinSize: new(f.Min), MaxSize: new(f.Max), DesiredCapacity: new(f.Desired), DefaultCooldown: new(f.Cooldown),
		DefaultInstanceWarmup: f.Warmup, PlacementGroup: room.Some(f.PlacementGroup), HealthCheckType: new(f.HealthCheckType), HealthCheckGracePeriod: new(f.Grace),
		AvailabilityZones: r.fleetZones(nil, f), VPCZoneIdentifier: new(f.identifier()),
		TerminationPolicies: f.Policies, NewInstancesProtectedFromScaleIn: new(f.ProtectNew), Tags: f.Tags, EnabledMetrics: f.showMetrics(),
		ServiceLinkedRoleARN:      new(cmp.Or(f.Role, "arn:aws:iam::"+r.Account+":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")),
		InstanceMaintenancePolicy: f.showMaintenance(), MaxInstanceLifetime: room.Some(f.Lifetime), CapacityRebalance: room.Some(f.CapacityRebalance),
		DesiredCapacityType: room.Some(f.CapacityType), DeletionProtection: cmp.Or(f.Deletion, autoscalingtypes.DeletionProtectionNone),
		CapacityReservationSpecification: &autoscalingtypes.CapacityReservationSpecification{
			CapacityReservationPreference: cmp.Or(f.Reservations, autoscalingtypes.CapacityReservationPreferenceDefault),
		},
		AvailabilityZoneDistribution: &autoscalingtypes.AvailabilityZoneDistribution{
			CapacityDistributionStrategy: cmp.Or(f.Distribution, autoscalingtypes.CapacityDistributionStrategyBalancedBestEffort),
		},
	}
	for _, zone := range out.AvailabilityZones {
		out.AvailabilityZoneIds = append(out.AvailabilityZoneIds, r.machines.ZoneID(zone))
	}
	out.LaunchTemplate, out.MixedInstancesPolicy = r.sourceOf(nil, f).show()
	out.LaunchConfigurationName = room.Some(f.Configuration)
	if out.WarmPoolConfiguration = f.showPool(); f.Warm != nil {
		size := slices.DeleteFunc(r.membersOf(f.Name), func(m memberRow) bool { return m.Instance == "" || !m.inPool() })
		out.WarmPoolSize = new(int32(len(size)))
	}
	if f.Deleting {
		out.Status = new("Delete in progress")
	}
	for _, p := range sortedProcesses(f.Suspended) {
		out.SuspendedProcesses = append(out.SuspendedProcesses, autoscalingtypes.SuspendedProcess{ProcessName: new(string(p)), SuspensionReason: new(f.Suspended[p])})
	}
	for _, a := range f.Attachments {
		if a.State != fleet.Removing {
			out.TargetGroupARNs = append(out.TargetGroupARNs, a.ARN)
			out.TrafficSources = append(out.TrafficSources, autoscalingtypes.TrafficSourceIdentifier{Identifier: new(a.ARN), Type: new(elbv2)})
		}
	}
	if !members {
		return out
	}
	for _, m := range r.membersOf(f.Name) {
		if m.Instance != "" && !m.inPool() {
			out.Instances = append(out.Instances, r.showMember(m))
		}
	}
	return out
}

// DescribeAutoScalingGroups lists groups; a name that does not exist is left out.
func (r *Room) DescribeAutoScalingGroups(
	ctx context.Context,
	in *autoscaling.DescribeAutoScalingGroupsInput,
) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	if err := room.Only(in, "AutoScalingGroupNames", "Filters", "IncludeInstances", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	rows := r.fleets.All()
	if len(in.AutoScalingGroupNames) > 0 {
		rows = slices.DeleteFunc(rows, func(f fleetRow) bool { return !slices.Contains(in.AutoScalingGroupNames, f.Name) })
	}
	rows, err := filter(rows, in.Filters, tagValues)
	if err != nil {
		return nil, err
	}
	rows, next, err := page(rows, func(f fleetRow) string { return f.Name }, in.MaxRecords, in.NextToken, 50, 100)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeAutoScalingGroupsOutput{NextToken: next}
	for _, f := range rows {
		out.AutoScalingGroups = append(out.AutoScalingGroups, r.showFleet(f, in.IncludeInstances == nil || *in.IncludeInstances))
	}
	return out, nil
}
