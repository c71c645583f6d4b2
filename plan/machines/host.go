package machines

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Host is an instance in a public subnet, of the same template as the fleet but in the public-facing group. What is declared of hosts alone
// is said at the launch, over the template. A host that differs from the declaration is replaced: it has no data to keep.
type Host struct {
	resource.Scope
	resource.Doubles
	Role     string // host-a and so on
	Template *Template
	Image    *HostImage // nil for the template's
	Subnet   *network.Subnet
	Group    *network.Group
	Also     *network.Group // nil for none

	ID   string
	seen []resource.Field
}

func (h *Host) Identity() string         { return h.ID }
func (h *Host) Actual() []resource.Field { return h.seen }

func (h *Host) Desired() []resource.Field {
	return append(h.placed(), resource.Field{Name: protection, Value: resource.Yes(false)},
		resource.Field{Name: shutdown, Value: string(ec2types.ShutdownBehaviorStop)},
		resource.Field{Name: tokens, Value: string(h.Declared.Instance.Metadata)},
		resource.Field{Name: detailed, Value: resource.Yes(h.Declared.Instance.Monitoring == understudy.MonitoringDetailed)},
		resource.Field{Name: userData, Value: userDataText(encoded(h.Declared.HostUserData()))})
}

func (h *Host) imageID() string {
	if h.Image != nil {
		return h.Image.id
	}
	return h.Template.ImageID()
}

// groups are the ids of its security groups.
func (h *Host) groups() []string {
	ids := []string{resource.Known(h.Group.ID)}
	if h.Also != nil {
		ids = append(ids, resource.Known(h.Also.ID))
	}
	return ids
}

// placed is what a host is launched with, and can be known by.
func (h *Host) placed() []resource.Field {
	return []resource.Field{
		{Name: "image", Value: resource.Known(h.imageID())},
		{Name: "type", Value: h.Declared.HostType(h.Side)},
		{Name: "subnet", Value: resource.Known(h.Subnet.ID)},
		{Name: "groups", Value: resource.Set(h.groups()...)},
		{Name: "key", Value: h.Declared.HostKey()},
		{Name: "profile", Value: h.Template.Role.ProfileName(h.Declared)},
		{Name: asLaunched},
		{Name: "running", Value: resource.Yes(true)},
		h.Tagged(h.Role),
	}
}

func (h *Host) Find(ctx context.Context) (bool, error) {
	all, err := Instances(ctx, h.Scope, h.Mark(h.Role))
	all = h.Subnet.VPC.Inhabitants(all)
	if err == nil && len(all) == 0 && h.Subnet.ID != "" { // or it has lost its tags
		all, err = h.launched(ctx)
	}
	if err != nil {
		return false, err
	}
	*h = Host{Scope: h.Scope, Role: h.Role, Template: h.Template, Image: h.Image, Subnet: h.Subnet, Group: h.Group, Also: h.Also}
	var found []*Host
	for _, i := range all {
		one := *h
		one.remember(i)
		found = append(found, &one)
	}
	there, err := resource.Choose(ctx, h, found)
	if err != nil || !there {
		return false, err
	}
	return h.readSettings(ctx)
}

func (h *Host) remember(i ec2types.Instance) {
	h.ID = aws.ToString(i.InstanceId)
	var groups []string
	for _, g := range i.SecurityGroups {
		groups = append(groups, aws.ToString(g.GroupId))
	}
	profile := ""
	if i.IamInstanceProfile != nil {
		profile = lastPart(aws.ToString(i.IamInstanceProfile.Arn))
	}
	h.seen = []resource.Field{
		{Name: "profile", Value: profile},
		{Name: "image", Value: aws.ToString(i.ImageId)},
		{Name: "type", Value: string(i.InstanceType)},
		{Name: "subnet", Value: aws.ToString(i.SubnetId)},
		{Name: "groups", Value: resource.Set(groups...)},
		{Name: "key", Value: aws.ToString(i.KeyName)},
		{Name: asLaunched, Value: h.Template.launchedWithAnother(account.OfEC2(i.Tags))},
		{Name: "running", Value: resource.Yes(starting(i))},
		h.TaggedWith(h.Role, account.OfEC2(i.Tags)),
	}
	if m := i.MetadataOptions; m != nil {
		h.seen = append(h.seen, resource.Field{Name: tokens, Value: string(m.HttpTokens)})
	}
	m := i.Monitoring
	on := m != nil && (m.State == ec2types.MonitoringStateEnabled || m.State == ec2types.MonitoringStatePending)
	h.seen = append(h.seen, resource.Field{Name: detailed, Value: resource.Yes(on)})
}

// launched returns the instances of the host's subnet that were launched with one of the host's client tokens.
func (h *Host) launched(ctx context.Context) ([]ec2types.Instance, error) {
	all, err := InstancesWhere(ctx, h.Scope, account.Filter("subnet-id", h.Subnet.ID))
	return slices.DeleteFunc(all, func(i ec2types.Instance) bool {
		for version := range h.Template.Version + 1 {
			if launchedFor(h.Scope, aws.ToString(i.ClientToken), h.parts(version)...) {
				return false
			}
		}
		return true
	}), err
}

