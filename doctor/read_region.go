package doctor

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/network"
)

// asker asks one region.
type asker struct {
	*account.Account
	declared *understudy.Declaration
	side     understudy.Side
}

// owns tells whether tags are those of something of the stack.
func (q asker) owns(tags []ec2types.Tag) bool {
	return account.OfEC2(tags)[account.TagStack] == q.declared.Name
}

func readRegion(ctx context.Context, a *account.Account, d *understudy.Declaration, side understudy.Side) region {
	r, q := region{name: a.Region}, asker{a, d, side}
	var all sync.WaitGroup
	if d.Regions[side].Given() {
		q.readGiven(ctx, &all, &r)
	} else {
		ask(&all, &r.built, func() (bool, error) { return q.built(ctx, d.Regions[side].CIDR.String()) })
		ask(&all, &r.zones, func() ([]string, error) { return q.zones(ctx) })
	}
	ask(&all, &r.offered, func() ([]string, error) { return q.offered(ctx) })
	ask(&all, &r.kind, func() (kind, error) { return q.kind(ctx) })
	ask(&all, &r.encrypts, func() (bool, error) { return q.encrypts(ctx) })
	ask(&all, &r.key, func() (string, error) { return q.key(ctx) })
	ask(&all, &r.balancing, func() ([]quota, error) { return q.balancing(ctx) })
	ask(&all, &r.scaling, func() ([]quota, error) { return q.scaling(ctx) })
	ask(&all, &r.limits, func() (map[string]int, error) { return q.limits(ctx) })
	ask(&all, &r.networks, func() (networks, error) { return q.networks(ctx) })
	ask(&all, &r.elastics, func() (counted, error) { return q.elastics(ctx) })
	ask(&all, &r.nats, func() (map[string]counted, error) { return q.nats(ctx) })
	ask(&all, &r.endpoints, func() (counted, error) { return q.endpoints(ctx) })
	ask(&all, &r.alarms, func() (counted, error) { return q.alarms(ctx) })
	ask(&all, &r.running, func() (running, error) { return q.running(ctx) })
	ask(&all, &r.group, func() (*group, error) { return q.group(ctx) })
	ask(&all, &r.parameters, func() (map[string]string, error) { return q.parameters(ctx) })
	ask(&all, &r.keyPair, func() (bool, error) { return q.hasKey(ctx) })
	all.Go(func() { r.hosts = readHosts(ctx, a, d, side) })
	if d.HTTPS.Declared() {
		ask(&all, &r.secured, func() (certificate, error) { return q.certificate(ctx, d.HTTPS.Certificates[side]) })
	}
	all.Go(func() {
		r.image.value, r.image.err = q.image(ctx)
		r.tried = q.try(ctx, d.Regions[side], r.image.value)
	})
	all.Wait()
	return r
}

// built tells whether the stack has a VPC with the declared network: beside one with another, up makes all of it again.
func (q asker) built(ctx context.Context, network string) (bool, error) {
	out, err := q.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: account.Mark(q.declared.Name, "vpc").Filters()})
	return err == nil && slices.ContainsFunc(out.Vpcs, func(v ec2types.Vpc) bool { return aws.ToString(v.CidrBlock) == network }), err
}

func (q asker) zones(ctx context.Context) ([]string, error) {
	out, err := q.EC2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
	if err != nil {
		return nil, err
	}
	return network.UsableZones(out.AvailabilityZones), nil
}

func (q asker) offered(ctx context.Context) (zones []string, err error) {
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(q.EC2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: ec2types.LocationTypeAvailabilityZone,
		Filters:      []ec2types.Filter{account.Filter("instance-type", q.declared.InstanceType(q.side))},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.InstanceTypeOfferings {
			zones = append(zones, aws.ToString(o.Location))
		}
	}
	return zones, nil
}

