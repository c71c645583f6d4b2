package nets

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// lists are of what there is none of among this region's networks.
func lists(m *wire.Mux) {
	resource.None[ec2.DescribeByoipCidrsInput, ec2.DescribeByoipCidrsOutput](m, "", "")
	resource.None[ec2.DescribeCarrierGatewaysInput, ec2.DescribeCarrierGatewaysOutput](m, "cagw-", "InvalidCarrierGatewayID.NotFound")
	resource.None[ec2.DescribeClientVpnEndpointsInput, ec2.DescribeClientVpnEndpointsOutput](m, "cvpn-endpoint-", "InvalidClientVpnEndpointId.NotFound")
	resource.None[ec2.DescribeCoipPoolsInput, ec2.DescribeCoipPoolsOutput](m, "ipv4pool-coip-", "InvalidPoolID.NotFound")
	resource.None[ec2.DescribeCustomerGatewaysInput, ec2.DescribeCustomerGatewaysOutput](m, "cgw-", "InvalidCustomerGatewayID.NotFound")
	resource.None[ec2.DescribeFlowLogsInput, ec2.DescribeFlowLogsOutput](m, "fl-", "InvalidFlowLogId.NotFound")
	resource.None[ec2.DescribeInstanceConnectEndpointsInput, ec2.DescribeInstanceConnectEndpointsOutput](
		m, "eice-", "InvalidInstanceConnectEndpointId.NotFound")
	resource.None[ec2.DescribeIpamPoolsInput, ec2.DescribeIpamPoolsOutput](m, "ipam-pool-", "InvalidIpamPoolId.NotFound")
	resource.None[ec2.DescribeIpamResourceDiscoveriesInput, ec2.DescribeIpamResourceDiscoveriesOutput](
		m, "ipam-res-disco-", "InvalidIpamResourceDiscoveryId.NotFound")
	resource.None[ec2.DescribeIpamScopesInput, ec2.DescribeIpamScopesOutput](m, "ipam-scope-", "InvalidIpamScopeId.NotFound")
	resource.None[ec2.DescribeIpamsInput, ec2.DescribeIpamsOutput](m, "ipam-", "InvalidIpamId.NotFound")
	resource.None[ec2.DescribeIpv6PoolsInput, ec2.DescribeIpv6PoolsOutput](m, "", "")
	resource.None[ec2.DescribeLocalGatewaysInput, ec2.DescribeLocalGatewaysOutput](m, "", "")
	resource.None[ec2.DescribeMovingAddressesInput, ec2.DescribeMovingAddressesOutput](m, "", "")
	resource.None[ec2.DescribeNetworkInsightsAnalysesInput, ec2.DescribeNetworkInsightsAnalysesOutput](
		m, "nia-", "InvalidNetworkInsightsAnalysisId.NotFound")
	resource.None[ec2.DescribeNetworkInsightsPathsInput, ec2.DescribeNetworkInsightsPathsOutput](m, "nip-", "InvalidNetworkInsightsPathId.NotFound")
	resource.None[ec2.DescribeNetworkInterfacePermissionsInput, ec2.DescribeNetworkInterfacePermissionsOutput](
		m, "eni-perm-", "InvalidPermissionID.NotFound")
	resource.None[ec2.DescribePublicIpv4PoolsInput, ec2.DescribePublicIpv4PoolsOutput](m, "ipv4pool-ec2-", "InvalidPublicIpv4PoolID.NotFound")
	resource.None[ec2.DescribeTrafficMirrorFiltersInput, ec2.DescribeTrafficMirrorFiltersOutput](m, "tmf-", "InvalidTrafficMirrorFilterId.NotFound")
	resource.None[ec2.DescribeTrafficMirrorSessionsInput, ec2.DescribeTrafficMirrorSessionsOutput](m, "tms-", "InvalidTrafficMirrorSessionId.NotFound")
	resource.None[ec2.DescribeTrafficMirrorTargetsInput, ec2.DescribeTrafficMirrorTargetsOutput](m, "tmt-", "InvalidTrafficMirrorTargetId.NotFound")
	resource.None[ec2.DescribeTransitGatewayAttachmentsInput, ec2.DescribeTransitGatewayAttachmentsOutput](
		m, "tgw-attach-", "InvalidTransitGatewayAttachmentID.NotFound")
	resource.None[ec2.DescribeTransitGatewayConnectPeersInput, ec2.DescribeTransitGatewayConnectPeersOutput](
		m, "tgw-connect-peer-", "InvalidTransitGatewayConnectPeerID.NotFound")
	resource.None[ec2.DescribeTransitGatewayConnectsInput, ec2.DescribeTransitGatewayConnectsOutput](
		m, "tgw-attach-", "InvalidTransitGatewayAttachmentID.NotFound")
	resource.None[ec2.DescribeTransitGatewayMulticastDomainsInput, ec2.DescribeTransitGatewayMulticastDomainsOutput](
		m, "tgw-mcast-domain-", "InvalidTransitGatewayMulticastDomainId.NotFound")
	resource.None[ec2.DescribeTransitGatewayPeeringAttachmentsInput, ec2.DescribeTransitGatewayPeeringAttachmentsOutput](
		m, "tgw-attach-", "InvalidTransitGatewayAttachmentID.NotFound")
	resource.None[ec2.DescribeTransitGatewayRouteTablesInput, ec2.DescribeTransitGatewayRouteTablesOutput](m, "tgw-rtb-", "InvalidRouteTableID.NotFound")
	resource.None[ec2.DescribeTransitGatewayVpcAttachmentsInput, ec2.DescribeTransitGatewayVpcAttachmentsOutput](
		m, "tgw-attach-", "InvalidTransitGatewayAttachmentID.NotFound")
	resource.None[ec2.DescribeTransitGatewaysInput, ec2.DescribeTransitGatewaysOutput](m, "tgw-", "InvalidTransitGatewayID.NotFound")
	resource.None[ec2.DescribeVerifiedAccessEndpointsInput, ec2.DescribeVerifiedAccessEndpointsOutput](
		m, "vae-", "InvalidVerifiedAccessEndpointId.NotFound")
	resource.None[ec2.DescribeVerifiedAccessGroupsInput, ec2.DescribeVerifiedAccessGroupsOutput](m, "vagr-", "InvalidVerifiedAccessGroupId.NotFound")
	resource.None[ec2.DescribeVerifiedAccessInstancesInput, ec2.DescribeVerifiedAccessInstancesOutput](
		m, "vai-", "InvalidVerifiedAccessInstanceId.NotFound")
	resource.None[ec2.DescribeVerifiedAccessTrustProvidersInput, ec2.DescribeVerifiedAccessTrustProvidersOutput](
		m, "vatp-", "InvalidVerifiedAccessTrustProviderId.NotFound")
	resource.None[ec2.DescribeVpcEndpointConnectionNotificationsInput, ec2.DescribeVpcEndpointConnectionNotificationsOutput](m, "", "")
	resource.None[ec2.DescribeVpcEndpointConnectionsInput, ec2.DescribeVpcEndpointConnectionsOutput](m, "", "")
	resource.None[ec2.DescribeVpcEndpointServiceConfigurationsInput, ec2.DescribeVpcEndpointServiceConfigurationsOutput](
		m, "vpce-svc-", "InvalidVpcEndpointServiceId.NotFound")
	resource.None[ec2.DescribeVpnConnectionsInput, ec2.DescribeVpnConnectionsOutput](m, "vpn-", "InvalidVpnConnectionID.NotFound")
	resource.None[ec2.DescribeVpnGatewaysInput, ec2.DescribeVpnGatewaysOutput](m, "vgw-", "InvalidVpnGatewayID.NotFound")
}
