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
)

// host is an instance in a public subnet, of the same template as the fleet but in the public-facing group. What is declared of hosts alone
// is said at the launch, over the template. A host that differs from the declaration is replaced: it has no data to keep.
type host struct {
	scope
	doubles
	role     string // host-a and so on
	template *template
	image    *hostImage // nil for the template's
	subnet   *subnet
	group    *group
	also     *group // nil for none

	id   string
	seen []Field
}

func (h *host) identity() string { return h.id }
func (h *host) actual() []Field  { return h.seen }

func (h *host) desired() []Field {
	return append(h.placed(), Field{Name: protection, Value: yes(false)}, Field{Name: shutdown, Value: string(ec2types.ShutdownBehaviorStop)},
		Field{Name: tokens, Value: string(h.declared.Instance.Metadata)},
		Field{Name: detailed, Value: yes(h.declared.Instance.Monitoring == understudy.MonitoringDetailed)},
		Field{Name: userData, Value: userDataText(encoded(h.declared.HostUserData()))})
}

func (h *host) imageID() string {
	if h.image != nil {
		return h.image.id
	}
	return h.template.imageID()
}

// groups are the ids of its security groups.
func (h *host) groups() []string {
	ids := []string{known(h.group.id)}
	if h.also != nil {
		ids = append(ids, known(h.also.id))
	}
	return ids
}

// placed is what a host is launched with, and can be known by.
func (h *host) placed() []Field {
	return []Field{
		{Name: "image", Value: known(h.imageID())},
		{Name: "type", Value: h.declared.HostType(h.side)},
		{Name: "subnet", Value: known(h.subnet.id)},
		{Name: "groups", Value: set(h.groups()...)},
		{Name: "key", Value: h.declared.HostKey()},
		{Name: "profile", Value: h.template.role.profileName(h.declared)},
		{Name: asLaunched},
		{Name: "running", Value: yes(true)},
		h.tagged(h.role),
	}
}

func (h *host) find(ctx context.Context) (bool, error) {
	all, err := instances(ctx, h.scope, h.mark(h.role))
	all = h.subnet.vpc.inhabitants(all)
	if err == nil && len(all) == 0 && h.subnet.id != "" { // or it has lost its tags
		all, err = h.launched(ctx)
	}
	if err != nil {
		return false, err
	}
	*h = host{scope: h.scope, role: h.role, template: h.template, image: h.image, subnet: h.subnet, group: h.group, also: h.also}
	var found []*host
	for _, i := range all {
		one := *h
		one.remember(i)
		found = append(found, &one)
	}
	there, err := choose(ctx, h, found)
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
	h.seen = []Field{
		{Name: "profile", Value: profile},
		{Name: "image", Value: aws.ToString(i.ImageId)},
		{Name: "type", Value: string(i.InstanceType)},
		{Name: "subnet", Value: aws.ToString(i.SubnetId)},
		{Name: "groups", Value: set(groups...)},
		{Name: "key", Value: aws.ToString(i.KeyName)},
		{Name: asLaunched, Value: h.template.launchedWithAnother(account.OfEC2(i.Tags))},
		{Name: "running", Value: yes(starting(i))},
		h.taggedWith(h.role, account.OfEC2(i.Tags)),
	}
	if m := i.MetadataOptions; m != nil {
		h.seen = append(h.seen, Field{Name: tokens, Value: string(m.HttpTokens)})
	}
	m := i.Monitoring
	on := m != nil && (m.State == ec2types.MonitoringStateEnabled || m.State == ec2types.MonitoringStatePending)
	h.seen = append(h.seen, Field{Name: detailed, Value: yes(on)})
}

// launched returns the instances of the host's subnet that were launched with one of the host's client tokens.
func (h *host) launched(ctx context.Context) ([]ec2types.Instance, error) {
	all, err := instancesWhere(ctx, h.scope, account.Filter("subnet-id", h.subnet.id))
	return slices.DeleteFunc(all, func(i ec2types.Instance) bool {
		for version := range h.template.version + 1 {
			if launchedFor(h.scope, aws.ToString(i.ClientToken), h.parts(version)...) {
				return false
			}
		}
		return true
	}), err
}

// parts are what the client tokens of a host's launches are made from.
func (h *host) parts(version int64) []string {
	parts := append([]string{h.role, h.template.id, number(version), h.subnet.id}, h.groups()...)
	o := h.over()
	for _, f := range []Field{{Name: "image", Value: o.Image}, {Name: "type", Value: o.Type}, {Name: "key", Value: o.Key}, {Name: userData, Value: o.UserData}} {
		if f.Value != "" {
			parts = append(parts, f.Name, f.Value)
		}
	}
	return parts
}

// LaunchedOver is what a host is launched with in the place of what its launch template says. What is empty is the template's.
type LaunchedOver struct {
	Image     string // a reference, in a blueprint
	Type, Key string
	UserData  string // base64
}

func (h *host) over() (o LaunchedOver) {
	if h.image != nil {
		o.Image = h.image.id
	}
	of := h.declared.Instance
	if t := h.declared.HostType(h.side); t != h.declared.InstanceType(h.side) {
		o.Type = t
	}
	if key := h.declared.HostKey(); key != of.Key {
		o.Key = key
	}
	if said := h.declared.HostUserData(); said != h.declared.UserData() {
		o.UserData = encoded(said)
	}
	return o
}

// fits prefers the host of which the least has to be changed. The others are left from an interrupted
// replacement, or from a call that was carried out late, after the declaration had changed.
func (h *host) fits() int { return len(h.seen) - len(compare(h.placed(), h.seen)) }

func (h *host) holds(context.Context) ([]string, error) { return nil, nil }

func (h *host) create(ctx context.Context) error {
	in := &ec2.RunInstancesInput{
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{
			LaunchTemplateId: &h.template.id, Version: aws.String(number(h.template.version)),
		},
		SubnetId:          &h.subnet.id,
		SecurityGroupIds:  h.groups(),
		TagSpecifications: h.mark(h.role).EC2(ec2types.ResourceTypeInstance),
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
	h.id, err = launch(ctx, h.scope, in, h.parts(h.template.version)...)
	return err
}

func (h *host) change(ctx context.Context, differences []Difference) error {
	if differs(differences, "tagged") {
		if err := h.retag(ctx, h.id, h.role); err != nil {
			return err
		}
	}
	if err := h.reset(ctx, differences); err != nil {
		return err
	}
	switch {
	case renews(differences):
	case differs(differences, "running"):
		return h.start(ctx)
	default:
		return nil
	}
	if err := terminate(ctx, h.scope, []string{h.id}); err != nil {
		return err
	}
	return h.create(ctx)
}

// start starts a stopped host; if it is stopping, it first waits until it has stopped.
func (h *host) start(ctx context.Context) error {
	return account.Poll(ctx, "the start of "+h.id, longTime, func(ctx context.Context) (bool, error) {
		i, err := instance(ctx, h.scope, h.id)
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

func (h *host) remove(ctx context.Context) error {
	return terminate(ctx, h.scope, []string{h.id})
}

var _ doubling = (*host)(nil)
