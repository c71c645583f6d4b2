package doctor

import (
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// Policy is an IAM policy document ("Grammar of the IAM JSON policy language" in the IAM User Guide).
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement lets the caller call actions. Where one covers several kinds of resources, each is judged by itself, and a condition key
// that a kind does not have fails: that is why an action stands in several statements.
type Statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// actions are what the commands call, by how they are narrowed. What stands in several lists is asked for several kinds of
// resources (Service Authorization Reference, "Actions, resources, and condition keys" of each service).
var actions = struct {
	read, readNames, alarms, make, use, free, cut, mend, balance, scale, names string
}{
	// These know no resources.
	read: `acm:DescribeCertificate autoscaling:DescribeAccountLimits autoscaling:DescribeAutoScalingGroups autoscaling:DescribeInstanceRefreshes autoscaling:DescribePolicies
		autoscaling:DescribeScalingActivities autoscaling:DescribeScheduledActions
		cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource
		ec2:DescribeAddresses ec2:DescribeAvailabilityZones ec2:DescribeImages ec2:DescribeInstanceAttribute ec2:DescribeInstances
		ec2:DescribeInstanceTypeOfferings ec2:DescribeInstanceTypes
		ec2:DescribeInternetGateways ec2:DescribeKeyPairs ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions ec2:DescribeNatGateways
		ec2:DescribeNetworkAcls
		ec2:DescribeNetworkInterfaces ec2:DescribeRegions ec2:DescribeRouteTables ec2:DescribeSecurityGroups ec2:DescribeSnapshots
		ec2:DescribeSubnets ec2:DescribeTags ec2:DescribeVpcAttribute ec2:DescribeVpcEndpoints ec2:DescribeVpcs
		ec2:GetEbsDefaultKmsKeyId ec2:GetEbsEncryptionByDefault
		elasticloadbalancing:DescribeAccountLimits elasticloadbalancing:DescribeListenerAttributes elasticloadbalancing:DescribeListeners
		elasticloadbalancing:DescribeLoadBalancerAttributes
		elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeRules elasticloadbalancing:DescribeTags
		elasticloadbalancing:DescribeTargetGroupAttributes elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetHealth
		servicequotas:GetAWSDefaultServiceQuota servicequotas:GetServiceQuota`,
	readNames: `route53:GetAccountLimit route53:GetChange route53:GetCheckerIpRanges route53:GetHealthCheck route53:GetHealthCheckStatus
		route53:GetHostedZone
		route53:ListHealthChecks route53:ListHostedZones route53:ListHostedZonesByName route53:ListResourceRecordSets route53:ListTagsForResource
		route53:ListTagsForResources`,
	// Alarms are the stack's by their names.
	alarms: `cloudwatch:DeleteAlarms cloudwatch:PutMetricAlarm cloudwatch:SetAlarmState cloudwatch:TagResource cloudwatch:UntagResource`,
	// What these make gets the stack's tag in the call. CreateTags gives it back to what has lost it.
	make: `ec2:AllocateAddress ec2:CreateImage ec2:CreateInternetGateway ec2:CreateLaunchTemplate ec2:CreateNatGateway ec2:CreateRouteTable
		ec2:CreateSecurityGroup ec2:CreateSubnet ec2:CreateTags ec2:CreateVpc ec2:CreateVpcEndpoint ec2:RunInstances
		elasticloadbalancing:AddTags elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:CreateTargetGroup`,
	// What these work on has the stack's tag.
	use: `ec2:AssociateRouteTable ec2:AttachInternetGateway ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress
		ec2:CreateImage ec2:CreateLaunchTemplateVersion ec2:CreateNatGateway ec2:CreateNetworkAcl ec2:CreateRoute ec2:CreateRouteTable
		ec2:CreateSecurityGroup ec2:CreateSubnet ec2:CreateVpcEndpoint
		ec2:DeleteInternetGateway ec2:DeleteLaunchTemplate ec2:DeleteLaunchTemplateVersions ec2:DeleteNatGateway
		ec2:DeleteRoute ec2:DeleteRouteTable ec2:DeleteSecurityGroup ec2:DeleteSnapshot
		ec2:DeleteSubnet ec2:DeleteTags ec2:DeleteVpc ec2:DeleteVpcEndpoints ec2:DeregisterImage
		ec2:DetachInternetGateway ec2:DisassociateRouteTable ec2:GetConsoleOutput
		ec2:ModifyInstanceAttribute ec2:ModifyInstanceMetadataOptions ec2:ModifyLaunchTemplate ec2:ModifySubnetAttribute
		ec2:ModifyVpcAttribute ec2:ModifyVpcEndpoint ec2:MonitorInstances ec2:ReleaseAddress ec2:ReplaceRoute ec2:ReplaceRouteTableAssociation
		ec2:RevokeSecurityGroupEgress ec2:RevokeSecurityGroupIngress ec2:RunInstances ec2:StartInstances ec2:TerminateInstances
		ec2:UnmonitorInstances`,
	// The base image, and the disks and network interfaces of new instances, do not have the stack's tag; of ReplaceNetworkAclAssociation
	// the VPC's default network ACL has none, of CopyImage the source.
	free: `ec2:CopyImage ec2:ReplaceNetworkAclAssociation`,
	// A drill's network ACL has a tag of its own: the first give it, and the others find it.
	cut:  `ec2:CreateNetworkAcl ec2:CreateTags`,
	mend: `ec2:CreateNetworkAclEntry ec2:DeleteNetworkAcl`,
	// Of a load balancer's listeners and rules, not all have tags: a drill's rules have none. Names tell whose they are.
	balance: `elasticloadbalancing:CreateListener elasticloadbalancing:CreateRule elasticloadbalancing:DeleteListener
		elasticloadbalancing:DeleteLoadBalancer elasticloadbalancing:DeleteRule elasticloadbalancing:DeleteTargetGroup elasticloadbalancing:DeregisterTargets
		elasticloadbalancing:ModifyListener elasticloadbalancing:ModifyListenerAttributes elasticloadbalancing:ModifyLoadBalancerAttributes
		elasticloadbalancing:ModifyRule
		elasticloadbalancing:ModifyTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:RemoveTags
		elasticloadbalancing:SetIpAddressType elasticloadbalancing:SetRulePriorities elasticloadbalancing:SetSecurityGroups elasticloadbalancing:SetSubnets`,
	// CreateOrUpdateTags is what CreateAutoScalingGroup needs for its tags.
	scale: `autoscaling:AttachLoadBalancerTargetGroups autoscaling:CancelInstanceRefresh autoscaling:CreateAutoScalingGroup
		autoscaling:CreateOrUpdateTags autoscaling:DeleteAutoScalingGroup autoscaling:DeletePolicy
		autoscaling:DeleteScheduledAction autoscaling:DeleteTags
		autoscaling:DetachLoadBalancerTargetGroups autoscaling:DisableMetricsCollection autoscaling:EnableMetricsCollection
		autoscaling:PutScalingPolicy autoscaling:PutScheduledUpdateGroupAction autoscaling:ResumeProcesses autoscaling:RollbackInstanceRefresh
		autoscaling:SetDesiredCapacity autoscaling:SetInstanceProtection
		autoscaling:StartInstanceRefresh autoscaling:SuspendProcesses autoscaling:UpdateAutoScalingGroup`,
	// Route 53 knows no tags in conditions.
	names: `route53:ChangeTagsForResource route53:CreateHealthCheck route53:CreateHostedZone route53:DeleteHealthCheck
		route53:DeleteHostedZone route53:UpdateHealthCheck`,
}

const (
	requestTag  = "aws:RequestTag/" + account.TagStack
	resourceTag = "aws:ResourceTag/" + account.TagStack
	anything    = "*"
)

// LeastPolicy is what a caller must be allowed for all commands that work on a stack.
func LeastPolicy(d *understudy.Declaration) Policy {
	p := &policy{stack: d.Name, balancers: "app/", partition: understudy.Partition(d.Regions[understudy.Primary].Name)}
	for _, side := range understudy.Sides {
		p.regions = append(p.regions, d.Regions[side].Name)
	}
	if d.Balancer.Kind == understudy.KindNetwork {
		p.balancers = "net/"
	}
	p.allow("Read", actions.read, p.here(nil), anything)
	p.allow("ReadNames", actions.readNames, nil, anything)
	p.allow("MakeWithTheStacksTag", actions.make, p.here(equals(requestTag, d.Name)), anything)
	p.allow("UseWhatHasTheStacksTag", actions.use, p.here(equals(resourceTag, d.Name)), anything)
	// Auto Scaling asks, for whoever makes or changes a group, whether its launch template may be launched; that gives instances no tags,
	// the group does. What narrows a launch are the template, subnets and security groups.
	p.allow("LaunchFromAnyImage", "ec2:RunInstances", p.here(nil),
		p.arns("ec2", "image/*", "instance/*", "network-interface/*", "snapshot/*", "volume/*")...)
	for _, side := range understudy.Sides {
		p.within(side, d.Regions[side].Network)
	}
	p.allow("WhatHasNoTag", actions.free, p.here(nil), anything)
	p.allow("ClaimTheStack", "ec2:CreateLaunchTemplate ec2:CreateTags", p.here(present("aws:RequestTag/understudy:claim")), p.arns("ec2", "launch-template/*")...)
	p.allow("ReleaseTheStack", "ec2:DeleteLaunchTemplate", p.here(present("aws:ResourceTag/understudy:claim")), p.arns("ec2", "launch-template/*")...)
	p.allow("CutConnections", actions.cut, p.here(present("aws:RequestTag/understudy:drill")), p.arns("ec2", "network-acl/*")...)
	p.allow("MendConnections", actions.mend, p.here(present("aws:ResourceTag/understudy:drill")), p.arns("ec2", "network-acl/*")...)
	p.allow("Balance", actions.balance, p.here(nil), p.balancing()...)
	p.allow("Scale", actions.scale, p.here(nil), p.scaling()...)
	p.allow("Alarms", actions.alarms, p.here(nil), p.arns("cloudwatch", "alarm:understudy-"+p.stack+"-*")...)
	p.allow("Names", actions.names, nil, anything)
	p.allow("Records", "route53:ChangeResourceRecordSets", p.ofDomain(d.Domain), "arn:"+p.partition+":route53:::hostedzone/*")
	p.machines(d)
	p.allow("RolesThatServicesMakeOnce", "iam:CreateServiceLinkedRole",
		equals("iam:AWSServiceName", "autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com"),
		"arn:"+p.partition+":iam::*:role/aws-service-role/*")
	return Policy{"2012-10-17", p.statements}
}

type condition = map[string]map[string][]string

type policy struct {
	stack, partition string
	balancers        string // how ARNs call their kind
	regions          []string
	statements       []Statement
}

func (p *policy) allow(sid, list string, c condition, resources ...string) {
	p.statements = append(p.statements, Statement{sid, "Allow", strings.Fields(list), resources, c})
}

// here adds that the call goes to one of the two regions.
func (p *policy) here(c condition) condition {
	all := equals("aws:RequestedRegion", p.regions...)
	for operator, keys := range c {
		if all[operator] == nil {
			all[operator] = map[string][]string{}
		}
		for key, values := range keys {
			all[operator][key] = values
		}
	}
	return all
}

// ofDomain allows records of the domain alone, also of names that the declaration had before ("Using IAM policy conditions for
// fine-grained access control" in the Route 53 Developer Guide).
func (p *policy) ofDomain(domain string) condition {
	return condition{"ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": {domain, "*." + domain}}}
}

