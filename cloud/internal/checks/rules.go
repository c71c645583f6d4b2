package checks

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
)

// complete checks the settings of a new health check and fills in the defaults of the API reference,
// HealthCheckConfig.
func complete(c r53types.HealthCheckConfig) (r53types.HealthCheckConfig, error) {
	if err := knownType(c); err != nil {
		return c, err
	}
	c.Inverted, c.Disabled = orBool(c.Inverted, false), orBool(c.Disabled, false)
	switch c.Type {
	case r53types.HealthCheckTypeCalculated:
		return calculated(c)
	case r53types.HealthCheckTypeCloudwatchMetric:
		return ofAlarm(c)
	case r53types.HealthCheckTypeRecoveryControl:
		return ofControl(c)
	}
	https := c.Type == r53types.HealthCheckTypeHttps || c.Type == r53types.HealthCheckTypeHttpsStrMatch
	c.MeasureLatency, c.EnableSNI = orBool(c.MeasureLatency, false), orBool(c.EnableSNI, https)
	c.RequestInterval, c.FailureThreshold = orInt(c.RequestInterval, 30), orInt(c.FailureThreshold, 3)
	switch {
	case https:
		c.Port = orInt(c.Port, 443)
	case c.Type != r53types.HealthCheckTypeTcp:
		c.Port = orInt(c.Port, 80)
	}
	c.ResourcePath = path(c.ResourcePath)
	if len(c.Regions) == 0 {
		c.Regions = nil
	}
	c.Regions = slices.Clone(c.Regions)
	return c, endpointRules(c)
}

func orBool(v *bool, otherwise bool) *bool {
	if v == nil {
		return &otherwise
	}
	return v
}

func orInt(v *int32, otherwise int32) *int32 {
	if v == nil {
		return &otherwise
	}
	return v
}

// path adds a slash at the front of a path that has none, as Route 53 does.
func path(p *string) *string {
	if aws.ToString(p) == "" || strings.HasPrefix(*p, "/") {
		return p
	}
	return aws.String("/" + *p)
}

func knownType(c r53types.HealthCheckConfig) error {
	switch {
	case !slices.Contains(c.Type.Values(), c.Type):
		return request.BadInput("Invalid XML ; cvc-enumeration-valid: Value '%s' is not facet-valid with respect to the enumeration of health check types.", c.Type)
	case c.AlarmIdentifier != nil && c.Type != r53types.HealthCheckTypeCloudwatchMetric:
		return request.BadInput("Invalid parameter : AlarmIdentifier may only be specified for health checks of type CLOUDWATCH_METRIC.")
	case c.InsufficientDataHealthStatus != "" && c.Type != r53types.HealthCheckTypeCloudwatchMetric:
		return request.BadInput("Invalid parameter : InsufficientDataHealthStatus may only be specified for health checks of type CLOUDWATCH_METRIC.")
	case c.RoutingControlArn != nil && c.Type != r53types.HealthCheckTypeRecoveryControl:
		return request.BadInput("Invalid parameter : RoutingControlArn may only be specified for health checks of type RECOVERY_CONTROL.")
	}
	return nil
}

// calculated checks a check that counts others.
func calculated(c r53types.HealthCheckConfig) (r53types.HealthCheckConfig, error) {
	if err := unprobed(&c); err != nil {
		return c, err
	}
	if c.HealthThreshold == nil {
		return c, request.BadInput("Invalid parameter : HealthThreshold must be specified for health checks of type CALCULATED.")
	}
	if err := between("healthThreshold", *c.HealthThreshold, 0, 256); err != nil {
		return c, err
	}
	if len(c.ChildHealthChecks) > 255 {
		return c, request.BadInput("Invalid parameter : A health check of type CALCULATED may have at most 255 children.")
	}
	seen := map[string]bool{}
	for _, id := range c.ChildHealthChecks {
		if seen[id] {
			return c, request.BadInput("Invalid parameter : The child health check %s is given twice.", id)
		}
		seen[id] = true
	}
	return c, nil
}

