package region_test

import (
	"cmp"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// filters makes several: name, value, name, value.
func filters(pairs ...string) (all []ec2types.Filter) {
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, regiontest.Where(pair[0], pair[1])...)
	}
	return all
}

// TestProviderReadsDataSources asks as the provider's data sources do. aws_caller_identity is STS's, which the front door answers;
// aws_region, aws_partition and aws_iam_policy_document ask for nothing.
func TestProviderReadsDataSources(t *testing.T) {
	p := &provider{Desk: regiontest.Open(t, region.Config{Name: "us-east-1", Index: 1, DefaultVPC: true})}
	p.vpc, p.subnet = p.VPC("10.20.0.0/16", "10.20.1.0/24", false)
	p.setTag(p.vpc, "Name", "walk")
	group := p.SecurityGroup(p.vpc, "walk")
	instance := p.Run(p.subnet, 1)[0]
	p.setTag(instance, "Name", "walk")
	ctx := t.Context()
	for name, read := range map[string]func(p *provider){
		"aws_availability_zones": func(p *provider) {
			out := roomtest.Must(p.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{
				AllAvailabilityZones: new(false), Filters: filters("state", "available", "opt-in-status", "opt-in-not-required", "zone-type", "availability-zone"),
			}))(p.T)
			if len(out.AvailabilityZones) < 2 {
				p.T.Errorf("%d zones", len(out.AvailabilityZones))
			}
			for _, z := range out.AvailabilityZones {
				there(p, "ZoneName", z.ZoneName)
				there(p, "ZoneId", z.ZoneId)
				there(p, "GroupName", z.GroupName)
			}
		},
		"aws_availability_zone": func(p *provider) {
			out := roomtest.Must(p.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{ZoneNames: []string{"us-east-1b"}}))(p.T)
			there(p, "NetworkBorderGroup", only(p, out.AvailabilityZones).NetworkBorderGroup)
		},
		"aws_regions": func(p *provider) {
			out := roomtest.Must(p.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: new(false)}))(p.T)
			there(p, "OptInStatus", out.Regions[0].OptInStatus)
		},
		"aws_vpc": func(p *provider) {
			for _, f := range [][]ec2types.Filter{filters("isDefault", "false", "state", "available", "tag:Name", "walk"), filters("cidr", "10.20.0.0/16")} {
				out := roomtest.Must(p.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: f}))(p.T)
				v := there(p, "the VPC", only(p, out.Vpcs))
				for _, a := range v.CidrBlockAssociationSet {
					there(p, "CidrBlockState", a.CidrBlockState)
				}
			}
			roomtest.Must(p.readVPC(p.vpc))(p.T)
		},
		"aws_vpcs": func(p *provider) {
			if out := roomtest.Must(p.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(p.T); len(out.Vpcs) != 2 {
				p.T.Errorf("%d VPCs", len(out.Vpcs))
			}
		},
		"aws_subnet": func(p *provider) {
			out := roomtest.Must(p.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{
				SubnetIds: []string{p.subnet}, Filters: filters("vpc-id", p.vpc, "state", "available", "cidrBlock", "10.20.1.0/24", "defaultForAz", "false"),
			}))(p.T)
			there(p, "the subnet", only(p, out.Subnets))
		},
		"aws_subnets": func(p *provider) {
			out := roomtest.Must(p.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filters("vpc-id", p.vpc, "map-public-ip-on-launch", "false")}))(p.T)
			there(p, "the subnet", only(p, out.Subnets))
		},
		"aws_security_group": func(p *provider) {
			out := roomtest.Must(p.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters("group-name", "walk", "vpc-id", p.vpc)}))(p.T)
			there(p, "SecurityGroupArn", there(p, "the group", only(p, out.SecurityGroups)).SecurityGroupArn)
		},
		"aws_security_groups": func(p *provider) {
			out := roomtest.Must(p.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters("group-id", group)}))(p.T)
			there(p, "the group", only(p, out.SecurityGroups))
		},
		"aws_instance": func(p *provider) {
			out := roomtest.Must(p.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: filters("tag:Name", "walk")}))(p.T)
			there(p, "the instance", only(p, out.Reservations))
			roomtest.Must(p.readInstance(instance))(p.T)
		},
		"aws_instances": func(p *provider) {
			out := roomtest.Must(p.DescribeInstances(ctx, &ec2.DescribeInstancesInput{
				Filters: filters("instance-state-name", "running", "instance.group-id", "*"),
			}))(p.T)
			there(p, "the instance", only(p, out.Reservations))
		},
		"aws_ec2_instance_types": func(p *provider) {
			out := roomtest.Must(p.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{
				Filters: filters("current-generation", "true", "instance-type", "t3.*", "memory-info.size-in-mib", "1024", "auto-recovery-supported", "true"),
			}))(p.T)
			there(p, "the type", only(p, out.InstanceTypes))
		},
		"aws_ec2_instance_type_offerings": func(p *provider) {
			out := roomtest.Must(p.DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{
				LocationType: "availability-zone", Filters: filters("instance-type", "t3.micro", "location", "us-east-1b"),
			}))(p.T)
			there(p, "Location", there(p, "the offering", only(p, out.InstanceTypeOfferings)).Location)
		},
		"aws_key_pair": func(p *provider) {
			roomtest.Must(p.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: new("walk"), PublicKeyMaterial: []byte(walkKey)}))(p.T)
			out := roomtest.Must(p.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{IncludePublicKey: new(true), KeyNames: []string{"walk"}}))(p.T)
			key := there(p, "the key", only(p, out.KeyPairs))
			there(p, "CreateTime", key.CreateTime)
			there(p, "PublicKey", key.PublicKey)
		},
		"aws_prefix_list": func(p *provider) { // of a service that there is no endpoint of
			out := roomtest.Must(p.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: filters("prefix-list-name", "com.amazonaws.us-east-1.s3")}))(p.T)
			for _, list := range out.PrefixLists {
				there(p, "PrefixListId", list.PrefixListId)
			}
		},
		"aws_ami": func(p *provider) {
			out := roomtest.Must(p.DescribeImages(ctx, &ec2.DescribeImagesInput{
				IncludeDeprecated: new(false), Owners: []string{"amazon"}, Filters: filters("name", "al2023-ami-2*", "root-device-type", "ebs"),
			}))(p.T)
			there(p, "the image", only(p, out.Images))
			for _, image := range out.Images {
				there(p, "CreationDate", image.CreationDate)
				there(p, "Public", image.Public)
			}
		},
		"aws_ebs_volume": func(p *provider) {
			out := roomtest.Must(p.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filters("attachment.instance-id", instance)}))(p.T)
			there(p, "CreateTime", there(p, "the volume", only(p, out.Volumes)).CreateTime)
		},
		"aws_network_interfaces": func(p *provider) {
			out := roomtest.Must(p.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
				Filters: filters("vpc-id", p.vpc, "attachment.instance-id", instance),
			}))(p.T)
			there(p, "the interface", only(p, out.NetworkInterfaces))
		},
		"aws_route_table": func(p *provider) {
			out := roomtest.Must(p.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filters("association.main", "true", "vpc-id", p.vpc)}))(p.T)
			there(p, "the table", only(p, out.RouteTables))
		},
		"aws_ssm_parameter": (*provider).readParameterByName, "aws_ssm_parameters_by_path": (*provider).readParametersByPath,
	} {
		t.Run(name, func(t *testing.T) { read(&provider{Desk: under(t, p.Desk), vpc: p.vpc, subnet: p.subnet}) })
	}
}

