// Package browse lists what an account has in a region, of every kind that a stack is made of, whoever made it.
package browse

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy/account"
)

// Thing is a resource.
type Thing struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	State  string `json:"state,omitempty"`
	About  string `json:"about,omitempty"`
	Detail any    `json:"detail"` // as the API describes it
}

// Kind is a kind of resources.
type Kind struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Global bool   `json:"global,omitempty"` // of no region
	list   func(context.Context, *account.Account) ([]Thing, error)
}

// Kinds are all kinds, in the order in which a stack is built.
var Kinds = []Kind{
	{"vpcs", "VPCs", false, vpcs},
	{"subnets", "Subnets", false, subnets},
	{"gateways", "Internet gateways", false, gateways},
	{"nat-gateways", "NAT gateways", false, natGateways},
	{"route-tables", "Route tables", false, routeTables},
	{"groups", "Security groups", false, groups},
	{"addresses", "Elastic IP addresses", false, addresses},
	{"instances", "Instances", false, instances},
	{"images", "Images", false, images},
	{"templates", "Launch templates", false, templates},
	{"target-groups", "Target groups", false, targetGroups},
	{"balancers", "Load balancers", false, balancers},
	{"fleets", "Auto Scaling groups", false, fleets},
	{"alarms", "Alarms", false, alarms},
	{"zones", "Hosted zones", true, zones},
	{"checks", "Health checks", true, checks},
}

// List lists a kind's resources in the account's region. It fails for a kind that is not there, and where the API does not answer.
func List(ctx context.Context, a *account.Account, kind string) ([]Thing, error) {
	for _, k := range Kinds {
		if k.Name == kind {
			found, err := k.list(ctx, a)
			if err != nil {
				return nil, fmt.Errorf("list %s in %s: %w", k.Title, a.Region, err)
			}
			return found, nil
		}
	}
	return nil, fmt.Errorf("there is no kind %q of resources", kind)
}

// paginator is one of the SDK's.
type paginator[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (*Page, error)
}

// every makes things of all elements of all pages.
func every[Page, Options, Element any](
	ctx context.Context, pages paginator[Page, Options], elements func(*Page) []Element, thing func(Element) Thing,
) ([]Thing, error) {
	all := []Thing{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range elements(page) {
			one := thing(e)
			one.Detail = e
			all = append(all, one)
		}
	}
	return all, nil
}

func nameOf(tags []ec2types.Tag) string { return account.OfEC2(tags)["Name"] }

// words joins what is not empty.
func words(all ...string) string {
	var some []string
	for _, w := range all {
		if w != "" {
			some = append(some, w)
		}
	}
	return strings.Join(some, ", ")
}

func vpcs(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeVpcsPaginator(a.EC2, nil), func(p *ec2.DescribeVpcsOutput) []ec2types.Vpc { return p.Vpcs },
		func(v ec2types.Vpc) Thing {
			return Thing{ID: aws.ToString(v.VpcId), Name: nameOf(v.Tags), State: string(v.State), About: aws.ToString(v.CidrBlock)}
		})
}

func subnets(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeSubnetsPaginator(a.EC2, nil), func(p *ec2.DescribeSubnetsOutput) []ec2types.Subnet { return p.Subnets },
		func(s ec2types.Subnet) Thing {
			free := fmt.Sprintf("%d addresses are free", aws.ToInt32(s.AvailableIpAddressCount))
			return Thing{ID: aws.ToString(s.SubnetId), Name: nameOf(s.Tags), State: string(s.State),
				About: words(aws.ToString(s.CidrBlock), aws.ToString(s.AvailabilityZone), free)}
		})
}

func gateways(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeInternetGatewaysPaginator(a.EC2, nil),
		func(p *ec2.DescribeInternetGatewaysOutput) []ec2types.InternetGateway { return p.InternetGateways },
		func(g ec2types.InternetGateway) Thing {
			made := Thing{ID: aws.ToString(g.InternetGatewayId), Name: nameOf(g.Tags), State: "detached"}
			for _, at := range g.Attachments {
				made.State, made.About = string(at.State), aws.ToString(at.VpcId)
			}
			return made
		})
}

