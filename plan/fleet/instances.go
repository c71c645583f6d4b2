package fleet

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

// What somebody can change of a group's instances one by one, beside their version: they are given back what the group would
// launch them with, without being replaced.

// lookAtInstances adds to what was seen of the group what is seen of its instances and of its load balancer's targets.
func (f *Fleet) lookAtInstances(ctx context.Context, registered []registration) error {
	all, err := f.instances(ctx)
	if err != nil {
		return err
	}
	moved, untagged := f.strayed(all)
	var others []string
	for _, t := range f.others(f.Was, registered) {
		others = append(others, fmt.Sprintf("%s port %d", aws.ToString(t.target.Id), aws.ToInt32(t.target.Port)))
	}
	f.seen = append(f.seen, resource.Field{Name: "instances in other groups", Value: resource.Set(moved...)},
		resource.Field{Name: "instances without tags", Value: resource.Set(untagged...)}, resource.Field{Name: "other targets", Value: resource.Set(others...)})
	return nil
}

// instances returns the group's, as EC2 knows them.
func (f *Fleet) instances(ctx context.Context) ([]ec2types.Instance, error) {
	var all []ec2types.Instance
	for some := range slices.Chunk(idsOf(f.Was), 200) { // "You can specify up to 200 values for a single filter" (EC2 User Guide)
		found, err := machines.InstancesWhere(ctx, f.Scope, account.Filter("instance-id", some...))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// idsOf returns the instances that are not leaving their group.
func idsOf(g *autoscalingtypes.AutoScalingGroup) (ids []string) {
	for _, i := range g.Instances {
		if !onItsWayOut(i.LifecycleState) {
			ids = append(ids, aws.ToString(i.InstanceId))
		}
	}
	return ids
}

// strayed returns the ids of instances that are in other security groups than the stack's, and of those without its tags.
// Instances of another version are to be replaced, with their groups.
func (f *Fleet) strayed(all []ec2types.Instance) (moved, untagged []string) {
	of := map[string]string{}
	for _, i := range f.Was.Instances {
		of[aws.ToString(i.InstanceId)] = f.Template.Label(machines.VersionOf(i.LaunchTemplate))
	}
	for _, i := range all {
		id := aws.ToString(i.InstanceId)
		var groups []string
		for _, g := range i.SecurityGroups {
			groups = append(groups, aws.ToString(g.GroupId))
		}
		if of[id] == f.Template.Next() && resource.Set(groups...) != f.Template.Group.ID {
			moved = append(moved, id)
		}
		if !f.Mark("fleet").Keeps(account.OfEC2(i.Tags)) {
			untagged = append(untagged, id)
		}
	}
	return moved, untagged
}

func protectedOf(g *autoscalingtypes.AutoScalingGroup) (ids []string) {
	for _, i := range g.Instances {
		if aws.ToBool(i.ProtectedFromScaleIn) && !onItsWayOut(i.LifecycleState) {
			ids = append(ids, aws.ToString(i.InstanceId))
		}
	}
	return ids
}

// registration is a target in one of the target groups.
type registration struct {
	in     *balancing.TargetGroup
	target elbtypes.TargetDescription
}

// registered returns the targets that the load balancer has for the group, but for those that are leaving.
func (f *Fleet) registered(ctx context.Context) (registered []registration, err error) {
	for _, in := range f.Group.DeclaredTogether() {
		if in.ARN == "" {
			continue
		}
		all, err := f.Targets(ctx, in.ARN)
		if account.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			leaves := t.TargetHealth != nil && t.TargetHealth.State == elbtypes.TargetHealthStateEnumDraining
			if t.Target != nil && !leaves {
				registered = append(registered, registration{in, *t.Target})
			}
		}
	}
	return registered, nil
}

// others returns the targets that are none of the group's instances, or are one at another port than the target group's: only
// the group registers, and somebody else has.
func (f *Fleet) others(g *autoscalingtypes.AutoScalingGroup, registered []registration) []registration {
	return slices.DeleteFunc(slices.Clone(registered), func(t registration) bool {
		own := slices.ContainsFunc(g.Instances, func(i autoscalingtypes.Instance) bool {
			return aws.ToString(i.InstanceId) == aws.ToString(t.target.Id)
		})
		return own && slices.Contains(t.in.Seen, resource.Field{Name: "port", Value: resource.Number(aws.ToInt32(t.target.Port))})
	})
}

// changeInstances heals what differs of the instances themselves, each as it is now.
func (f *Fleet) changeInstances(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "protected instances") {
		if err := f.endProtection(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "instances in other groups") || resource.Differs(differences, "instances without tags") {
		if err := f.bringBack(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "other targets") {
		return f.deregister(ctx)
	}
	return nil
}

// endProtection lets scaling, and an instance refresh, which would wait for an hour, terminate any instance. One call takes fifty
// (SetInstanceProtection in the Amazon EC2 Auto Scaling API Reference).
func (f *Fleet) endProtection(ctx context.Context) error {
	g, err := f.there(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(protectedOf(g), 50) {
		_, err := f.AutoScaling.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: aws.String(f.FleetName()), InstanceIds: some, ProtectedFromScaleIn: aws.Bool(false),
		})
		if err != nil {
			return fmt.Errorf("end the protection of %v from scale-in: %w", some, err)
		}
	}
	return nil
}

// bringBack gives instances the stack's security group and its tags.
func (f *Fleet) bringBack(ctx context.Context) error {
	all, err := f.instances(ctx)
	if err != nil {
		return err
	}
	moved, untagged := f.strayed(all)
	for _, id := range moved {
		_, err := f.EC2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, Groups: []string{f.Template.Group.ID}})
		if err != nil {
			return fmt.Errorf("set the security group of %s: %w", id, err)
		}
	}
	for _, id := range untagged {
		if err := f.Retag(ctx, id, "fleet"); err != nil {
			return err
		}
	}
	return nil
}

// deregister takes out the targets that are somebody else's. They get no new requests, and finish those that they have.
func (f *Fleet) deregister(ctx context.Context) error {
	registered, err := f.registered(ctx)
	if err != nil {
		return err
	}
	g, err := f.there(ctx)
	if err != nil {
		return err
	}
	of := map[string][]elbtypes.TargetDescription{}
	for _, t := range f.others(g, registered) {
		of[t.in.ARN] = append(of[t.in.ARN], t.target)
	}
	for arn, others := range of {
		if _, err := f.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &arn, Targets: others}); err != nil {
			return fmt.Errorf("deregister targets of %s: %w", arn, err)
		}
	}
	return nil
}
