package discover

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
)

// Site is what is behind one load balancer, as the region's API tells it. Of the VPC around it, only what requests pass and what serves
// them is here.
type Site struct {
	*account.Account
	Balancer   elbtypes.LoadBalancer
	Attributes map[string]string // of the load balancer
	Listeners  []Listener
	Groups     []Group
	Fleets     []asgtypes.AutoScalingGroup
	Policies   []asgtypes.ScalingPolicy // of the fleets
	Machines   []ec2types.Instance      // that are registered by hand
	Templates  []Template
	Images     []ec2types.Image

	VPC      ec2types.Vpc
	Subnets  []ec2types.Subnet // of the load balancer, the fleets and the machines
	Tables   []ec2types.RouteTable
	Gateways []ec2types.InternetGateway
	Filters  []ec2types.SecurityGroup
	ACLs     []ec2types.NetworkAcl

	Detail // where it was asked for
}

// Listener is where users connect, with its rules by their priorities and without the default one, which its default actions are.
type Listener struct {
	elbtypes.Listener
	Rules []elbtypes.Rule
	Idle  string // seconds after which a connection of TCP is forgotten, where it was asked for
}

// Group is a target group that a listener or a rule sends requests to.
type Group struct {
	elbtypes.TargetGroup
	Attributes map[string]string
	Targets    []elbtypes.TargetHealthDescription
}

// Behind is the name of the application load balancer that is the group's target; "" where it has others. What is behind that one is not read.
func (g Group) Behind() string {
	if g.TargetType != elbtypes.TargetTypeEnumAlb || len(g.Targets) == 0 {
		return ""
	}
	_, path, _ := strings.Cut(aws.ToString(g.Targets[0].Target.Id), "loadbalancer/app/")
	name, _, _ := strings.Cut(path, "/")
	return name
}

// Template is a launch template in the version that a fleet launches from.
type Template struct {
	ec2types.LaunchTemplate
	Version ec2types.LaunchTemplateVersion
}

// DNS is the load balancer's name in small letters, as Route 53 has it.
func (s *Site) DNS() string { return PlainName(aws.ToString(s.Balancer.DNSName)) }

// Zones returns the zones that the load balancer is in.
func (s *Site) Zones() (zones []string) {
	for _, z := range s.Balancer.AvailabilityZones {
		zones = append(zones, aws.ToString(z.ZoneName))
	}
	return zones
}

// readSite walks from a load balancer's DNS name to all that is behind it. Each step needs what the last has found.
func readSite(ctx context.Context, a *account.Account, dns string) (*Site, error) {
	s := &Site{Account: a}
	for _, step := range []struct {
		what string
		read func(context.Context) error
	}{
		{"the load balancer " + dns, func(ctx context.Context) error { return s.readBalancer(ctx, dns) }},
		{"attributes", s.readAttributes}, {"listeners", s.readListeners}, {"target groups", s.readGroups},
		{"auto scaling groups", s.readFleets}, {"scaling policies", s.readPolicies}, {"instances", s.readMachines},
		{"launch templates", s.readTemplates}, {"images", s.readImages}, {"the VPC", s.readVPC}, {"subnets", s.readSubnets},
		{"route tables", s.readTables}, {"internet gateways", s.readGateways}, {"security groups", s.readFilters},
		{"network ACLs", s.readACLs},
	} {
		if err := step.read(ctx); err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", step.what, a.Region, err)
		}
	}
	return s, nil
}

// readBalancer finds a load balancer by its DNS name, by which it cannot be asked for.
func (s *Site) readBalancer(ctx context.Context, dns string) error {
	pages := elb.NewDescribeLoadBalancersPaginator(s.ELB, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, b := range page.LoadBalancers {
			if PlainName(aws.ToString(b.DNSName)) == dns {
				s.Balancer = b
				return nil
			}
		}
	}
	return fmt.Errorf("no load balancer of this account has the DNS name %s", dns)
}