func natGateways(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeNatGatewaysPaginator(a.EC2, nil), func(p *ec2.DescribeNatGatewaysOutput) []ec2types.NatGateway { return p.NatGateways },
		func(g ec2types.NatGateway) Thing {
			return Thing{ID: aws.ToString(g.NatGatewayId), Name: nameOf(g.Tags), State: string(g.State), About: aws.ToString(g.SubnetId)}
		})
}

func routeTables(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeRouteTablesPaginator(a.EC2, nil), func(p *ec2.DescribeRouteTablesOutput) []ec2types.RouteTable { return p.RouteTables },
		func(t ec2types.RouteTable) Thing {
			return Thing{ID: aws.ToString(t.RouteTableId), Name: nameOf(t.Tags), About: words(aws.ToString(t.VpcId), fmt.Sprintf("%d routes", len(t.Routes)))}
		})
}

func groups(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeSecurityGroupsPaginator(a.EC2, nil),
		func(p *ec2.DescribeSecurityGroupsOutput) []ec2types.SecurityGroup { return p.SecurityGroups },
		func(g ec2types.SecurityGroup) Thing {
			rules := fmt.Sprintf("%d permissions in, %d out", len(g.IpPermissions), len(g.IpPermissionsEgress))
			return Thing{ID: aws.ToString(g.GroupId), Name: aws.ToString(g.GroupName), About: words(aws.ToString(g.VpcId), rules)}
		})
}

// one is a list that comes whole, as pages.
type one[Page, Options any] struct {
	ask  func(context.Context, ...func(*Options)) (*Page, error)
	done bool
}

func (o *one[Page, Options]) HasMorePages() bool { return !o.done }

func (o *one[Page, Options]) NextPage(ctx context.Context, options ...func(*Options)) (*Page, error) {
	o.done = true
	return o.ask(ctx, options...)
}

func addresses(ctx context.Context, a *account.Account) ([]Thing, error) {
	whole := &one[ec2.DescribeAddressesOutput, ec2.Options]{ask: func(ctx context.Context, o ...func(*ec2.Options)) (*ec2.DescribeAddressesOutput, error) {
		return a.EC2.DescribeAddresses(ctx, nil, o...)
	}}
	return every(ctx, whole, func(p *ec2.DescribeAddressesOutput) []ec2types.Address { return p.Addresses },
		func(e ec2types.Address) Thing {
			return Thing{ID: aws.ToString(e.AllocationId), Name: nameOf(e.Tags), About: words(aws.ToString(e.PublicIp), aws.ToString(e.NetworkInterfaceId))}
		})
}

func instances(ctx context.Context, a *account.Account) ([]Thing, error) {
	of := func(p *ec2.DescribeInstancesOutput) (all []ec2types.Instance) {
		for _, r := range p.Reservations {
			all = append(all, r.Instances...)
		}
		return all
	}
	return every(ctx, ec2.NewDescribeInstancesPaginator(a.EC2, nil), of, func(i ec2types.Instance) Thing {
		made := Thing{ID: aws.ToString(i.InstanceId), Name: nameOf(i.Tags)}
		if i.State != nil {
			made.State = string(i.State.Name)
		}
		made.About = words(string(i.InstanceType), aws.ToString(i.PrivateIpAddress), aws.ToString(i.PublicIpAddress), aws.ToString(i.ImageId))
		return made
	})
}

func images(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeImagesPaginator(a.EC2, &ec2.DescribeImagesInput{Owners: []string{"self"}}),
		func(p *ec2.DescribeImagesOutput) []ec2types.Image { return p.Images },
		func(i ec2types.Image) Thing {
			return Thing{ID: aws.ToString(i.ImageId), Name: aws.ToString(i.Name), State: string(i.State), About: aws.ToString(i.CreationDate)}
		})
}