// arns are the resources of a service in any region and account: the condition tells the regions.
func (p *policy) arns(service string, resources ...string) (all []string) {
	for _, r := range resources {
		all = append(all, "arn:"+p.partition+":"+service+":*:*:"+r)
	}
	return all
}

// balancing are load balancers, and what belongs to them, by the names that up gives. Those that take the place of others, and fleets
// that do, have a digit before the hyphen; a question mark is one character (IAM User Guide, "IAM JSON policy elements: Resource").
func (p *policy) balancing() []string {
	var all []string
	for _, name := range []string{"understudy-" + p.stack + "/*", "understudy?-" + p.stack + "/*"} {
		for _, kind := range []string{"loadbalancer/" + p.balancers, "targetgroup/", "listener/" + p.balancers, "listener-rule/" + p.balancers} {
			all = append(all, kind+name)
		}
	}
	for _, service := range []string{"understudy-" + p.stack, "understudy?-" + p.stack} {
		all = append(all, "targetgroup/"+understudy.GroupName(service, "*")+"/*")
	}
	return p.arns("elasticloadbalancing", all...)
}

func (p *policy) scaling() []string {
	const group = "autoScalingGroup:*:autoScalingGroupName/understudy"
	return p.arns("autoscaling", group+"-"+p.stack, group+"?-"+p.stack)
}

func equals(key string, values ...string) condition { return condition{"StringEquals": {key: values}} }

func present(key string) condition { return condition{"Null": {key: {"false"}}} }
