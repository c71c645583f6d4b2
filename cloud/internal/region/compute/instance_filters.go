package compute

import (
	"maps"
	"slices"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
)

// instanceFilters are those filters of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html that look at
// what an instance's answer shows, by its members.
var instanceFilters = map[string]string{
	"architecture": "Architecture", "availability-zone": "Placement.AvailabilityZone", "client-token": "ClientToken", "dns-name": "PublicDnsName",
	"ebs-optimized": "EbsOptimized", "ena-support": "EnaSupport", "enclave-options.enabled": "EnclaveOptions.Enabled",
	"hibernation-options.configured": "HibernationOptions.Configured", "hypervisor": "Hypervisor", "image-id": "ImageId", "instance-id": "InstanceId",
	"iam-instance-profile.arn": "IamInstanceProfile.Arn", "iam-instance-profile.id": "IamInstanceProfile.Id",
	"instance-lifecycle": "InstanceLifecycle", "instance-state-code": "State.Code", "instance-state-name": "State.Name", "instance-type": "InstanceType",
	"ip-address": "PublicIpAddress", "ipv6-address": "Ipv6Address", "kernel-id": "KernelId", "key-name": "KeyName", "launch-index": "AmiLaunchIndex",
	"launch-time": "LaunchTime", "maintenance-options.auto-recovery": "MaintenanceOptions.AutoRecovery", "monitoring-state": "Monitoring.State",
	"outpost-arn": "OutpostArn", "placement-group-name": "Placement.GroupName", "affinity": "Placement.Affinity", "host-id": "Placement.HostId",
	"placement-partition-number": "Placement.PartitionNumber", "platform": "Platform", "platform-details": "PlatformDetails",
	"private-dns-name": "PrivateDnsName", "private-ip-address": "PrivateIpAddress", "product-code": "ProductCodes.ProductCodeId",
	"product-code.type": "ProductCodes.ProductCodeType", "ramdisk-id": "RamdiskId", "reason": "StateTransitionReason",
	"root-device-name": "RootDeviceName", "root-device-type": "RootDeviceType", "source-dest-check": "SourceDestCheck",
	"spot-instance-request-id": "SpotInstanceRequestId", "state-reason-code": "StateReason.Code", "state-reason-message": "StateReason.Message",
	"subnet-id": "SubnetId", "tenancy": "Placement.Tenancy", "tpm-support": "TpmSupport", "usage-operation": "UsageOperation",
	"usage-operation-update-time": "UsageOperationUpdateTime", "virtualization-type": "VirtualizationType", "vpc-id": "VpcId",
	"group-id": "SecurityGroups.GroupId", "group-name": "SecurityGroups.GroupName",
	"instance.group-id": "SecurityGroups.GroupId", "instance.group-name": "SecurityGroups.GroupName",

	"block-device-mapping.attach-time":           "BlockDeviceMappings.Ebs.AttachTime",
	"block-device-mapping.delete-on-termination": "BlockDeviceMappings.Ebs.DeleteOnTermination",
	"block-device-mapping.device-name":           "BlockDeviceMappings.DeviceName",
	"block-device-mapping.status":                "BlockDeviceMappings.Ebs.Status",
	"block-device-mapping.volume-id":             "BlockDeviceMappings.Ebs.VolumeId",

	"capacity-reservation-id": "CapacityReservationId",
	"capacity-reservation-specification.capacity-reservation-preference": "CapacityReservationSpecification." +
		"CapacityReservationPreference",
	"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id": "CapacityReservationSpecification." +
		"CapacityReservationTarget.CapacityReservationId",
	"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn": "" +
		"CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationResourceGroupArn",
	"current-instance-boot-mode":                                    "CurrentInstanceBootMode",
	"network-performance-options.bandwidth-weighting":               "NetworkPerformanceOptions.BandwidthWeighting",
	"metadata-options.http-endpoint":                                "MetadataOptions.HttpEndpoint",
	"metadata-options.http-protocol-ipv4":                           "MetadataOptions.HttpEndpoint",
	"metadata-options.http-protocol-ipv6":                           "MetadataOptions.HttpProtocolIpv6",
	"metadata-options.http-put-response-hop-limit":                  "MetadataOptions.HttpPutResponseHopLimit",
	"metadata-options.http-tokens":                                  "MetadataOptions.HttpTokens",
	"metadata-options.instance-metadata-tags":                       "MetadataOptions.InstanceMetadataTags",
	"private-dns-name-options.hostname-type":                        "PrivateDnsNameOptions.HostnameType",
	"private-dns-name-options.enable-resource-name-dns-a-record":    "PrivateDnsNameOptions.EnableResourceNameDnsARecord",
	"private-dns-name-options.enable-resource-name-dns-aaaa-record": "PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord",
}