func templates(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, ec2.NewDescribeLaunchTemplatesPaginator(a.EC2, nil),
		func(p *ec2.DescribeLaunchTemplatesOutput) []ec2types.LaunchTemplate { return p.LaunchTemplates },
		func(t ec2types.LaunchTemplate) Thing {
			versions := fmt.Sprintf("version %d by default, %d the latest", aws.ToInt64(t.DefaultVersionNumber), aws.ToInt64(t.LatestVersionNumber))
			return Thing{ID: aws.ToString(t.LaunchTemplateId), Name: aws.ToString(t.LaunchTemplateName), About: versions}
		})
}

func fleets(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, autoscaling.NewDescribeAutoScalingGroupsPaginator(a.AutoScaling, nil),
		func(p *autoscaling.DescribeAutoScalingGroupsOutput) []fleet { return p.AutoScalingGroups },
		func(g fleet) Thing {
			wanted, least, most := aws.ToInt32(g.DesiredCapacity), aws.ToInt32(g.MinSize), aws.ToInt32(g.MaxSize)
			size := fmt.Sprintf("%d instances, %d wanted, %d to %d", len(g.Instances), wanted, least, most)
			return Thing{ID: aws.ToString(g.AutoScalingGroupName), State: aws.ToString(g.Status), About: size}
		})
}

func targetGroups(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, elb.NewDescribeTargetGroupsPaginator(a.ELB, nil), func(p *elb.DescribeTargetGroupsOutput) []targetGroup { return p.TargetGroups },
		func(g targetGroup) Thing {
			return Thing{ID: aws.ToString(g.TargetGroupArn), Name: aws.ToString(g.TargetGroupName),
				About: words(fmt.Sprintf("%s %d", g.Protocol, aws.ToInt32(g.Port)), aws.ToString(g.VpcId))}
		})
}

func balancers(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, elb.NewDescribeLoadBalancersPaginator(a.ELB, nil), func(p *elb.DescribeLoadBalancersOutput) []balancer { return p.LoadBalancers },
		func(b balancer) Thing {
			made := Thing{ID: aws.ToString(b.LoadBalancerArn), Name: aws.ToString(b.LoadBalancerName), About: words(string(b.Type), aws.ToString(b.DNSName))}
			if b.State != nil {
				made.State = string(b.State.Code)
			}
			return made
		})
}

func alarms(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, cloudwatch.NewDescribeAlarmsPaginator(a.CloudWatch, nil), func(p *cloudwatch.DescribeAlarmsOutput) []alarm { return p.MetricAlarms },
		func(m alarm) Thing {
			return Thing{ID: aws.ToString(m.AlarmArn), Name: aws.ToString(m.AlarmName), State: string(m.StateValue),
				About: words(aws.ToString(m.Namespace), aws.ToString(m.MetricName))}
		})
}

func zones(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, route53.NewListHostedZonesPaginator(a.Route53, nil), func(p *route53.ListHostedZonesOutput) []zone { return p.HostedZones },
		func(z zone) Thing {
			return Thing{ID: aws.ToString(z.Id), Name: aws.ToString(z.Name), About: fmt.Sprintf("%d record sets", aws.ToInt64(z.ResourceRecordSetCount))}
		})
}

func checks(ctx context.Context, a *account.Account) ([]Thing, error) {
	return every(ctx, route53.NewListHealthChecksPaginator(a.Route53, nil), func(p *route53.ListHealthChecksOutput) []check { return p.HealthChecks },
		func(c check) Thing {
			made := Thing{ID: aws.ToString(c.Id)}
			if g := c.HealthCheckConfig; g != nil {
				made.State = string(g.Type)
				made.About = words(aws.ToString(g.FullyQualifiedDomainName), aws.ToString(g.IPAddress), aws.ToString(g.ResourcePath))
			}
			return made
		})
}
