package compute

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// lists are of what there is none of among this region's machines.
func lists(m *wire.Mux) {
	resource.None[ec2.DescribeBundleTasksInput, ec2.DescribeBundleTasksOutput](m, "bun-", "InvalidBundleID.NotFound")
	resource.None[ec2.DescribeCapacityReservationFleetsInput, ec2.DescribeCapacityReservationFleetsOutput](
		m, "crf-", "InvalidCapacityReservationFleetId.NotFound")
	resource.None[ec2.DescribeCapacityReservationsInput, ec2.DescribeCapacityReservationsOutput](m, "cr-", "InvalidCapacityReservationId.NotFound")
	resource.None[ec2.DescribeClassicLinkInstancesInput, ec2.DescribeClassicLinkInstancesOutput](m, "", "")
	resource.None[ec2.DescribeConversionTasksInput, ec2.DescribeConversionTasksOutput](m, "", "")
	resource.None[ec2.DescribeElasticGpusInput, ec2.DescribeElasticGpusOutput](m, "", "")
	resource.None[ec2.DescribeExportImageTasksInput, ec2.DescribeExportImageTasksOutput](m, "export-ami-", "InvalidExportTaskID.NotFound")
	resource.None[ec2.DescribeExportTasksInput, ec2.DescribeExportTasksOutput](m, "export-i-", "InvalidExportTaskID.NotFound")
	resource.None[ec2.DescribeFastLaunchImagesInput, ec2.DescribeFastLaunchImagesOutput](m, "", "")
	resource.None[ec2.DescribeFastSnapshotRestoresInput, ec2.DescribeFastSnapshotRestoresOutput](m, "", "")
	resource.None[ec2.DescribeFleetsInput, ec2.DescribeFleetsOutput](m, "fleet-", "InvalidFleetId.NotFound")
	resource.None[ec2.DescribeFpgaImagesInput, ec2.DescribeFpgaImagesOutput](m, "afi-", "InvalidFpgaImageID.NotFound")
	resource.None[ec2.DescribeHostReservationsInput, ec2.DescribeHostReservationsOutput](m, "", "")
	resource.None[ec2.DescribeHostsInput, ec2.DescribeHostsOutput](m, "h-", "InvalidHostID.NotFound")
	resource.None[ec2.DescribeImportImageTasksInput, ec2.DescribeImportImageTasksOutput](m, "", "")
	resource.None[ec2.DescribeImportSnapshotTasksInput, ec2.DescribeImportSnapshotTasksOutput](m, "", "")
	resource.None[ec2.DescribeInstanceEventWindowsInput, ec2.DescribeInstanceEventWindowsOutput](m, "iew-", "InvalidInstanceEventWindowId.NotFound")
	resource.None[ec2.DescribeLockedSnapshotsInput, ec2.DescribeLockedSnapshotsOutput](m, "", "")
	resource.None[ec2.DescribeMacHostsInput, ec2.DescribeMacHostsOutput](m, "h-", "InvalidHostID.NotFound")
	resource.None[ec2.DescribeReplaceRootVolumeTasksInput, ec2.DescribeReplaceRootVolumeTasksOutput](m, "", "")
	resource.None[ec2.DescribeReservedInstancesInput, ec2.DescribeReservedInstancesOutput](m, "", "")
	resource.None[ec2.DescribeReservedInstancesListingsInput, ec2.DescribeReservedInstancesListingsOutput](m, "", "")
	resource.None[ec2.DescribeReservedInstancesModificationsInput, ec2.DescribeReservedInstancesModificationsOutput](m, "", "")
	resource.None[ec2.DescribeReservedInstancesOfferingsInput, ec2.DescribeReservedInstancesOfferingsOutput](m, "", "")
	resource.None[ec2.DescribeScheduledInstancesInput, ec2.DescribeScheduledInstancesOutput](m, "", "")
	resource.None[ec2.DescribeSnapshotTierStatusInput, ec2.DescribeSnapshotTierStatusOutput](m, "", "")
	resource.None[ec2.DescribeSpotFleetRequestsInput, ec2.DescribeSpotFleetRequestsOutput](m, "sfr-", "InvalidSpotFleetRequestId.NotFound")
	resource.None[ec2.DescribeSpotInstanceRequestsInput, ec2.DescribeSpotInstanceRequestsOutput](m, "sir-", "InvalidSpotInstanceRequestID.NotFound")
	resource.None[ec2.DescribeSpotPriceHistoryInput, ec2.DescribeSpotPriceHistoryOutput](m, "", "")
	resource.None[ec2.DescribeStoreImageTasksInput, ec2.DescribeStoreImageTasksOutput](m, "", "")
}
