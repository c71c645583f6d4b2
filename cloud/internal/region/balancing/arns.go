package balancing

import (
	"regexp"
	"strings"
)

// The kinds of resources, as AWS calls them where an ARN is of none or of another.
const (
	balancerARN = "load balancer"
	groupARN    = "target group"
	listenerARN = "listener"
	ruleARN     = "listener rule"
)

// arnShapes are what follows the account in the ARN of each kind.
var arnShapes = map[string]*regexp.Regexp{
	balancerARN: regexp.MustCompile(`^loadbalancer/(app|net|gwy)/[A-Za-z0-9-]+/[0-9a-f]+$`),
	groupARN:    regexp.MustCompile(`^targetgroup/[A-Za-z0-9-]+/[0-9a-f]+$`),
	listenerARN: regexp.MustCompile(`^listener/(app|net|gwy)/[A-Za-z0-9-]+/[0-9a-f]+/[0-9a-f]+$`),
	ruleARN:     regexp.MustCompile(`^listener-rule/(app|net|gwy)/[A-Za-z0-9-]+/[0-9a-f]+/[0-9a-f]+/[0-9a-f]+$`),
}

// checkARNs refuses what is no ARN of a kind in this account and region, before it is looked for: seen in
// https://github.com/hashicorp/terraform/issues/18060 and, of another kind's ARN, in https://github.com/aws/aws-cli/issues/3260.
func (r *Room) checkARNs(kind string, arns ...string) error {
	for _, arn := range arns {
		rest, here := strings.CutPrefix(arn, r.ARN("elasticloadbalancing", ""))
		if !here || !arnShapes[kind].MatchString(rest) {
			return invalid("'%s' is not a valid %s ARN", arn, kind)
		}
	}
	return nil
}

// requireARN refuses a required ARN of a kind that is missing, or is none.
func (r *Room) requireARN(kind, name string, arn *string) error {
	if err := required(name, arn); err != nil {
		return err
	}
	return r.checkARNs(kind, *arn)
}
