// Package partition knows the regions of AWS's commercial partition, aws, by their names.
package partition

import "slices"

// regions are those of partitions.json in aws-sdk-go-v2 1.47.7 of 5 November 2026, without the pseudo-region aws-global.
// They are in the order of their names. A later SDK with further ones fails the test beside this file.
var regions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
	"il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// enabled are the regions that an account has from its beginning; it opts in to the others ("Enable or disable AWS
// Regions in your account", Account Management reference guide, as of November 2026).
var enabled = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
	"eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// Names returns the names of all regions, in their order.
func Names() []string { return slices.Clone(regions) }

// Has tells whether AWS has a region of this name.
func Has(name string) bool {
	_, has := slices.BinarySearch(regions, name)
	return has
}

// OptIn tells whether an account must opt in to a region.
func OptIn(name string) bool { return !slices.Contains(enabled, name) }
