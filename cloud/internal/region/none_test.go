package region_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// listing asks one operation, with ids if there are any to ask for and a token if there is one.
type listing func(ids []string, token string) (any, error)

func listingOf[In, Out any](t *testing.T, ask func(context.Context, *In, ...func(*ec2.Options)) (*Out, error)) listing {
	return func(ids []string, token string) (any, error) {
		in := new(In)
		v := reflect.ValueOf(in).Elem()
		for i := range v.NumField() {
			switch name := v.Type().Field(i).Name; {
			case name == "NextToken" && token != "":
				v.Field(i).Set(reflect.ValueOf(&token))
			case name == "MaxResults":
				v.Field(i).Set(reflect.ValueOf(new(int32(10))))
			case strings.HasSuffix(name, "Ids") && ids != nil:
				v.Field(i).Set(reflect.ValueOf(ids))
			}
		}
		return ask(t.Context(), in)
	}
}

// TestWhatIsNeverMadeIsListedEmpty: as AWS has it, with empty lists and not without them.
func TestWhatIsNeverMadeIsListedEmpty(t *testing.T) {
	d := regiontest.New(t)
	for name, list := range map[string]listing{
		"DescribeByoipCidrs":                         listingOf[ec2.DescribeByoipCidrsInput](t, d.DescribeByoipCidrs),
		"DescribeCarrierGateways":                    listingOf[ec2.DescribeCarrierGatewaysInput](t, d.DescribeCarrierGateways),
		"DescribeClientVpnEndpoints":                 listingOf[ec2.DescribeClientVpnEndpointsInput](t, d.DescribeClientVpnEndpoints),
		"DescribeCoipPools":                          listingOf[ec2.DescribeCoipPoolsInput](t, d.DescribeCoipPools),
		"DescribeCustomerGateways":                   listingOf[ec2.DescribeCustomerGatewaysInput](t, d.DescribeCustomerGateways),
		"DescribeFlowLogs":                           listingOf[ec2.DescribeFlowLogsInput](t, d.DescribeFlowLogs),
		"DescribeInstanceConnectEndpoints":           listingOf[ec2.DescribeInstanceConnectEndpointsInput](t, d.DescribeInstanceConnectEndpoints),
		"DescribeIpamPools":                          listingOf[ec2.DescribeIpamPoolsInput](t, d.DescribeIpamPools),
		"DescribeIpamResourceDiscoveries":            listingOf[ec2.DescribeIpamResourceDiscoveriesInput](t, d.DescribeIpamResourceDiscoveries),
		"DescribeIpamScopes":                         listingOf[ec2.DescribeIpamScopesInput](t, d.DescribeIpamScopes),
		"DescribeIpams":                              listingOf[ec2.DescribeIpamsInput](t, d.DescribeIpams),
		"DescribeIpv6Pools":                          listingOf[ec2.DescribeIpv6PoolsInput](t, d.DescribeIpv6Pools),
		"DescribeLocalGateways":                      listingOf[ec2.DescribeLocalGatewaysInput](t, d.DescribeLocalGateways),
		"DescribeMovingAddresses":                    listingOf[ec2.DescribeMovingAddressesInput](t, d.DescribeMovingAddresses),
		"DescribeNetworkInsightsAnalyses":            listingOf[ec2.DescribeNetworkInsightsAnalysesInput](t, d.DescribeNetworkInsightsAnalyses),
		"DescribeNetworkInsightsPaths":               listingOf[ec2.DescribeNetworkInsightsPathsInput](t, d.DescribeNetworkInsightsPaths),
		"DescribeNetworkInterfacePermissions":        listingOf[ec2.DescribeNetworkInterfacePermissionsInput](t, d.DescribeNetworkInterfacePermissions),
		"DescribePublicIpv4Pools":                    listingOf[ec2.DescribePublicIpv4PoolsInput](t, d.DescribePublicIpv4Pools),
		"DescribeTrafficMirrorFilters":               listingOf[ec2.DescribeTrafficMirrorFiltersInput](t, d.DescribeTrafficMirrorFilters),
		"DescribeTrafficMirrorSessions":              listingOf[ec2.DescribeTrafficMirrorSessionsInput](t, d.DescribeTrafficMirrorSessions),
		"DescribeTrafficMirrorTargets":               listingOf[ec2.DescribeTrafficMirrorTargetsInput](t, d.DescribeTrafficMirrorTargets),
		"DescribeTransitGatewayAttachments":          listingOf[ec2.DescribeTransitGatewayAttachmentsInput](t, d.DescribeTransitGatewayAttachments),
		"DescribeTransitGatewayConnectPeers":         listingOf[ec2.DescribeTransitGatewayConnectPeersInput](t, d.DescribeTransitGatewayConnectPeers),
		"DescribeTransitGatewayConnects":             listingOf[ec2.DescribeTransitGatewayConnectsInput](t, d.DescribeTransitGatewayConnects),
		"DescribeTransitGatewayMulticastDomains":     listingOf[ec2.DescribeTransitGatewayMulticastDomainsInput](t, d.DescribeTransitGatewayMulticastDomains),
		"DescribeTransitGatewayPeeringAttachments":   listingOf[ec2.DescribeTransitGatewayPeeringAttachmentsInput](t, d.DescribeTransitGatewayPeeringAttachments),
		"DescribeTransitGatewayRouteTables":          listingOf[ec2.DescribeTransitGatewayRouteTablesInput](t, d.DescribeTransitGatewayRouteTables),
		"DescribeTransitGatewayVpcAttachments":       listingOf[ec2.DescribeTransitGatewayVpcAttachmentsInput](t, d.DescribeTransitGatewayVpcAttachments),
		"DescribeTransitGateways":                    listingOf[ec2.DescribeTransitGatewaysInput](t, d.DescribeTransitGateways),
		"DescribeVerifiedAccessEndpoints":            listingOf[ec2.DescribeVerifiedAccessEndpointsInput](t, d.DescribeVerifiedAccessEndpoints),
		"DescribeVerifiedAccessGroups":               listingOf[ec2.DescribeVerifiedAccessGroupsInput](t, d.DescribeVerifiedAccessGroups),
		"DescribeVerifiedAccessInstances":            listingOf[ec2.DescribeVerifiedAccessInstancesInput](t, d.DescribeVerifiedAccessInstances),
		"DescribeVerifiedAccessTrustProviders":       listingOf[ec2.DescribeVerifiedAccessTrustProvidersInput](t, d.DescribeVerifiedAccessTrustProviders),
		"DescribeVpcEndpointConnectionNotifications": listingOf[ec2.DescribeVpcEndpointConnectionNotificationsInput](t, d.DescribeVpcEndpointConnectionNotifications),
		"DescribeVpcEndpointConnections":             listingOf[ec2.DescribeVpcEndpointConnectionsInput](t, d.DescribeVpcEndpointConnections),
		"DescribeVpcEndpointServiceConfigurations":   listingOf[ec2.DescribeVpcEndpointServiceConfigurationsInput](t, d.DescribeVpcEndpointServiceConfigurations),
		"DescribeVpnConnections":                     listingOf[ec2.DescribeVpnConnectionsInput](t, d.DescribeVpnConnections),
		"DescribeVpnGateways":                        listingOf[ec2.DescribeVpnGatewaysInput](t, d.DescribeVpnGateways),
		"DescribeBundleTasks":                        listingOf[ec2.DescribeBundleTasksInput](t, d.DescribeBundleTasks),
		"DescribeCapacityReservationFleets":          listingOf[ec2.DescribeCapacityReservationFleetsInput](t, d.DescribeCapacityReservationFleets),
		"DescribeCapacityReservations":               listingOf[ec2.DescribeCapacityReservationsInput](t, d.DescribeCapacityReservations),
		"DescribeClassicLinkInstances":               listingOf[ec2.DescribeClassicLinkInstancesInput](t, d.DescribeClassicLinkInstances),
		"DescribeConversionTasks":                    listingOf[ec2.DescribeConversionTasksInput](t, d.DescribeConversionTasks),
		"DescribeElasticGpus":                        listingOf[ec2.DescribeElasticGpusInput](t, d.DescribeElasticGpus),
		"DescribeExportImageTasks":                   listingOf[ec2.DescribeExportImageTasksInput](t, d.DescribeExportImageTasks),
		"DescribeExportTasks":                        listingOf[ec2.DescribeExportTasksInput](t, d.DescribeExportTasks),
		"DescribeFastLaunchImages":                   listingOf[ec2.DescribeFastLaunchImagesInput](t, d.DescribeFastLaunchImages),
		"DescribeFastSnapshotRestores":               listingOf[ec2.DescribeFastSnapshotRestoresInput](t, d.DescribeFastSnapshotRestores),
		"DescribeFleets":                             listingOf[ec2.DescribeFleetsInput](t, d.DescribeFleets),
		"DescribeFpgaImages":                         listingOf[ec2.DescribeFpgaImagesInput](t, d.DescribeFpgaImages),
		"DescribeHostReservations":                   listingOf[ec2.DescribeHostReservationsInput](t, d.DescribeHostReservations),
		"DescribeHosts":                              listingOf[ec2.DescribeHostsInput](t, d.DescribeHosts),
		"DescribeImportImageTasks":                   listingOf[ec2.DescribeImportImageTasksInput](t, d.DescribeImportImageTasks),
		"DescribeImportSnapshotTasks":                listingOf[ec2.DescribeImportSnapshotTasksInput](t, d.DescribeImportSnapshotTasks),
		"DescribeInstanceEventWindows":               listingOf[ec2.DescribeInstanceEventWindowsInput](t, d.DescribeInstanceEventWindows),
		"DescribeLockedSnapshots":                    listingOf[ec2.DescribeLockedSnapshotsInput](t, d.DescribeLockedSnapshots),
		"DescribeMacHosts":                           listingOf[ec2.DescribeMacHostsInput](t, d.DescribeMacHosts),
		"DescribeReplaceRootVolumeTasks":             listingOf[ec2.DescribeReplaceRootVolumeTasksInput](t, d.DescribeReplaceRootVolumeTasks),
		"DescribeReservedInstances":                  listingOf[ec2.DescribeReservedInstancesInput](t, d.DescribeReservedInstances),
		"DescribeReservedInstancesListings":          listingOf[ec2.DescribeReservedInstancesListingsInput](t, d.DescribeReservedInstancesListings),
		"DescribeReservedInstancesModifications":     listingOf[ec2.DescribeReservedInstancesModificationsInput](t, d.DescribeReservedInstancesModifications),
		"DescribeReservedInstancesOfferings":         listingOf[ec2.DescribeReservedInstancesOfferingsInput](t, d.DescribeReservedInstancesOfferings),
		"DescribeScheduledInstances":                 listingOf[ec2.DescribeScheduledInstancesInput](t, d.DescribeScheduledInstances),
		"DescribeSnapshotTierStatus":                 listingOf[ec2.DescribeSnapshotTierStatusInput](t, d.DescribeSnapshotTierStatus),
		"DescribeSpotFleetRequests":                  listingOf[ec2.DescribeSpotFleetRequestsInput](t, d.DescribeSpotFleetRequests),
		"DescribeSpotInstanceRequests":               listingOf[ec2.DescribeSpotInstanceRequestsInput](t, d.DescribeSpotInstanceRequests),
		"DescribeSpotPriceHistory":                   listingOf[ec2.DescribeSpotPriceHistoryInput](t, d.DescribeSpotPriceHistory),
		"DescribeStoreImageTasks":                    listingOf[ec2.DescribeStoreImageTasksInput](t, d.DescribeStoreImageTasks),
	} {
		out, err := list(nil, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		v, lists := reflect.ValueOf(out).Elem(), 0
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Slice {
				lists++
				if f.IsNil() || f.Len() > 0 {
					t.Errorf("%s: %s is %v", name, v.Type().Field(i).Name, f)
				}
			}
		}
		if lists == 0 {
			t.Errorf("%s answers no list", name)
		}
	}
}

func TestWhatIsNeverMadeHasNoIDs(t *testing.T) {
	d := regiontest.New(t)
	gateways := listingOf(t, d.DescribeVpnGateways)
	for id, code := range map[string]string{
		"vgw-0123456789abcdef0": "InvalidVpnGatewayID.NotFound", "vgw-x": "InvalidVpnGatewayID.Malformed", "igw-0123456789abcdef0": "InvalidVpnGatewayID.Malformed",
	} {
		_, err := gateways([]string{id}, "")
		roomtest.WantAPIError(t, err, code)
	}
	_, err := listingOf(t, d.DescribeTransitGateways)(nil, "of another page")
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	if _, err := listingOf(t, d.DescribeFastLaunchImages)([]string{d.HostImage()}, ""); err != nil {
		t.Errorf("of an image that there is: %v", err)
	}
}
