package region_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// An instance is found by what it shows, by each of these filters alone, and by none with another value.
func TestInstanceIsFoundByWhatItShows(t *testing.T) {
	d := regiontest.New(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", true)
	d.Gateway(vpc)
	id := d.Run(subnet, 1)[0]
	found := func(name, value string) int {
		t.Helper()
		out := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: regiontest.Where(name, value)}))(t)
		return len(out.Reservations)
	}
	i := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}))(t).Reservations[0].Instances[0]
	nic := i.NetworkInterfaces[0]
	for name, value := range map[string]string{
		"instance-id": id, "vpc-id": vpc, "subnet-id": subnet, "instance-state-name": "running", "instance-state-code": "16", "tenancy": "default",
		"availability-zone": "us-east-1a", "availability-zone-id": "use1-az1", "owner-id": "111122223333", "image-id": *i.ImageId,
		"hypervisor": "xen", "ebs-optimized": "false", "monitoring-state": "disabled", "virtualization-type": "hvm", "root-device-type": "ebs",
		"metadata-options.http-tokens": "optional", "metadata-options.http-put-response-hop-limit": "1", "source-dest-check": "true",
		"launch-time": i.LaunchTime.Format("2006-01-02T15:04:05.000Z"), "platform-details": "Linux/UNIX", "private-ip-address": *i.PrivateIpAddress,
		"ip-address": *i.PublicIpAddress, "dns-name": *i.PublicDnsName + "*", "private-dns-name": *i.PrivateDnsName,
		"block-device-mapping.device-name": "/dev/xvda", "block-device-mapping.delete-on-termination": "true", "instance.group-name": "default",
		"network-interface.network-interface-id": *nic.NetworkInterfaceId, "network-interface.mac-address": *nic.MacAddress,
		"network-interface.attachment.instance-owner-id": "111122223333", "network-interface.attachment.attachment-id": *nic.Attachment.AttachmentId,
		"network-interface.addresses.primary": "true", "network-interface.group-id": *nic.Groups[0].GroupId, "network-interface.requester-managed": "false",
		"network-interface.association.public-ip": *i.PublicIpAddress, "network-interface.availability-zone": "us-east-1a",
	} {
		if *i.PublicDnsName == "" && name == "dns-name" {
			continue // a VPC without host names
		}
		if found(name, value) != 1 || found(name, "none") != 0 {
			t.Errorf("%s %q finds %d, and %d with another value", name, value, found(name, value), found(name, "none"))
		}
	}
}

// Filters that the API's reference lists are never invalid, also those on what nothing here has.
func TestDocumentedFiltersAreKnown(t *testing.T) {
	d := regiontest.New(t)
	ctx := t.Context()
	for op, c := range map[string]struct {
		ask   func([]ec2types.Filter) error
		names string
	}{
		"DescribeInstances": {func(f []ec2types.Filter) error {
			_, err := d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: f})
			return err
		}, `affinity capacity-reservation-id capacity-reservation-specification.capacity-reservation-preference host-id iam-instance-profile.arn
			iam-instance-profile.name instance-lifecycle ipv6-address kernel-id outpost-arn placement-group-name placement-partition-number platform
			product-code product-code.type ramdisk-id reason requester-id spot-instance-request-id state-reason-message tpm-support
			network-interface.ipv6-addresses.ipv6-address network-interface.association.allocation-id network-interface.addresses.association.association-id
			operator.managed maintenance-options.auto-recovery metadata-options.http-protocol-ipv4 network-performance-options.bandwidth-weighting`},
		"DescribeVpcs": {func(f []ec2types.Filter) error {
			_, err := d.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: f})
			return err
		}, `cidr cidr-block-association.association-id cidr-block-association.state dhcp-options-id ipv6-cidr-block-association.ipv6-cidr-block
			ipv6-cidr-block-association.ipv6-pool ipv6-cidr-block-association.association-id ipv6-cidr-block-association.state is-default owner-id state`},
		"DescribeSubnets": {func(f []ec2types.Filter) error {
			_, err := d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: f})
			return err
		}, `customer-owned-ipv4-pool enable-dns64 enable-lni-at-device-index ipv6-cidr-block-association.ipv6-cidr-block ipv6-native outpost-arn
			private-dns-name-options-on-launch.hostname-type private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record`},
		"DescribeRouteTables": {func(f []ec2types.Filter) error {
			_, err := d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: f})
			return err
		}, `association.gateway-id route.destination-ipv6-cidr-block route.destination-prefix-list-id route.egress-only-internet-gateway-id
			route.instance-id route.transit-gateway-id route.vpc-peering-connection-id route.nat-gateway-id`},
		"DescribeAvailabilityZones": {func(f []ec2types.Filter) error {
			_, err := d.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{Filters: f})
			return err
		}, `message opt-in-status parent-zone-id parent-zone-name zone-type`},
		"DescribeInstanceStatus": {func(f []ec2types.Filter) error {
			_, err := d.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{Filters: f})
			return err
		}, `attached-ebs-status.reachability attached-ebs-status.status operator.managed operator.principal event.code`},
		"DescribeLaunchTemplateVersions": {func(f []ec2types.Filter) error {
			_, err := d.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{Filters: f, Versions: []string{"$Latest"}})
			return err
		}, `create-time ebs-optimized http-endpoint http-tokens iam-instance-profile image-id instance-type is-default-version kernel-id ram-disk-id`},
	} {
		for name := range strings.FieldsSeq(c.names) {
			if err := c.ask(regiontest.Where(name, "none")); err != nil {
				t.Errorf("%s by %s: %v", op, name, err)
			}
		}
		roomtest.WantAPIError(t, c.ask(regiontest.Where("colour", "red")), "InvalidParameterValue")
	}
}