// kind asks by a filter: a type that is named and that the region does not have is an error.
func (q asker) kind(ctx context.Context) (k kind, err error) {
	out, err := q.EC2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{
		Filters: []ec2types.Filter{account.Filter("instance-type", q.declared.InstanceType(q.side))},
	})
	if err != nil || len(out.InstanceTypes) == 0 {
		return k, err
	}
	info := out.InstanceTypes[0]
	k.known = true
	if info.VCpuInfo != nil {
		k.vcpus = int(aws.ToInt32(info.VCpuInfo.DefaultVCpus))
	}
	if info.ProcessorInfo != nil {
		for _, a := range info.ProcessorInfo.SupportedArchitectures {
			k.architectures = append(k.architectures, string(a))
		}
	}
	return k, nil
}

// image is what the declaration selects as the base, as up does.
func (q asker) image(ctx context.Context) (*base, error) {
	i, err := q.BaseImage(ctx, q.declared.Origin(q.side))
	if err != nil || i == nil {
		return nil, err
	}
	return &base{aws.ToString(i.ImageId), aws.ToString(i.Name), string(i.Architecture), rootSize(*i)}, nil
}

func (q asker) encrypts(ctx context.Context) (bool, error) {
	out, err := q.EC2.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
	if err != nil {
		return false, err
	}
	return aws.ToBool(out.EbsEncryptionByDefault), nil
}

func (q asker) key(ctx context.Context) (string, error) {
	out, err := q.EC2.GetEbsDefaultKmsKeyId(ctx, &ec2.GetEbsDefaultKmsKeyIdInput{})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.KmsKeyId), nil
}

// The names that Elastic Load Balancing gives its quotas (Limit in its API Reference).
const (
	limitBalancers        = "application-load-balancers"
	limitNetworkBalancers = "network-load-balancers"
	limitGroups           = "target-groups"
)

func (q asker) balancing(ctx context.Context) ([]quota, error) {
	limits, err := q.ELB.DescribeAccountLimits(ctx, &elb.DescribeAccountLimitsInput{})
	if err != nil {
		return nil, err
	}
	most := map[string]int{}
	for _, l := range limits.Limits {
		if n, err := strconv.Atoi(aws.ToString(l.Max)); err == nil {
			most[aws.ToString(l.Name)] = n
		}
	}
	used, limitBalancers := map[string]int{}, limitBalancers
	if q.declared.Balancer.Kind == understudy.KindNetwork {
		limitBalancers = limitNetworkBalancers
	}
	balancers := elb.NewDescribeLoadBalancersPaginator(q.ELB, &elb.DescribeLoadBalancersInput{})
	for balancers.HasMorePages() {
		page, err := balancers.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range page.LoadBalancers {
			if b.Type == q.declared.Balancer.Kind.Type() {
				used[limitBalancers]++
			}
		}
	}
	groups := elb.NewDescribeTargetGroupsPaginator(q.ELB, &elb.DescribeTargetGroupsInput{})
	for groups.HasMorePages() {
		page, err := groups.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		used[limitGroups] += len(page.TargetGroups)
	}
	var all []quota
	for _, name := range []string{limitBalancers, limitGroups} {
		if n, ok := most[name]; ok {
			all = append(all, quota{strings.ReplaceAll(name, "-", " "), used[name], n})
		}
	}
	return all, nil
}

func (q asker) scaling(ctx context.Context) ([]quota, error) {
	out, err := q.AutoScaling.DescribeAccountLimits(ctx, &autoscaling.DescribeAccountLimitsInput{})
	if err != nil {
		return nil, err
	}
	return []quota{{"Auto Scaling groups", int(aws.ToInt32(out.NumberOfAutoScalingGroups)), int(aws.ToInt32(out.MaxNumberOfAutoScalingGroups))}}, nil
}

func (q asker) group(ctx context.Context) (*group, error) {
	out, err := q.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: balancing.GenerationNames(q.declared.Name),
	})
	if err != nil || len(out.AutoScalingGroups) == 0 {
		return nil, err
	}
	found := out.AutoScalingGroups[0]
	g := &group{
		min: int(aws.ToInt32(found.MinSize)), desired: int(aws.ToInt32(found.DesiredCapacity)), max: int(aws.ToInt32(found.MaxSize)),
		grown: account.OfGroup(found.Tags)[account.TagGrown] != "",
	}
	for _, i := range found.Instances {
		if i.LifecycleState == "InService" {
			g.inService++
		}
	}
	return g, nil
}
