package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// host is an instance in a public subnet, of the same template as the fleet but in the public-facing group. What is declared of hosts alone
// is said at the launch, over the template. A host that differs from the declaration is replaced: it has no data to keep.
type host struct {
	resource.Scope
	resource.Doubles
	role     string // host-a and so on
	template *template
	image    *hostImage // nil for the template's
	subnet   *network.Subnet
	group    *network.Group
	also     *network.Group // nil for none

	id   string
	seen []resource.Field
}

func (h *host) Identity() string         { return h.id }
func (h *host) Actual() []resource.Field { return h.seen }

func (h *host) Desired() []resource.Field {
	return append(h.placed(), resource.Field{Name: protection, Value: resource.Yes(false)},
		resource.Field{Name: shutdown, Value: string(ec2types.ShutdownBehaviorStop)},
		resource.Field{Name: tokens, Value: string(h.Declared.Instance.Metadata)},
		resource.Field{Name: detailed, Value: resource.Yes(h.Declared.Instance.Monitoring == understudy.MonitoringDetailed)},
		resource.Field{Name: userData, Value: userDataText(encoded(h.Declared.HostUserData()))})
}

func (h *host) imageID() string {
	if h.image != nil {
		return h.image.id
	}
	return h.template.imageID()
}

// groups are the ids of its security groups.
func (h *host) groups() []string {
	ids := []string{resource.Known(h.group.ID)}
	if h.also != nil {
		ids = append(ids, resource.Known(h.also.ID))
	}
	return ids
}

// placed is what a host is launched with, and can be known by.
func (h *host) placed() []resource.Field {
	return []resource.Field{
		{Name: "image", Value: resource.Known(h.imageID())},
		{Name: "type", Value: h.Declared.HostType(h.Side)},
		{Name: "subnet", Value: resource.Known(h.subnet.ID)},
		{Name: "groups", Value: resource.Set(h.groups()...)},
		{Name: "key", Value: h.Declared.HostKey()},
		{Name: "profile", Value: h.template.role.ProfileName(h.Declared)},
		{Name: asLaunched},
		{Name: "running", Value: resource.Yes(true)},
		h.Tagged(h.role),
	}
}

func (h *host) Find(ctx context.Context) (bool, error) {
	all, err := instances(ctx, h.Scope, h.Mark(h.role))
	all = h.subnet.VPC.Inhabitants(all)
	if err == nil && len(all) == 0 && h.subnet.ID != "" { // or it has lost its tags
		all, err = h.launched(ctx)
	}
	if err != nil {
		return false, err
	}
	*h = host{Scope: h.Scope, role: h.role, template: h.template, image: h.image, subnet: h.subnet, group: h.group, also: h.also}
	var found []*host
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

func (h *host) remember(i ec2types.Instance) {
	h.id = aws.ToString(i.InstanceId)
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
		{Name: asLaunched, Value: h.template.launchedWithAnother(account.OfEC2(i.Tags))},
		{Name: "running", Value: resource.Yes(starting(i))},
		h.TaggedWith(h.role, account.OfEC2(i.Tags)),
	}
	if m := i.MetadataOptions; m != nil {
		h.seen = append(h.seen, resource.Field{Name: tokens, Value: string(m.HttpTokens)})
	}
	m := i.Monitoring
	on := m != nil && (m.State == ec2types.MonitoringStateEnabled || m.State == ec2types.MonitoringStatePending)
	h.seen = append(h.seen, resource.Field{Name: detailed, Value: resource.Yes(on)})
}

// launched returns the instances of the host's subnet that were launched with one of the host's client tokens.
func (h *host) launched(ctx context.Context) ([]ec2types.Instance, error) {
	all, err := instancesWhere(ctx, h.Scope, account.Filter("subnet-id", h.subnet.ID))
	return slices.DeleteFunc(all, func(i ec2types.Instance) bool {
		for version := range h.template.version + 1 {
			if launchedFor(h.Scope, aws.ToString(i.ClientToken), h.parts(version)...) {
				return false
			}
		}
		return true
	}), err
}

// parts are what the client tokens of a host's launches are made from.
func (h *host) parts(version int64) []string {
	parts := append([]string{h.role, h.template.id, resource.Number(version), h.subnet.ID}, h.groups()...)
	o := h.over()
	for _, f := range []resource.Field{{Name: "image", Value: o.Image}, {Name: "type", Value: o.Type}, {Name: "key", Value: o.Key},
		{Name: userData, Value: o.UserData}} {
		if f.Value != "" {
			parts = append(parts, f.Name, f.Value)
		}
	}
	return parts
}

func (h *host) over() (o blueprint.LaunchedOver) {
	if h.image != nil {
		o.Image = h.image.id
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
func (h *host) Fits() int { return len(h.seen) - len(resource.Compare(h.placed(), h.seen)) }

func (h *host) Holds(context.Context) ([]string, error) { return nil, nil }

func (h *host) Create(ctx context.Context) error {
	in := &ec2.RunInstancesInput{
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{
			LaunchTemplateId: &h.template.id, Version: aws.String(resource.Number(h.template.version)),
		},
		SubnetId:          &h.subnet.ID,
		SecurityGroupIds:  h.groups(),
		TagSpecifications: h.Mark(h.role).EC2(ec2types.ResourceTypeInstance),
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
	h.id, err = launch(ctx, h.Scope, in, h.parts(h.template.version)...)
	return err
}

func (h *host) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := h.Retag(ctx, h.id, h.role); err != nil {
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
	if err := terminate(ctx, h.Scope, []string{h.id}); err != nil {
		return err
	}
	return h.Create(ctx)
}

// start starts a stopped host; if it is stopping, it first waits until it has stopped.
func (h *host) start(ctx context.Context) error {
	return account.Poll(ctx, "the start of "+h.id, resource.LongTime, func(ctx context.Context) (bool, error) {
		i, err := instance(ctx, h.Scope, h.id)
		if err != nil || i == nil {
			return false, err
		}
		if i.State.Name == ec2types.InstanceStateNameStopped {
			_, err = h.EC2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{h.id}})
			if err != nil {
				return false, fmt.Errorf("start %s: %w", h.id, err)
			}
		}
		return i.State.Name == ec2types.InstanceStateNameRunning, nil
	})
}

func (h *host) Remove(ctx context.Context) error {
	return terminate(ctx, h.Scope, []string{h.id})
}

var _ resource.Doubling = (*host)(nil)
