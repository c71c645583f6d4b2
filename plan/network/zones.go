package network

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/plan/resource"
)

// Zones knows the availability zones of a region's subnets: the first by name of those that are available and are neither local nor
// wavelength zones, which do not take every instance type.
type Zones struct {
	resource.Scope
	mu    sync.Mutex
	names []string
}

// name returns the zone with this number, from 0.
func (z *Zones) name(ctx context.Context, n int) (string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.names == nil {
		out, err := z.EC2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
		if err != nil {
			return "", fmt.Errorf("describe availability zones: %w", err)
		}
		z.names = UsableZones(out.AvailabilityZones)
	}
	if n >= len(z.names) {
		return "", fmt.Errorf("region %s has %d usable availability zones, %d are needed", z.Region, len(z.names), n+1)
	}
	return z.names[n], nil
}

// UsableZones returns the names of the zones that subnets are made in, of which a stack takes the first.
func UsableZones(all []ec2types.AvailabilityZone) []string {
	var names []string
	for _, zone := range all {
		kind := aws.ToString(zone.ZoneType)
		if zone.State == ec2types.AvailabilityZoneStateAvailable && (kind == "" || kind == "availability-zone") {
			names = append(names, aws.ToString(zone.ZoneName))
		}
	}
	slices.Sort(names)
	return names
}
