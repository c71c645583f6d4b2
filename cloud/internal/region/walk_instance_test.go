package region_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksInstances(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_instance", create: (*provider).createInstance, read: (*provider).readInstance,
			update: func(p *provider, id string) {
				roomtest.Must(p.ModifyInstanceMetadataOptions(p.T.Context(), &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &id, HttpTokens: "required"}))(p.T)
				p.setTag(id, "Name", "changed")
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.TerminateInstances(p.T.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(p.T)
				p.AwaitState(id, ec2types.InstanceStateNameTerminated)
			},
		},
		{
			resource: "aws_launch_template", create: (*provider).createTemplate, read: (*provider).readTemplate,
			gone: []string{"InvalidLaunchTemplateId.NotFound"},
			update: func(p *provider, id string) {
				roomtest.Must(p.CreateLaunchTemplateVersion(p.T.Context(), &ec2.CreateLaunchTemplateVersionInput{
					LaunchTemplateId: &id, ClientToken: new("terraform-2"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: "t3.small"},
				}))(p.T)
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.DeleteLaunchTemplate(p.T.Context(), &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &id}))(p.T)
			},
		},
		{
			resource: "aws_key_pair", gone: []string{"InvalidKeyPair.NotFound"},
			create: func(p *provider) string {
				out := roomtest.Must(p.ImportKeyPair(p.T.Context(), &ec2.ImportKeyPairInput{
					KeyName: new("walk"), PublicKeyMaterial: []byte(walkKey), TagSpecifications: tagged("key-pair"),
				}))(p.T)
				return *out.KeyName
			},
			read: func(p *provider, name string) (any, error) {
				out, err := p.DescribeKeyPairs(p.T.Context(), &ec2.DescribeKeyPairsInput{KeyNames: []string{name}})
				if err != nil {
					return nil, err
				}
				key := there(p, "the key pair", only(p, out.KeyPairs))
				there(p, "the fingerprint", key.KeyFingerprint)
				return key, nil
			},
			destroy: func(p *provider, name string) {
				roomtest.Must(p.DeleteKeyPair(p.T.Context(), &ec2.DeleteKeyPairInput{KeyName: &name}))(p.T)
			},
		},
	})
}

const walkKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBQ7Xy3v8dBv0e5fXyq7x3Jm1g3bVZb6Yv1S9d2kq0mE walk"

// createInstance launches as the provider does where the configuration has an image, a type, a subnet and groups.
func (p *provider) createInstance() string {
	kind := regiontest.SmallType()
	in := &ec2.RunInstancesInput{
		ImageId: new(p.HostImage()), InstanceType: kind, MinCount: new(int32(1)), MaxCount: new(int32(1)), ClientToken: new("terraform-3"),
		SubnetId: &p.subnet, SecurityGroupIds: []string{p.SecurityGroup(p.vpc, "walk")},
		DisableApiTermination: new(false), EbsOptimized: new(false), Monitoring: &ec2types.RunInstancesMonitoringEnabled{Enabled: new(false)},
		HibernationOptions: &ec2types.HibernationOptionsRequest{Configured: new(false)}, Placement: &ec2types.Placement{AvailabilityZone: new("")},
		TagSpecifications: append(tagged("instance"), tagged("volume")...),
	}
	if kind == ec2types.InstanceTypeT3Micro {
		in.CreditSpecification = &ec2types.CreditSpecificationRequest{CpuCredits: new("unlimited")}
	}
	id := *roomtest.Must(p.RunInstances(p.T.Context(), in))(p.T).Instances[0].InstanceId
	p.AwaitState(id, ec2types.InstanceStateNameRunning)
	return id
}

