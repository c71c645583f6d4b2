package understudy

import "strings"

// Partition returns the first part of a region's ARNs ("Amazon Resource Names" in the AWS General Reference).
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
