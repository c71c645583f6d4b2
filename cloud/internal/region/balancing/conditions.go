package balancing

import (
	"regexp"
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
)

// maxConditionValues is the quota of values over all of a rule's conditions.
const maxConditionValues = 5

var methodShape = regexp.MustCompile(`^[A-Z_-]{1,40}$`)

// readConditions checks a rule's conditions and returns them as they are shown: the fields that could be
// given in the old way, as Values, are shown both ways.
func readConditions(conditions []elbtypes.RuleCondition) ([]elbtypes.RuleCondition, error) {
	if len(conditions) == 0 {
		return nil, invalid("A condition must be specified")
	}
	out := slices.Clone(conditions)
	values := 0
	seen := map[string]bool{}
	for i := range out {
		c := &out[i]
		if len(c.RegexValues) > 0 {
			return nil, invalid("RegexValues are not supported here")
		}
		normalize(c)
		run, err := runCondition(*c)
		if err != nil {
			return nil, err
		}
		if once := run.Field != "http-header" && run.Field != "query-string"; once && seen[run.Field] {
			return nil, invalid("A rule can have at most one '%s' condition", run.Field)
		}
		seen[run.Field] = true
		n := len(run.Values) + len(run.Query) + len(run.Prefixes)
		if n == 0 {
			return nil, invalid("A condition value must be specified for field '%s'", run.Field)
		}
		values += n
	}
	if values > maxConditionValues {
		return nil, invalid("A rule can have at most %d condition values", maxConditionValues)
	}
	return out, nil
}

// normalize shows path and host patterns both in Values and in their config.
func normalize(c *elbtypes.RuleCondition) {
	switch room.Deref(c.Field) {
	case "path-pattern":
		if c.PathPatternConfig == nil {
			c.PathPatternConfig = &elbtypes.PathPatternConditionConfig{Values: c.Values}
		}
		c.Values = c.PathPatternConfig.Values
	case "host-header":
		if c.HostHeaderConfig == nil {
			c.HostHeaderConfig = &elbtypes.HostHeaderConditionConfig{Values: c.Values}
		}
		c.Values = c.HostHeaderConfig.Values
	}
}

// runCondition makes the data path's condition.
func runCondition(c elbtypes.RuleCondition) (balancer.Condition, error) {
	run := balancer.Condition{Field: room.Deref(c.Field)}
	var regex []string
	switch run.Field {
	case "path-pattern":
		run.Values, regex = c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues
	case "host-header":
		run.Values, regex = c.HostHeaderConfig.Values, c.HostHeaderConfig.RegexValues
	case "http-header":
		if c.HttpHeaderConfig == nil || room.Deref(c.HttpHeaderConfig.HttpHeaderName) == "" {
			return run, invalid("An HTTP header name must be specified")
		}
		run.Header, run.Values, regex = *c.HttpHeaderConfig.HttpHeaderName, c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues
	case "http-request-method":
		if c.HttpRequestMethodConfig != nil {
			run.Values = c.HttpRequestMethodConfig.Values
		}
		if i := slices.IndexFunc(run.Values, func(m string) bool { return !methodShape.MatchString(m) }); i >= 0 {
			return run, invalid("HTTP method '%s' is not valid", run.Values[i])
		}
	case "query-string":
		if c.QueryStringConfig != nil {
			for _, p := range c.QueryStringConfig.Values {
				run.Query = append(run.Query, balancer.Pair{Key: room.Deref(p.Key), Value: room.Deref(p.Value)})
			}
		}
	case "source-ip":
		if c.SourceIpConfig != nil {
			prefixes, err := parsePrefixes(c.SourceIpConfig.Values)
			run.Prefixes = prefixes
			return run, err
		}
	default:
		return run, invalid("Condition field '%s' must be one of '[path-pattern,host-header,http-header,http-request-method,query-string,source-ip]'", run.Field)
	}
	if len(regex) > 0 {
		return run, invalid("RegexValues are not supported here")
	}
	for _, v := range run.Values {
		if len(v) < 1 || len(v) > 128 {
			return run, invalid("Condition values have 1 to 128 characters")
		}
	}
	return run, nil
}