// readInstance asks for all that the provider keeps. One that is terminated is gone for it.
func (p *provider) readInstance(id string) (any, error) {
	ctx := p.T.Context()
	out, err := p.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return nil, err
	}
	p.AwaitState(id, out.Reservations[0].Instances[0].State.Name)
	i := out.Reservations[0].Instances[0]
	if i.State.Name == ec2types.InstanceStateNameTerminated {
		return nil, nil
	}
	for _, nic := range i.NetworkInterfaces {
		there(p, "an interface's Attachment", nic.Attachment)
	}
	if *i.BlockDeviceMappings[0].DeviceName != *i.RootDeviceName {
		p.T.Errorf("the root is %s, the volume at %s", *i.RootDeviceName, *i.BlockDeviceMappings[0].DeviceName)
	}
	kinds := roomtest.Must(p.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{i.InstanceType}}))(p.T)
	kind := there(p, "the type", only(p, kinds.InstanceTypes))
	for what, missing := range map[string]bool{
		"EbsInfo": kind.EbsInfo == nil, "NetworkInfo": kind.NetworkInfo == nil, "PlacementGroupInfo": kind.PlacementGroupInfo == nil,
		"ProcessorInfo": kind.ProcessorInfo == nil, "VCpuInfo": kind.VCpuInfo == nil, "MemoryInfo": kind.MemoryInfo == nil,
	} {
		if missing {
			p.T.Errorf("the type has no %s", what)
		}
	}
	volumes := roomtest.Must(p.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*i.BlockDeviceMappings[0].Ebs.VolumeId}}))(p.T)
	tags := roomtest.Must(p.DescribeTags(ctx, &ec2.DescribeTagsInput{
		Filters: append(regiontest.Where("resource-id", id), regiontest.Where("key", "aws:ec2launchtemplate:id")...),
	}))(p.T)
	return []any{i, p.instanceAttributes(id), volumes.Volumes, tags.Tags}, nil
}

// instanceAttributes asks for the attributes that the provider reads one by one, and for those that other clients do.
func (p *provider) instanceAttributes(id string) (all []*ec2.DescribeInstanceAttributeOutput) {
	for _, name := range []ec2types.InstanceAttributeName{
		"instanceInitiatedShutdownBehavior", "disableApiStop", "disableApiTermination", "userData", "kernel", "ramdisk", "sriovNetSupport",
	} {
		out := roomtest.Must(p.DescribeInstanceAttribute(p.T.Context(), &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: name}))(p.T)
		missing := map[ec2types.InstanceAttributeName]bool{
			"disableApiStop":                    out.DisableApiStop == nil || out.DisableApiStop.Value == nil,
			"disableApiTermination":             out.DisableApiTermination == nil || out.DisableApiTermination.Value == nil,
			"instanceInitiatedShutdownBehavior": out.InstanceInitiatedShutdownBehavior == nil,
		}
		if missing[name] {
			p.T.Errorf("%s is nil, which the provider dereferences", name)
		}
		out.ResultMetadata = ec2.DescribeInstanceAttributeOutput{}.ResultMetadata // differs between two calls
		all = append(all, out)
	}
	return all
}

// createTemplate looks for the new template by its name.
func (p *provider) createTemplate() string {
	made := roomtest.Must(p.CreateLaunchTemplate(p.T.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("terraform-20261127000000000000000001"), ClientToken: new("terraform-1"), TagSpecifications: tagged("launch-template"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			ImageId: new(p.HostImage()), InstanceType: regiontest.SmallType(), EbsOptimized: new(false), UserData: new("IyEvYmluL3NoCg=="),
			MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: "required", HttpPutResponseHopLimit: new(int32(2))},
		},
	}))(p.T)
	found := roomtest.Must(p.DescribeLaunchTemplates(p.T.Context(), &ec2.DescribeLaunchTemplatesInput{
		LaunchTemplateNames: []string{"terraform-20261127000000000000000001"},
	}))(p.T)
	if id := there(p, "the template", only(p, found.LaunchTemplates)).LaunchTemplateId; *id != *made.LaunchTemplate.LaunchTemplateId {
		p.T.Errorf("by its name there is %s", *id)
	}
	return *made.LaunchTemplate.LaunchTemplateId
}

func (p *provider) readTemplate(id string) (any, error) {
	out, err := p.DescribeLaunchTemplates(p.T.Context(), &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{id}})
	if err != nil {
		return nil, err
	}
	template := there(p, "the template", only(p, out.LaunchTemplates))
	versions := roomtest.Must(p.DescribeLaunchTemplateVersions(p.T.Context(), &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: &id, Versions: []string{strconv.FormatInt(*template.LatestVersionNumber, 10)},
	}))(p.T)
	version := there(p, "the version", only(p, versions.LaunchTemplateVersions))
	there(p, "LaunchTemplateData", version.LaunchTemplateData)
	return []any{template, version}, nil
}