// under is a desk whose failures are a subtest's.
func under(t *testing.T, d *regiontest.Desk) *regiontest.Desk {
	return &regiontest.Desk{Client: d.Client, SSM: d.SSM, T: t, Region: d.Region, Machines: d.Machines, Fabric: d.Fabric}
}

// readParameterByName reads what leads to an image; one that is not there is an error of its own.
func (p *provider) readParameterByName() {
	architecture := map[string]string{"amd64": "x86_64"}[runtime.GOARCH]
	name := "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-" + cmp.Or(architecture, runtime.GOARCH)
	out := roomtest.Must(p.SSM.GetParameter(p.T.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: new(true)}))(p.T)
	there(p, "Value", there(p, "the parameter", out.Parameter).Value)
	there(p, "ARN", out.Parameter.ARN)
	var missing *ssmtypes.ParameterNotFound
	if _, err := p.SSM.GetParameter(p.T.Context(), &ssm.GetParameterInput{Name: new("/nothing"), WithDecryption: new(true)}); !errors.As(err, &missing) {
		p.T.Errorf("a parameter that is not there: %v", err)
	}
}

func (p *provider) readParametersByPath() {
	out := roomtest.Must(p.SSM.GetParametersByPath(p.T.Context(), &ssm.GetParametersByPathInput{
		Path: new("/aws/service/ami-amazon-linux-latest"), Recursive: new(false), WithDecryption: new(true),
	}))(p.T)
	for _, parameter := range out.Parameters {
		there(p, "Name", parameter.Name)
		there(p, "Value", parameter.Value)
	}
	if len(out.Parameters) == 0 {
		p.T.Error("none is found")
	}
}
