package scaling

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// beginLaunch writes down a member that is to be launched, for completeLaunch to do.
func (r *Room) beginLaunch(tx *store.Tx, f *fleetRow, a fleet.Action) error {
	now := time.Now().UTC()
	m := memberRow{Token: room.NewUUID(), Group: f.Name, Zone: a.Zone, Launched: now, State: fleet.Pending, Protected: f.ProtectNew}
	m.Balances = a.Reason == fleet.Rebalancing
	description := "Launching a new EC2 instance"
	if a.Reason == fleet.Warming {
		m.State, m.Protected, description = fleet.WarmedPending, false, description+" into warm pool"
	}
	for _, id := range f.Subnets {
		if zone, ok := r.machines.Zone(tx, id); ok && zone == a.Zone {
			m.Subnet = id
			break
		}
	}
	activity := activityRow{
		Description: description, Cause: fleet.Cause(a, now, f.Request, ""), Details: details(m.Subnet, m.Zone),
		Status: preInService, Progress: 30,
	}
	from := r.launchSource(tx, *f)
	what := from.next(f.Exhausted)
	m.Type, m.Weight, m.Configuration, m.Configured = what.Type, what.Weight, from.Configuration, from.Configured
	var err error
	if from.Configuration == "" {
		if m.Template, err = r.exactTemplate(tx, *what.Template); err != nil {
			return r.failLaunch(tx, f, m, activity, err)
		}
	}
	activity, err = r.newActivity(tx, *f, activity)
	if err != nil {
		return err
	}
	m.Launch = activity.ID
	if err := r.members.Put(tx, m.Token, m); err != nil {
		return err
	}
	if a.Reason == fleet.Replacement || a.Reason == fleet.Refreshing {
		f.Owed--
	}
	return r.putFleet(tx, f)
}

// launchSource is what a group launches at present: during a refresh, what that replaces instances by.
func (r *Room) launchSource(tx *store.Tx, f fleetRow) source {
	if row, ok := r.refreshes.GetTx(tx, f.Refresh); ok && f.Refresh != "" {
		return row.Source
	}
	return r.sourceOf(tx, f)
}

// completeLaunch launches the instance of a member, or finds the one that was launched before the region
// was ended, by the client token.
func (r *Room) completeLaunch(f fleetRow, m memberRow) error {
	id, err := r.launchMember(f, m)
	return r.Update(func(tx *store.Tx) error {
		f, ok := r.fleets.GetTx(tx, m.Group)
		m, still := r.members.GetTx(tx, m.Token)
		if !ok || !still {
			return nil
		}
		if err != nil {
			activity, _ := r.activities.GetTx(tx, m.Launch)
			if err := r.failLaunch(tx, &f, m, activity, err); err != nil {
				return err
			}
			return r.members.Delete(tx, m.Token)
		}
		m.Instance = id
		own := groupTags(m.Group)
		if m.Configuration == "" {
			own = append(own,
				ec2types.Tag{Key: new("aws:ec2launchtemplate:id"), Value: new(m.Template.ID)},
				ec2types.Tag{Key: new("aws:ec2launchtemplate:version"), Value: new(m.Template.Version)},
			)
		}
		if err := r.machines.Tag(tx, id, own); err != nil {
			return err
		}
		if err := r.moveActivity(tx, m.Launch, func(x *activityRow) { x.Description += ": " + id }); err != nil {
			return err
		}
		return r.members.Put(tx, m.Token, m)
	})
}

// groupTag is the key of the tag that names an instance's group.
const groupTag = "aws:autoscaling:groupName"

func groupTags(group string) []ec2types.Tag {
	return []ec2types.Tag{{Key: new(groupTag), Value: &group}}
}

func (r *Room) launchMember(f fleetRow, m memberRow) (string, error) {
	if id, ok := r.machines.Launched(m.Token); ok {
		return id, nil
	}
	in := &ec2.RunInstancesInput{MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: new(m.Subnet), ClientToken: new(m.Token)}
	if m.Configuration == "" {
		in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateId: new(m.Template.ID), Version: new(m.Template.Version)}
	} else {
		c, ok := r.configurations.Get(m.Configuration)
		if !ok {
			return "", r.missingConfiguration(m.Configuration)
		}
		c.fill(in)
	}
	if m.Type != "" {
		in.InstanceType = ec2types.InstanceType(m.Type)
	}
	if f.PlacementGroup != "" {
		in.Placement = &ec2types.Placement{GroupName: new(f.PlacementGroup)}
	}
	spec := ec2types.TagSpecification{ResourceType: ec2types.ResourceTypeInstance}
	for _, t := range f.Tags {
		if *t.PropagateAtLaunch {
			spec.Tags = append(spec.Tags, ec2types.Tag{Key: t.Key, Value: t.Value})
		}
	}
	if len(spec.Tags) > 0 {
		in.TagSpecifications = []ec2types.TagSpecification{spec}
	}
	return r.machines.Launch(in)
}

// failLaunch notes a launch that failed; the zone rests before the next, unless there is another instance type to try.
func (r *Room) failLaunch(tx *store.Tx, f *fleetRow, m memberRow, activity activityRow, why error) error {
	activity.Status, activity.Message, activity.Progress = failed, why.Error(), 100
	activity.Description = "Launching a new EC2 instance.  Status Reason: " + why.Error()
	if activity.ID == "" {
		if _, err := r.newActivity(tx, *f, activity); err != nil {
			return err
		}
	} else if err := r.moveActivity(tx, activity.ID, func(x *activityRow) { *x = activity }); err != nil {
		return err
	}
	if !f.exhaust(r.launchSource(tx, *f), m.Type) {
		r.rest(f, m.Zone)
	}
	return r.fleets.Put(tx, f.Name, *f)
}