func (s *Site) readAttributes(ctx context.Context) (err error) {
	s.Attributes, err = s.BalancerAttributes(ctx, aws.ToString(s.Balancer.LoadBalancerArn))
	return err
}

func (s *Site) readListeners(ctx context.Context) error {
	pages := elb.NewDescribeListenersPaginator(s.ELB, &elb.DescribeListenersInput{LoadBalancerArn: s.Balancer.LoadBalancerArn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, l := range page.Listeners {
			out, err := s.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l.ListenerArn})
			if err != nil {
				return err
			}
			rules := slices.DeleteFunc(out.Rules, func(r elbtypes.Rule) bool { return aws.ToBool(r.IsDefault) })
			s.Listeners = append(s.Listeners, Listener{Listener: l, Rules: rules})
		}
	}
	slices.SortFunc(s.Listeners, func(a, b Listener) int { return int(aws.ToInt32(a.Port)) - int(aws.ToInt32(b.Port)) })
	return nil
}

// Forwards returns the target groups that actions send requests to.
func Forwards(actions []elbtypes.Action) (arns []string) {
	for _, a := range actions {
		if a.ForwardConfig != nil {
			for _, g := range a.ForwardConfig.TargetGroups {
				arns = append(arns, aws.ToString(g.TargetGroupArn))
			}
		} else if a.TargetGroupArn != nil {
			arns = append(arns, *a.TargetGroupArn)
		}
	}
	return arns
}

// readGroups reads the target groups that listeners and rules send to, in the order in which these name them.
func (s *Site) readGroups(ctx context.Context) error {
	var arns []string
	for _, l := range s.Listeners {
		arns = append(arns, Forwards(l.DefaultActions)...)
		for _, r := range l.Rules {
			arns = append(arns, Forwards(r.Actions)...)
		}
	}
	for _, arn := range unique(arns) {
		out, err := s.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
		if err != nil {
			return err
		}
		g := Group{TargetGroup: out.TargetGroups[0]}
		if g.Attributes, err = s.TargetGroupAttributes(ctx, arn); err != nil {
			return err
		}
		if g.Targets, err = s.Account.Targets(ctx, arn); err != nil {
			return err
		}
		s.Groups = append(s.Groups, g)
	}
	return nil
}

// Group returns the target group with an ARN.
func (s *Site) Group(arn string) *Group {
	for n := range s.Groups {
		if aws.ToString(s.Groups[n].TargetGroupArn) == arn {
			return &s.Groups[n]
		}
	}
	return nil
}

// readFleets reads the Auto Scaling groups that register their instances at one of the target groups.
func (s *Site) readFleets(ctx context.Context) error {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(s.AutoScaling, &autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.AutoScalingGroups {
			if slices.ContainsFunc(g.TargetGroupARNs, func(arn string) bool { return s.Group(arn) != nil }) {
				s.Fleets = append(s.Fleets, g)
			}
		}
	}
	return nil
}

func (s *Site) readPolicies(ctx context.Context) error {
	for _, g := range s.Fleets {
		pages := autoscaling.NewDescribePoliciesPaginator(s.AutoScaling, &autoscaling.DescribePoliciesInput{AutoScalingGroupName: g.AutoScalingGroupName})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			s.Policies = append(s.Policies, page.ScalingPolicies...)
		}
	}
	return nil
}

