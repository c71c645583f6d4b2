package balancing

import (
	"regexp"
	"strings"
)

// longestName is that of load balancers and of target groups.
const longestName = 32

// nameChars are what names consist of, and nameShape is a target group's name as AWS's own model has it, with its look-aheads spelled out:
// Go's expressions have none.
var (
	nameChars = regexp.MustCompile(`^[A-Za-z0-9-]*$`)
	nameShape = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)
)

// checkBalancerName refuses what a load balancer cannot be called. The words on the length were seen in
// https://github.com/aws-cloudformation/cfn-lint/issues/3259; the others are after them. Double hyphens were refused in 2016
// (https://github.com/zalando-stups/senza/issues/395); in 2024 there were load balancers with them
// (https://github.com/NHSDigital/manage-vaccinations-in-schools/pull/2549), and no documentation forbids them.
func checkBalancerName(name string) error {
	switch {
	case len(name) > longestName:
		return invalid("The load balancer name '%s' cannot be longer than '%d' characters", name, longestName)
	case !nameChars.MatchString(name):
		return invalid("The load balancer name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", name)
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-"):
		return invalid("The load balancer name '%s' cannot begin or end with '-'", name)
	case strings.HasPrefix(name, "internal-"):
		return invalid("The load balancer name '%s' cannot begin with 'internal-'", name)
	}
	return nil
}

// checkGroupName refuses what a target group cannot be called, in the words that the tests of https://github.com/getmoto/moto have.
// Those refuse hyphens that stand together, too, as AWS was seen to (https://github.com/zalando-stups/senza/issues/395), though its
// documentation of CreateTargetGroup does not.
func checkGroupName(name string) error {
	switch {
	case len(name) > longestName:
		return invalid("Target group name '%s' cannot be longer than '%d' characters", name, longestName)
	case !nameChars.MatchString(name):
		return invalid("Target group name '%s' can only contain characters that are alphanumeric characters or hyphens(-)", name)
	case !nameShape.MatchString(name):
		return invalid("1 validation error detected: Value '%s' at 'targetGroup.targetGroupArn.targetGroupName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: (?!.*--)(?!^-)(?!.*-$)^[A-Za-z0-9-]+$", name)
	}
	return nil
}
