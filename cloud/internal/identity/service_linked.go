package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// serviceLinked is what AWS makes for a service that acts in the account by itself.
type serviceLinked struct {
	service, role, policy, description string
	suffix                             bool // that several may be made, told apart by a suffix
}

// The services of this cloud that have such roles ("Service-linked roles for Amazon EC2 Auto Scaling", whose custom suffixes it
// describes, and "Elastic Load Balancing service-linked role").
var serviceLinkedRoles = []serviceLinked{
	{
		"autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", awsPolicy + "/aws-service-role/AutoScalingServiceRolePolicy",
		"Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling", true,
	},
	{
		"elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing",
		awsPolicy + "/aws-service-role/AWSElasticLoadBalancingServiceRolePolicy", "Allows ELB to call AWS services on your behalf.", false,
	},
}

func serviceLinkedOf(service string) (serviceLinked, bool) {
	for _, s := range serviceLinkedRoles {
		if s.service == service {
			return s, true
		}
	}
	return serviceLinked{}, false
}

// newServiceLinked makes the row of a role of a service.
func (r *Room) newServiceLinked(s serviceLinked, name, description string) entity {
	return entity{
		Kind: roles.key, Name: name, Path: "/aws-service-role/" + s.service + "/", ID: newID(roles.prefix), Created: r.now(), Service: s.service,
		Trust: fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}]}`,
			s.service),
		Description: description, MaxSession: usualSession, Attached: []string{s.policy},
	}
}

func (r *Room) createServiceLinkedRole(
	_ context.Context, in *iam.CreateServiceLinkedRoleInput,
) (*iam.CreateServiceLinkedRoleOutput, error) {
	s, ok := serviceLinkedOf(*in.AWSServiceName)
	if !ok {
		return nil, invalidInput("The service %s has no service-linked role in this cloud.", *in.AWSServiceName)
	}
	name, description := s.role, s.description
	if suffix := room.Deref(in.CustomSuffix); suffix != "" {
		if !s.suffix {
			return nil, invalidInput("Custom suffix is not allowed for %s", s.service)
		}
		name += "_" + suffix
	}
	if in.Description != nil {
		description = *in.Description
	}
	e := r.newServiceLinked(s, name, description)
	err := r.Update(func(tx *store.Tx) error {
		if _, taken := r.entities.GetTx(tx, roles.row(name)); taken {
			return invalidInput("Service role name %s has been taken in this account, please try a different suffix.", name)
		}
		return r.put(tx, e)
	})
	if err != nil {
		return nil, err
	}
	shown := r.showRole(e)
	shown.MaxSessionDuration, shown.Description = nil, nil
	return &iam.CreateServiceLinkedRoleOutput{Role: shown}, nil
}

// Link implements door.Identity. A role that cannot be made, on a full disk for one, is made by the service's next such call.
func (r *Room) Link(service string) {
	s, ok := serviceLinkedOf(service)
	if !ok || r.HasServiceRole(service) {
		return
	}
	e := r.newServiceLinked(s, s.role, s.description)
	err := r.Update(func(tx *store.Tx) error {
		if _, there := r.entities.GetTx(tx, roles.row(s.role)); there {
			return nil
		}
		return r.put(tx, e)
	})
	if err != nil {
		r.Log.Error("make a service-linked role", "service", service, "err", err)
	}
}

// deleteServiceLinkedRole deletes at once; AWS asks the service first, and its answer is only a task's id, too.
func (r *Room) deleteServiceLinkedRole(
	_ context.Context, in *iam.DeleteServiceLinkedRoleInput,
) (*iam.DeleteServiceLinkedRoleOutput, error) {
	task := ""
	err := r.Update(func(tx *store.Tx) error {
		e, err := r.find(tx, roles, *in.RoleName)
		if err != nil {
			return err
		}
		if e.Service == "" {
			return invalidInput("The role %s is not a service-linked role.", e.Name)
		}
		task = strings.TrimPrefix("task"+e.Path, "/") + e.Name + "/" + room.NewUUID()
		return r.remove(tx, e)
	})
	return &iam.DeleteServiceLinkedRoleOutput{DeletionTaskId: &task}, err
}

func (r *Room) getServiceLinkedRoleDeletionStatus(
	_ context.Context, in *iam.GetServiceLinkedRoleDeletionStatusInput,
) (*iam.GetServiceLinkedRoleDeletionStatusOutput, error) {
	parts := strings.Split(*in.DeletionTaskId, "/")
	if len(parts) != 5 || parts[0] != "task" || !slices.ContainsFunc(serviceLinkedRoles, func(s serviceLinked) bool { return s.service == parts[2] }) {
		return nil, noSuchEntity("Deletion task %s cannot be found.", *in.DeletionTaskId)
	}
	return &iam.GetServiceLinkedRoleDeletionStatusOutput{Status: types.DeletionTaskStatusTypeSucceeded}, nil
}