// readMachines reads the instances among the targets that no fleet has.
func (s *Site) readMachines(ctx context.Context) error {
	var ids []string
	for _, g := range s.Groups {
		if g.TargetType != elbtypes.TargetTypeEnumInstance {
			continue
		}
		for _, t := range g.Targets {
			ids = append(ids, aws.ToString(t.Target.Id))
		}
	}
	ids = slices.DeleteFunc(unique(ids), func(id string) bool {
		return slices.ContainsFunc(s.Fleets, func(g asgtypes.AutoScalingGroup) bool {
			return slices.ContainsFunc(g.Instances, func(i asgtypes.Instance) bool { return aws.ToString(i.InstanceId) == id })
		})
	})
	if len(ids) == 0 {
		return nil
	}
	// By filter and not by ids: a target may outlive its instance.
	pages := ec2.NewDescribeInstancesPaginator(s.EC2, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{account.Filter("instance-id", ids...)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range page.Reservations {
			s.Machines = append(s.Machines, r.Instances...)
		}
	}
	return nil
}

// readTemplates reads what the fleets launch from. One that is deleted is left out.
func (s *Site) readTemplates(ctx context.Context) error {
	for _, g := range s.Fleets {
		spec := TemplateOf(g)
		if spec == nil || s.template(aws.ToString(spec.LaunchTemplateId)) != nil {
			continue
		}
		out, err := s.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{aws.ToString(spec.LaunchTemplateId)}})
		if account.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		version := aws.ToString(spec.Version)
		if version == "" {
			version = "$Default" // LaunchTemplateSpecification in the Amazon EC2 Auto Scaling API Reference
		}
		versions, err := s.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
			LaunchTemplateId: spec.LaunchTemplateId, Versions: []string{version},
		})
		if err != nil {
			return err
		}
		if len(out.LaunchTemplates) == 1 && len(versions.LaunchTemplateVersions) == 1 {
			s.Templates = append(s.Templates, Template{out.LaunchTemplates[0], versions.LaunchTemplateVersions[0]})
		}
	}
	return nil
}

func (s *Site) template(id string) *Template {
	for n := range s.Templates {
		if aws.ToString(s.Templates[n].LaunchTemplateId) == id {
			return &s.Templates[n]
		}
	}
	return nil
}

// TemplateOf returns what a fleet launches from, nil for one with a launch configuration.
func TemplateOf(g asgtypes.AutoScalingGroup) *asgtypes.LaunchTemplateSpecification {
	switch {
	case g.LaunchTemplate != nil:
		return g.LaunchTemplate
	case g.MixedInstancesPolicy != nil && g.MixedInstancesPolicy.LaunchTemplate != nil:
		return g.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification
	}
	return nil
}

func (s *Site) readImages(ctx context.Context) error {
	var ids []string
	for _, t := range s.Templates {
		if t.Version.LaunchTemplateData != nil {
			ids = append(ids, aws.ToString(t.Version.LaunchTemplateData.ImageId))
		}
	}
	for _, m := range s.Machines {
		ids = append(ids, aws.ToString(m.ImageId))
	}
	var err error
	s.Images, err = s.images(ctx, ids)
	return err
}

// images are those of the ids that are there: one that was deregistered is no error.
func (s *Site) images(ctx context.Context, ids []string) ([]ec2types.Image, error) {
	if ids = unique(ids); len(ids) == 0 {
		return nil, nil
	}
	out, err := s.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Filters: []ec2types.Filter{account.Filter("image-id", ids...)}})
	if err != nil {
		return nil, err
	}
	return out.Images, nil
}

func (s *Site) readVPC(ctx context.Context) error {
	out, err := s.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{aws.ToString(s.Balancer.VpcId)}})
	if err == nil {
		s.VPC = out.Vpcs[0]
	}
	return err
}

func (s *Site) within() ec2types.Filter { return account.Filter("vpc-id", aws.ToString(s.VPC.VpcId)) }

// readSubnets reads those of the load balancer first.
func (s *Site) readSubnets(ctx context.Context) error {
	var ids []string
	for _, z := range s.Balancer.AvailabilityZones {
		ids = append(ids, aws.ToString(z.SubnetId))
	}
	for _, g := range s.Fleets {
		for id := range strings.SplitSeq(aws.ToString(g.VPCZoneIdentifier), ",") {
			ids = append(ids, strings.TrimSpace(id))
		}
	}
	for _, m := range s.Machines {
		ids = append(ids, aws.ToString(m.SubnetId))
	}
	ids = unique(ids)
	out, err := s.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
	if err != nil {
		return err
	}
	slices.SortFunc(out.Subnets, func(a, b ec2types.Subnet) int {
		return slices.Index(ids, aws.ToString(a.SubnetId)) - slices.Index(ids, aws.ToString(b.SubnetId))
	})
	s.Subnets = out.Subnets
	return nil
}