// interfaceFilters are those that begin with "network-interface.", by the members of an instance's interfaces.
var interfaceFilters = map[string]string{
	"addresses.association.ip-owner-id": "PrivateIpAddresses.Association.IpOwnerId", "addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
	"addresses.association.public-dns-name":   "PrivateIpAddresses.Association.PublicDnsName",
	"addresses.association.carrier-ip":        "PrivateIpAddresses.Association.CarrierIp",
	"addresses.association.customer-owned-ip": "PrivateIpAddresses.Association.CustomerOwnedIp",
	"addresses.primary":                       "PrivateIpAddresses.Primary", "addresses.private-dns-name": "PrivateIpAddresses.PrivateDnsName",
	"addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
	"association.carrier-ip":       "Association.CarrierIp", "association.customer-owned-ip": "Association.CustomerOwnedIp",
	"association.ip-owner-id": "Association.IpOwnerId", "association.public-dns-name": "Association.PublicDnsName",
	"association.public-ip": "Association.PublicIp", "public-dns-name": "Association.PublicDnsName",
	"attachment.attach-time": "Attachment.AttachTime", "attachment.attachment-id": "Attachment.AttachmentId",
	"attachment.delete-on-termination": "Attachment.DeleteOnTermination", "attachment.device-index": "Attachment.DeviceIndex",
	"attachment.network-card-index": "Attachment.NetworkCardIndex", "attachment.status": "Attachment.Status",
	"description": "Description", "group-id": "Groups.GroupId", "group-name": "Groups.GroupName",
	"ipv4-prefixes.ipv4-prefix": "Ipv4Prefixes.Ipv4Prefix", "ipv6-prefixes.ipv6-prefix": "Ipv6Prefixes.Ipv6Prefix",
	"ipv6-address": "Ipv6Addresses.Ipv6Address", "ipv6-addresses.ipv6-address": "Ipv6Addresses.Ipv6Address",
	"ipv6-addresses.is-primary-ipv6": "Ipv6Addresses.IsPrimaryIpv6",
	"mac-address":                    "MacAddress", "network-interface-id": "NetworkInterfaceId", "owner-id": "OwnerId", "private-dns-name": "PrivateDnsName",
	"private-ip-address": "PrivateIpAddress", "source-dest-check": "SourceDestCheck", "status": "Status", "subnet-id": "SubnetId", "vpc-id": "VpcId",
}

// makeInstanceFields makes the filters of DescribeInstances.
func (r *Room) makeInstanceFields() resource.Fields[Instance] {
	paths := maps.Clone(instanceFilters)
	for name, path := range interfaceFilters {
		paths["network-interface."+name] = "NetworkInterfaces." + path
	}
	account := func(Instance) []string { return []string{r.Account} }
	attached := func(value func(Instance) string) func(Instance) []string {
		return func(i Instance) []string {
			if i.State == terminated {
				return nil
			}
			return []string{value(i)}
		}
	}
	known := resource.Fields[Instance]{
		"availability-zone-id": resource.One(func(i Instance) string { return nets.ZoneID(i.Zone) }),
		"owner-id":             account,
		"reservation-id":       resource.One(func(i Instance) string { return i.Reservation }),
		// The answers leave these out of an instance's interfaces.
		"network-interface.attachment.instance-id":       attached(func(i Instance) string { return i.ID }),
		"network-interface.attachment.instance-owner-id": attached(func(Instance) string { return r.Account }),
		"network-interface.availability-zone":            attached(func(i Instance) string { return i.Zone }),
		"network-interface.requester-managed":            attached(func(Instance) string { return "false" }),
		"network-interface.requester-id":                 attached(func(Instance) string { return r.Account }),
		"iam-instance-profile.name":                      profileOf(profileRow.name),
	}
	for _, at := range []string{"network-interface.association.", "network-interface.addresses.association."} {
		known[at+"allocation-id"] = func(i Instance) []string { return text(r.nets.ElasticOf(i.Interface).Allocation) }
		known[at+"association-id"] = func(i Instance) []string { return text(r.nets.ElasticOf(i.Interface).Association) }
	}
	return resource.With(known, r.showInstance, paths, slices.Concat(
		[]string{"network-interface.deny-all-igw-traffic"},
		[]string{"network-interface.ipv6-native", "network-interface.outpost-arn", "operator.managed", "operator.principal", "requester-id"},
		[]string{"network-interface.operator.managed", "network-interface.operator.principal"},
	)...)
}

// text is a filter's value, or none for an empty one.
func text(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}
