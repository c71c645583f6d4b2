package discover

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
)

// Detail is what only a declaration says of a site, and nothing compares of stacks that others built.
type Detail struct {
	Tags        map[string]account.Tags // of the load balancer, its listeners and its target groups, by their ARNs
	Hosts       []Host                  // the instances beside the load balancer
	HostImages  []ec2types.Image
	HostFilters []ec2types.SecurityGroup // that only they have
	Endpoints   []ec2types.VpcEndpoint
	Scheduled   []asgtypes.ScheduledUpdateGroupAction // of the first fleet
	Alarms      []cwtypes.MetricAlarm                 // of a stack of this program's
	Role        *Role                                 // of the fleet's instances, where a stack of this program's made it
}

// Host is an instance in a subnet of the load balancer's that is no target.
type Host struct {
	ec2types.Instance
	UserData string
}

// Role is what a role may do.
type Role struct {
	Managed []string // the ARNs of its managed policies
	Own     map[string]string
}

// Describe reads what a declaration says beside what Find has read.
func (s *Stack) Describe(ctx context.Context, home *account.Account) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.readRoles(ctx, home) })
	for _, site := range s.Sites {
		g.Go(func() error { return site.readDetail(ctx) })
	}
	return g.Wait()
}

// readRoles reads which part each health check has in a stack of this program's, ten in a call (ListTagsForResources in the Route 53 API
// Reference).
func (s *Stack) readRoles(ctx context.Context, home *account.Account) error {
	s.Roles = map[string]string{}
	var ids []string
	for id := range s.Checks {
		ids = append(ids, id)
	}
	for some := range slices.Chunk(ids, 10) {
		out, err := home.Route53.ListTagsForResources(ctx, &route53.ListTagsForResourcesInput{
			ResourceType: r53types.TagResourceTypeHealthcheck, ResourceIds: some,
		})
		if err != nil {
			return fmt.Errorf("read the tags of health checks: %w", err)
		}
		for _, set := range out.ResourceTagSets {
			s.Roles[aws.ToString(set.ResourceId)] = account.OfRoute53(set.Tags)[account.TagRole]
		}
	}
	return nil
}

func (s *Site) readDetail(ctx context.Context) error {
	for _, step := range []struct {
		what string
		read func(context.Context) error
	}{
		{"tags", s.readTags}, {"idle times", s.readIdle}, {"instances", s.readHosts}, {"images", s.readHostImages}, {"security groups", s.readHostFilters},
		{"VPC endpoints", s.readEndpoints}, {"scheduled actions", s.readScheduled}, {"alarms", s.readAlarms}, {"the role", s.readRole},
	} {
		if err := step.read(ctx); err != nil {
			return fmt.Errorf("read %s of %s: %w", step.what, s.Region, err)
		}
	}
	return nil
}

// readTags reads those of what Elastic Load Balancing has, of twenty in a call (DescribeTags in its API Reference).
func (s *Site) readTags(ctx context.Context) error {
	s.Tags = map[string]account.Tags{}
	arns := []string{aws.ToString(s.Balancer.LoadBalancerArn)}
	for _, l := range s.Listeners {
		arns = append(arns, aws.ToString(l.ListenerArn))
	}
	for _, g := range s.Groups {
		arns = append(arns, aws.ToString(g.TargetGroupArn))
	}
	for some := range slices.Chunk(arns, 20) {
		out, err := s.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: some})
		if err != nil {
			return err
		}
		for _, d := range out.TagDescriptions {
			s.Tags[aws.ToString(d.ResourceArn)] = account.OfELB(d.Tags)
		}
	}
	return nil
}

// readHosts reads the instances in the load balancer's subnets that are neither a fleet's nor targets. Of a stack of this program's, only
// its hosts are.
func (s *Site) readHosts(ctx context.Context) error {
	var subnets []string
	for _, z := range s.Balancer.AvailabilityZones {
		subnets = append(subnets, aws.ToString(z.SubnetId))
	}
	pages := ec2.NewDescribeInstancesPaginator(s.EC2, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		account.Filter("subnet-id", subnets...), account.Filter("instance-state-name", "pending", "running"),
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				if s.serves(aws.ToString(i.InstanceId)) || s.own() != "" && !strings.HasPrefix(account.OfEC2(i.Tags)[account.TagRole], "host-") {
					continue
				}
				data, err := s.userDataOf(ctx, i.InstanceId)
				if err != nil {
					return err
				}
				s.Hosts = append(s.Hosts, Host{i, data})
			}
		}
	}
	slices.SortFunc(s.Hosts, func(a, b Host) int {
		return strings.Compare(account.OfEC2(a.Tags)[account.TagRole], account.OfEC2(b.Tags)[account.TagRole])
	})
	return nil
}