func (s *Site) subnetIDs() map[string]bool {
	ids := map[string]bool{}
	for _, one := range s.Subnets {
		ids[aws.ToString(one.SubnetId)] = true
	}
	return ids
}

// readTables reads those that govern the subnets: the main one governs those that no other does.
func (s *Site) readTables(ctx context.Context) error {
	out, err := s.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: []ec2types.Filter{s.within()}})
	if err != nil {
		return err
	}
	open := s.subnetIDs()
	var main *ec2types.RouteTable
	for n, t := range out.RouteTables {
		if account.IsMain(t) {
			main = &out.RouteTables[n]
		}
		governs := false
		for _, a := range t.Associations {
			if id := aws.ToString(a.SubnetId); open[id] {
				governs = true
				delete(open, id)
			}
		}
		if governs {
			s.Tables = append(s.Tables, t)
		}
	}
	if len(open) > 0 && main != nil && !slices.ContainsFunc(s.Tables, account.IsMain) {
		s.Tables = append(s.Tables, *main)
	}
	return nil
}

// TableOf returns the route table that governs a subnet, nil where none that was read does.
func (s *Site) TableOf(subnet string) *ec2types.RouteTable {
	var main *ec2types.RouteTable
	for n := range s.Tables {
		for _, a := range s.Tables[n].Associations {
			if aws.ToString(a.SubnetId) == subnet {
				return &s.Tables[n]
			}
			if aws.ToBool(a.Main) {
				main = &s.Tables[n]
			}
		}
	}
	return main
}

func (s *Site) readGateways(ctx context.Context) error {
	filter := account.Filter("attachment.vpc-id", aws.ToString(s.VPC.VpcId))
	out, err := s.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: []ec2types.Filter{filter}})
	if err == nil {
		s.Gateways = out.InternetGateways
	}
	return err
}

// readFilters reads the security groups of the load balancer, the templates and the machines, in this order.
func (s *Site) readFilters(ctx context.Context) error {
	ids := slices.Clone(s.Balancer.SecurityGroups)
	for _, t := range s.Templates {
		if d := t.Version.LaunchTemplateData; d != nil {
			ids = append(ids, d.SecurityGroupIds...)
			for _, i := range d.NetworkInterfaces {
				ids = append(ids, i.Groups...)
			}
		}
	}
	for _, m := range s.Machines {
		for _, g := range m.SecurityGroups {
			ids = append(ids, aws.ToString(g.GroupId))
		}
	}
	if ids = unique(ids); len(ids) == 0 {
		return nil
	}
	out, err := s.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{account.Filter("group-id", ids...)}})
	if err != nil {
		return err
	}
	slices.SortFunc(out.SecurityGroups, func(a, b ec2types.SecurityGroup) int {
		return slices.Index(ids, aws.ToString(a.GroupId)) - slices.Index(ids, aws.ToString(b.GroupId))
	})
	s.Filters = out.SecurityGroups
	return nil
}

func (s *Site) readACLs(ctx context.Context) error {
	ids := slices.Sorted(maps.Keys(s.subnetIDs()))
	out, err := s.EC2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{account.Filter("association.subnet-id", ids...)}})
	if err == nil {
		s.ACLs = out.NetworkAcls
	}
	return err
}

// unique returns texts once each and in their order, without the empty one.
func unique(texts []string) (once []string) {
	for _, t := range texts {
		if t != "" && !slices.Contains(once, t) {
			once = append(once, t)
		}
	}
	return once
}
