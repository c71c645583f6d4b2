package balancing

import (
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
)

// The quotas of values, and of wildcards in them, over all of a rule's conditions
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html).
const (
	maxConditionValues    = 5
	maxConditionWildcards = 5
)

// readConditions checks a rule's conditions and returns them as they are shown: the fields that could be
// given in the old way, as Values, are shown both ways.
func readConditions(conditions []elbtypes.RuleCondition) ([]elbtypes.RuleCondition, error) {
	if len(conditions) == 0 {
		return nil, invalid("A condition must be specified")
	}
	out := slices.Clone(conditions)
	values, wildcards := 0, 0
	seen := map[string]bool{}
	for i := range out {
		c := &out[i]
		if err := normalize(c); err != nil {
			return nil, err
		}
		run, err := runCondition(*c)
		if err != nil {
			return nil, err
		}
		if once := run.Field != "http-header" && run.Field != "query-string"; once && seen[run.Field] {
			return nil, invalid("A rule can have at most one '%s' condition", run.Field)
		}
		seen[run.Field] = true
		n := len(run.Values) + len(run.Regexes) + len(run.Query) + len(run.Prefixes)
		if n == 0 {
			return nil, invalid("A condition value must be specified for field '%s'", run.Field)
		}
		if err := checkValues(run); err != nil {
			return nil, err
		}
		values += n
		wildcards += countWildcards(run)
	}
	if values > maxConditionValues { // seen in https://github.com/aws/aws-cdk/issues/10065
		return nil, invalid("A rule can only have '%d' condition values", maxConditionValues)
	}
	if wildcards > maxConditionWildcards {
		return nil, invalid("A rule can only have '%d' condition wildcards", maxConditionWildcards)
	}
	return out, nil
}

// normalize shows path and host patterns both in Values and in their config. Only one of them may be given: seen in
// https://github.com/aws-controllers-k8s/community/issues/2759.
func normalize(c *elbtypes.RuleCondition) error {
	both := func(config string) error {
		return invalid("You cannot provide both Values and '%s' for a condition of type '%s'", config, *c.Field)
	}
	for _, kind := range configsOf(*c) {
		if field := room.Deref(c.Field); field != "" && kind != field {
			return invalid("'%s' cannot be specified for a condition of type '%s'", configs[kind], field)
		}
	}
	switch room.Deref(c.Field) {
	case "":
		return invalid("A condition field must be specified") // seen in https://github.com/aws/aws-sdk-js/issues/2658
	case "path-pattern":
		if c.PathPatternConfig == nil {
			c.PathPatternConfig = &elbtypes.PathPatternConditionConfig{Values: c.Values, RegexValues: c.RegexValues}
		} else if len(c.Values)+len(c.RegexValues) > 0 {
			return both("PathPatternConfig")
		}
		c.Values, c.RegexValues = c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues
	case "host-header":
		if c.HostHeaderConfig == nil {
			c.HostHeaderConfig = &elbtypes.HostHeaderConditionConfig{Values: c.Values, RegexValues: c.RegexValues}
		} else if len(c.Values)+len(c.RegexValues) > 0 {
			return both("HostHeaderConfig")
		}
		c.Values, c.RegexValues = c.HostHeaderConfig.Values, c.HostHeaderConfig.RegexValues
	default:
		if len(c.RegexValues) > 0 {
			return invalid("RegexValues cannot be specified beside the config of a condition of type '%s'", *c.Field)
		}
		if len(c.Values) > 0 && len(configsOf(*c)) > 0 {
			return both(configs[*c.Field])
		}
	}
	return nil
}

// configs are the fields of a condition that hold what its kind needs ("Specify only when Field is ...",
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html).
var configs = map[string]string{
	"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig", "http-header": "HttpHeaderConfig", "query-string": "QueryStringConfig",
	"http-request-method": "HttpRequestMethodConfig", "source-ip": "SourceIpConfig",
}

// configsOf are the kinds whose configs a condition has.
func configsOf(c elbtypes.RuleCondition) (kinds []string) {
	for kind, has := range map[string]bool{
		"host-header": c.HostHeaderConfig != nil, "path-pattern": c.PathPatternConfig != nil, "http-header": c.HttpHeaderConfig != nil,
		"query-string": c.QueryStringConfig != nil, "http-request-method": c.HttpRequestMethodConfig != nil, "source-ip": c.SourceIpConfig != nil,
	} {
		if has {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
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
	var err error
	run.Regexes, err = compile(run.Field, regex)
	return run, err
}