// serves tells whether an instance is a fleet's, or a target.
func (s *Site) serves(id string) bool {
	return slices.ContainsFunc(s.Fleets, func(g asgtypes.AutoScalingGroup) bool {
		return slices.ContainsFunc(g.Instances, func(i asgtypes.Instance) bool { return aws.ToString(i.InstanceId) == id })
	}) || slices.ContainsFunc(s.Machines, func(m ec2types.Instance) bool { return aws.ToString(m.InstanceId) == id })
}

func (s *Site) userDataOf(ctx context.Context, id *string) (string, error) {
	out, err := s.EC2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: id, Attribute: ec2types.InstanceAttributeNameUserData})
	if err != nil || out.UserData == nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(aws.ToString(out.UserData.Value))
	return string(data), err
}

func (s *Site) readHostImages(ctx context.Context) error {
	var ids []string
	for _, h := range s.Hosts {
		ids = append(ids, aws.ToString(h.ImageId))
	}
	var err error
	s.HostImages, err = s.images(ctx, ids)
	return err
}

// readHostFilters reads the security groups that hosts alone have. A stack of this program's has one where it has no host, too.
func (s *Site) readHostFilters(ctx context.Context) error {
	var ids []string
	for _, h := range s.Hosts {
		for _, g := range h.SecurityGroups {
			ids = append(ids, aws.ToString(g.GroupId))
		}
	}
	filters := []ec2types.Filter{account.Filter("group-id", unique(ids)...)}
	if own := s.own(); own != "" {
		filters = account.Mark(own, "hosts").Filters(s.within())
	} else if len(ids) == 0 {
		return nil
	}
	out, err := s.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters})
	if err != nil {
		return err
	}
	s.HostFilters = slices.DeleteFunc(out.SecurityGroups, func(g ec2types.SecurityGroup) bool {
		return slices.ContainsFunc(s.Filters, func(o ec2types.SecurityGroup) bool { return aws.ToString(o.GroupId) == aws.ToString(g.GroupId) })
	})
	return nil
}

func (s *Site) readEndpoints(ctx context.Context) error {
	pages := ec2.NewDescribeVpcEndpointsPaginator(s.EC2, &ec2.DescribeVpcEndpointsInput{Filters: []ec2types.Filter{s.within()}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		s.Endpoints = append(s.Endpoints, page.VpcEndpoints...)
	}
	return nil
}

func (s *Site) readScheduled(ctx context.Context) error {
	if len(s.Fleets) == 0 {
		return nil
	}
	pages := autoscaling.NewDescribeScheduledActionsPaginator(s.AutoScaling, &autoscaling.DescribeScheduledActionsInput{
		AutoScalingGroupName: s.Fleets[0].AutoScalingGroupName,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		s.Scheduled = append(s.Scheduled, page.ScheduledUpdateGroupActions...)
	}
	return nil
}

// readRole reads the role that a stack of this program's made: of others' the declaration has the name.
func (s *Site) readRole(ctx context.Context) error {
	name := s.profileName()
	if s.own() == "" || !strings.HasPrefix(name, "understudy-"+s.own()+"-") {
		return nil
	}
	r := &Role{Own: map[string]string{}}
	managed := iam.NewListAttachedRolePoliciesPaginator(s.IAM, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	for managed.HasMorePages() {
		page, err := managed.NextPage(ctx)
		if account.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, p := range page.AttachedPolicies {
			r.Managed = append(r.Managed, aws.ToString(p.PolicyArn))
		}
	}
	own := iam.NewListRolePoliciesPaginator(s.IAM, &iam.ListRolePoliciesInput{RoleName: &name})
	for own.HasMorePages() {
		page, err := own.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.PolicyNames {
			out, err := s.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
			if err != nil {
				return err
			}
			// Percent-encoded, as RFC 3986 has it (GetRolePolicy in the IAM API Reference).
			if r.Own[policy], err = url.PathUnescape(aws.ToString(out.PolicyDocument)); err != nil {
				return err
			}
		}
	}
	s.Role = r
	return nil
}

// own is the name of the stack of this program's that the load balancer is of, empty where others made it.
func (s *Site) own() string { return s.tagged(s.Balancer.LoadBalancerArn, account.TagStack) }

// role is the part that a listener or a target group has in a stack of this program's.
func (s *Site) role(arn *string) string { return s.tagged(arn, account.TagRole) }

func (s *Site) tagged(arn *string, key string) string { return s.Tags[aws.ToString(arn)][key] }