// parts are what the client tokens of a host's launches are made from.
func (h *Host) parts(version int64) []string {
	parts := append([]string{h.Role, h.Template.ID, resource.Number(version), h.Subnet.ID}, h.groups()...)
	o := h.over()
	for _, f := range []resource.Field{{Name: "image", Value: o.Image}, {Name: "type", Value: o.Type}, {Name: "key", Value: o.Key},
		{Name: userData, Value: o.UserData}} {
		if f.Value != "" {
			parts = append(parts, f.Name, f.Value)
		}
	}
	return parts
}

func (h *Host) over() (o blueprint.LaunchedOver) {
	if h.Image != nil {
		o.Image = h.Image.id
	}
	of := h.Declared.Instance
	if t := h.Declared.HostType(h.Side); t != h.Declared.InstanceType(h.Side) {
		o.Type = t
	}
	if key := h.Declared.HostKey(); key != of.Key {
		o.Key = key
	}
	if said := h.Declared.HostUserData(); said != h.Declared.UserData() {
		o.UserData = encoded(said)
	}
	return o
}

// Fits prefers the host of which the least has to be changed. The others are left from an interrupted
// replacement, or from a call that was carried out late, after the declaration had changed.
func (h *Host) Fits() int { return len(h.seen) - len(resource.Compare(h.placed(), h.seen)) }

func (h *Host) Holds(context.Context) ([]string, error) { return nil, nil }

func (h *Host) Create(ctx context.Context) error {
	in := &ec2.RunInstancesInput{
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{
			LaunchTemplateId: &h.Template.ID, Version: aws.String(resource.Number(h.Template.Version)),
		},
		SubnetId:          &h.Subnet.ID,
		SecurityGroupIds:  h.groups(),
		TagSpecifications: h.Mark(h.Role).EC2(ec2types.ResourceTypeInstance),
	}
	o := h.over()
	in.InstanceType = ec2types.InstanceType(o.Type)
	for _, one := range []struct {
		into  **string
		value string
	}{{&in.ImageId, o.Image}, {&in.KeyName, o.Key}, {&in.UserData, o.UserData}} {
		if one.value != "" {
			*one.into = &one.value
		}
	}
	var err error
	h.ID, err = launch(ctx, h.Scope, in, h.parts(h.Template.Version)...)
	return err
}

func (h *Host) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := h.Retag(ctx, h.ID, h.Role); err != nil {
			return err
		}
	}
	if err := h.reset(ctx, differences); err != nil {
		return err
	}
	switch {
	case renews(differences):
	case resource.Differs(differences, "running"):
		return h.start(ctx)
	default:
		return nil
	}
	if err := Terminate(ctx, h.Scope, []string{h.ID}); err != nil {
		return err
	}
	return h.Create(ctx)
}

// start starts a stopped host; if it is stopping, it first waits until it has stopped.
func (h *Host) start(ctx context.Context) error {
	return account.Poll(ctx, "the start of "+h.ID, resource.LongTime, func(ctx context.Context) (bool, error) {
		i, err := instance(ctx, h.Scope, h.ID)
		if err != nil || i == nil {
			return false, err
		}
		if i.State.Name == ec2types.InstanceStateNameStopped {
			_, err = h.EC2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{h.ID}})
			if err != nil {
				return false, fmt.Errorf("start %s: %w", h.ID, err)
			}
		}
		return i.State.Name == ec2types.InstanceStateNameRunning, nil
	})
}

func (h *Host) Remove(ctx context.Context) error {
	return Terminate(ctx, h.Scope, []string{h.ID})
}

var _ resource.Doubling = (*Host)(nil)

func (h *Host) Monthly() float64 {
	of := h.Declared.Instance
	of.Type = h.Declared.HostType(h.Side)
	return prices.OfInstance(of) + prices.HoursAMonth*prices.AddressHour
}

// BootTime is about how long an instance takes from its launch until its service answers.
const BootTime = time.Minute

func (h *Host) Replaces(differences []resource.Difference) string {
	if !renews(differences) {
		return ""
	}
	return fmt.Sprintf("1 instance: %s is terminated, then another is launched; about %v", h.ID, 2*BootTime)
}

// Succeeds counts a host of an earlier network with its zone's other.
func (h *Host) Succeeds() string {
	if !h.Subnet.VPC.Replaced() {
		return ""
	}
	return fmt.Sprintf("1 instance: another is made in the new network, and that of the earlier one goes with it; about %v", BootTime)
}

// TerminateInstances fails for an instance with disableApiTermination (Amazon EC2 User Guide, "Change instance termination protection").
func (h *Host) Unprotect() string {
	return fmt.Sprintf("termination protection is on; `aws ec2 modify-instance-attribute --region %s --instance-id %s "+
		"--no-disable-api-termination` turns it off", h.Region, h.ID)
}

func (h *Host) UnknownPrice() string { return prices.OfUnknownType(h.Declared.HostType(h.Side)) }