// endpointRules check a check that probes an endpoint, with its defaults filled in.
func endpointRules(c r53types.HealthCheckConfig) error {
	str := c.Type == r53types.HealthCheckTypeHttpStrMatch || c.Type == r53types.HealthCheckTypeHttpsStrMatch
	tcp := c.Type == r53types.HealthCheckTypeTcp
	https := c.Type == r53types.HealthCheckTypeHttps || c.Type == r53types.HealthCheckTypeHttpsStrMatch
	if err := childless(&c); err != nil {
		return err
	}
	switch {
	case str && aws.ToString(c.SearchString) == "":
		return request.BadInput("Invalid parameter : SearchString must be specified for health checks of type %s.", c.Type)
	case !str && c.SearchString != nil:
		return request.BadInput("Invalid parameter : SearchString may not be specified for health checks of type %s.", c.Type)
	case tcp && c.Port == nil:
		return request.BadInput("Invalid parameter : Port must be specified for health checks of type TCP.")
	case tcp && c.ResourcePath != nil:
		return request.BadInput("Invalid parameter : ResourcePath may not be specified for health checks of type TCP.")
	case !https && *c.EnableSNI:
		return request.BadInput("Invalid parameter : EnableSNI may only be true for health checks of type HTTPS and HTTPS_STR_MATCH.")
	case c.IPAddress == nil && aws.ToString(c.FullyQualifiedDomainName) == "":
		return request.BadInput("Invalid parameter : Either IPAddress or FullyQualifiedDomainName must be specified.")
	case *c.RequestInterval != 10 && *c.RequestInterval != 30:
		return request.BadInput("Invalid parameter : RequestInterval must be 10 or 30 but is %d.", *c.RequestInterval)
	case https && *c.EnableSNI && aws.ToString(c.FullyQualifiedDomainName) == "" && c.IPAddress == nil:
		return request.BadInput("Invalid parameter : EnableSNI requires FullyQualifiedDomainName.")
	}
	return limits(c)
}

// limits checks what the API's model bounds.
func limits(c r53types.HealthCheckConfig) error {
	checks := []error{
		between("failureThreshold", *c.FailureThreshold, 1, 10),
		between("port", *c.Port, 1, 65535),
		request.Length("fullyQualifiedDomainName", aws.ToString(c.FullyQualifiedDomainName), 0, 255),
		request.Length("resourcePath", aws.ToString(c.ResourcePath), 0, 255),
		request.Length("searchString", aws.ToString(c.SearchString), 0, 255),
		regions(c.Regions),
		public(c.IPAddress),
	}
	if fqdn := aws.ToString(c.FullyQualifiedDomainName); fqdn != "" {
		if _, err := records.Name(fqdn); err != nil {
			checks = append(checks, request.BadInput("Invalid parameter : FullyQualifiedDomainName: %v", err))
		}
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

func between(member string, v, least, most int32) error {
	if v < least || v > most {
		return request.BadInput(
			"1 validation error detected: Value '%d' at 'healthCheckConfig.%s' failed to satisfy constraint: Member must have value between %d and %d",
			v,
			member,
			least,
			most,
		)
	}
	return nil
}

func regions(list []r53types.HealthCheckRegion) error {
	if len(list) == 0 {
		return nil
	}
	seen := map[r53types.HealthCheckRegion]bool{}
	for _, r := range list {
		if !slices.Contains(r.Values(), r) {
			return request.BadInput("Invalid parameter : %s is not a region with health checkers.", r)
		}
		seen[r] = true
	}
	if len(seen) != len(list) || len(list) < 3 {
		return request.BadInput("Invalid parameter : At least three different Regions must be specified.")
	}
	return nil
}

// carrierGrade is the shared address space of RFC 6598.
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

// special has ranges of IPv6 that are not to be routed on the internet (RFC 5156): addresses that stand for those of IPv4, ORCHIDs, and
// what was the 6bone's.
var special = []netip.Prefix{
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("::ffff:0:0/96"), netip.MustParsePrefix("2001:10::/28"),
	netip.MustParsePrefix("5f00::/8"), netip.MustParsePrefix("3ffe::/16"),
}

// public refuses addresses that Route 53 does not probe: "local, private, non-routable, or multicast ranges" (HealthCheckConfig,
// IPAddress). The ranges of this cloud's public addresses, see package address, AWS refuses too.
func public(ip *string) error {
	if ip == nil {
		return nil
	}
	addr, err := netip.ParseAddr(*ip)
	if err != nil || addr.Zone() != "" {
		return request.BadInput("Invalid parameter : %s is not a valid IP address.", *ip)
	}
	among := slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(addr) })
	if addr.Is4() {
		among = carrierGrade.Contains(addr) || addr.As4()[0] == 0 || addr.As4()[0] >= 240
	}
	if among || addr.IsPrivate() || !addr.IsGlobalUnicast() {
		return request.BadInput("Invalid parameter : IP address %s is not allowed: it is private, local, non-routable or multicast.", *ip)
	}
	return nil
}
