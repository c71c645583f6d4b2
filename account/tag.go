package account

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// The tags that mark a stack's resources. A resource without the first one is never changed or deleted.
const (
	TagStack  = "understudy:stack"
	TagRole   = "understudy:role"
	TagDigest = "understudy:digest" // of what an image or a host was made from
	TagGrown  = "understudy:grown"  // who has made a standby's group grow, to serve in the primary's place
)

// Tags are the tags of one resource of a stack.
type Tags map[string]string

// Mark returns the tags of the resource with this role in this stack. AWS's console shows the tag Name.
func Mark(stack, role string) Tags {
	return Tags{TagStack: stack, TagRole: role, "Name": stack + " " + role}
}

// With returns a copy of the tags with one more.
func (t Tags) With(key, value string) Tags {
	more := maps.Clone(t)
	more[key] = value
	return more
}

// In tells whether others have these tags' stack and role.
func (t Tags) In(others map[string]string) bool {
	return others[TagStack] == t[TagStack] && others[TagRole] == t[TagRole]
}

// Unclaimed tells whether tags say nothing of another stack than this one.
func Unclaimed(tags map[string]string, stack string) bool {
	return tags[TagStack] == "" || tags[TagStack] == stack
}

func (t Tags) keys() []string { return slices.Sorted(maps.Keys(t)) }

// EC2 returns the tags for resources of these types, for the call that creates them.
func (t Tags) EC2(types ...ec2types.ResourceType) []ec2types.TagSpecification {
	var tags []ec2types.Tag
	for _, k := range t.keys() {
		tags = append(tags, ec2types.Tag{Key: aws.String(k), Value: aws.String(t[k])})
	}
	var specs []ec2types.TagSpecification
	for _, rt := range types {
		specs = append(specs, ec2types.TagSpecification{ResourceType: rt, Tags: tags})
	}
	return specs
}

// Filters selects the resources with these tags' stack and role.
func (t Tags) Filters(more ...ec2types.Filter) []ec2types.Filter {
	return append([]ec2types.Filter{
		Filter("tag:"+TagStack, t[TagStack]),
		Filter("tag:"+TagRole, t[TagRole]),
	}, more...)
}

// Filter makes one of EC2's filters.
func Filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: aws.String(name), Values: values}
}

// ELB returns the tags for a load balancer, listener or target group.
func (t Tags) ELB() []elbtypes.Tag {
	var tags []elbtypes.Tag
	for _, k := range t.keys() {
		tags = append(tags, elbtypes.Tag{Key: aws.String(k), Value: aws.String(t[k])})
	}
	return tags
}

// Group returns the tags for an Auto Scaling group and the instances it launches.
func (t Tags) Group(name string) []autoscalingtypes.Tag {
	var tags []autoscalingtypes.Tag
	for _, k := range t.keys() {
		tags = append(tags, autoscalingtypes.Tag{
			Key: aws.String(k), Value: aws.String(t[k]), PropagateAtLaunch: aws.Bool(true),
			ResourceId: aws.String(name), ResourceType: aws.String("auto-scaling-group"),
		})
	}
	return tags
}

// Route53 returns the tags for a hosted zone or health check.
func (t Tags) Route53() []route53types.Tag {
	var tags []route53types.Tag
	for _, k := range t.keys() {
		tags = append(tags, route53types.Tag{Key: aws.String(k), Value: aws.String(t[k])})
	}
	return tags
}

// IAM returns the tags for a role or an instance profile.
func (t Tags) IAM() []iamtypes.Tag {
	var tags []iamtypes.Tag
	for _, k := range t.keys() {
		tags = append(tags, iamtypes.Tag{Key: aws.String(k), Value: aws.String(t[k])})
	}
	return tags
}

// CloudWatch returns the tags for an alarm.
func (t Tags) CloudWatch() []cwtypes.Tag {
	var tags []cwtypes.Tag
	for _, k := range t.keys() {
		tags = append(tags, cwtypes.Tag{Key: aws.String(k), Value: aws.String(t[k])})
	}
	return tags
}

// keyed makes a map of pairs, which each service has in a type of its own.
func keyed[Pair any](pairs []Pair, of func(Pair) (key, value *string)) map[string]string {
	m := map[string]string{}
	for _, p := range pairs {
		key, value := of(p)
		m[aws.ToString(key)] = aws.ToString(value)
	}
	return m
}

// OfEC2 reads tags from EC2's answers.
func OfEC2(tags []ec2types.Tag) map[string]string {
	return keyed(tags, func(t ec2types.Tag) (key, value *string) { return t.Key, t.Value })
}

// OfELB reads tags from Elastic Load Balancing's answers.
func OfELB(tags []elbtypes.Tag) map[string]string {
	return keyed(tags, func(t elbtypes.Tag) (key, value *string) { return t.Key, t.Value })
}

// OfGroup reads tags from an Auto Scaling group.
func OfGroup(tags []autoscalingtypes.TagDescription) map[string]string {
	return keyed(tags, func(t autoscalingtypes.TagDescription) (key, value *string) { return t.Key, t.Value })
}

// OfRoute53 reads tags from Route 53's answers.
func OfRoute53(tags []route53types.Tag) map[string]string {
	return keyed(tags, func(t route53types.Tag) (key, value *string) { return t.Key, t.Value })
}

// OfIAM reads tags from IAM's answers.
func OfIAM(tags []iamtypes.Tag) map[string]string {
	return keyed(tags, func(t iamtypes.Tag) (key, value *string) { return t.Key, t.Value })
}

// OfCloudWatch reads tags from CloudWatch's answers.
func OfCloudWatch(tags []cwtypes.Tag) map[string]string {
	return keyed(tags, func(t cwtypes.Tag) (key, value *string) { return t.Key, t.Value })
}
