package balancing

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// readRedirect checks a redirect of a listener and returns it with the defaults of what it does not name
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html).
func readRedirect(l listenerRow, a elbtypes.Action) (elbtypes.Action, error) {
	if a.RedirectConfig == nil {
		return a, withoutConfig(a, "RedirectConfig")
	}
	c := *a.RedirectConfig
	c.Protocol, c.Host, c.Port = new(orDefault(c.Protocol, "#{protocol}")), new(orDefault(c.Host, "#{host}")), new(orDefault(c.Port, "#{port}"))
	c.Path, c.Query = new(orDefault(c.Path, "/#{path}")), new(orDefault(c.Query, "#{query}"))
	a.RedirectConfig = &c
	return a, cmp.Or(checkRedirectParts(c), checkRedirectTarget(l, c))
}

func badRedirect(format string, args ...any) error {
	return wire.Errorf("InvalidLoadBalancerAction", format, args...)
}

// checkRedirectParts refuses what a part of a redirect cannot be. The words on the path were seen in
// https://github.com/terraform-linters/tflint-ruleset-aws/issues/386; the others are after them.
func checkRedirectParts(c elbtypes.RedirectActionConfig) error {
	switch {
	case redirectStatus(c.StatusCode) == 0:
		return invalid("Redirect status code '%s' must be HTTP_301 or HTTP_302", c.StatusCode)
	case !slices.Contains([]string{"HTTP", "HTTPS", "#{protocol}"}, *c.Protocol):
		return invalid("Redirect protocol '%s' must be HTTP, HTTPS or #{protocol}", *c.Protocol)
	case *c.Port != "#{port}" && !between(1, 65535)(*c.Port):
		return badRedirect("The Port parameter must be a valid port, from 1 to 65535, or the placeholder '#{port}'.")
	case !placed(*c.Host, "#{host}") || !hostShape.MatchString(withoutPlaces(*c.Host)):
		return badRedirect("The Host parameter must be a valid host name, and may contain up to one of this placeholder: '#{host}'.")
	case !placed(*c.Path, "#{path}", "#{host}", "#{port}") || !strings.HasPrefix(*c.Path, "/") || strings.ContainsAny(*c.Path, " ?"):
		return badRedirect("The Path parameter must be a valid path, should start with a '/', and may contain up to one of each of these placeholders: " +
			"'#{path}', '#{host}', '#{port}'.")
	case !placed(*c.Query, "#{query}", "#{path}", "#{host}", "#{port}", "#{protocol}"):
		return badRedirect("The Query parameter must be a valid query, and may contain up to one of each of these placeholders: '#{query}', '#{path}', " +
			"'#{host}', '#{port}', '#{protocol}'.")
	}
	return nil
}

// placeholder stands for a part of the request.
var placeholder = regexp.MustCompile(`#\{[^}]*\}?`)

// placed tells whether a text has no placeholders but those allowed, each once at most.
func placed(text string, allowed ...string) bool {
	for _, p := range placeholder.FindAllString(text, -1) {
		i := slices.Index(allowed, p)
		if i < 0 {
			return false
		}
		allowed = slices.Delete(slices.Clone(allowed), i, i+1)
	}
	return true
}

// withoutPlaces is a text with a letter for each placeholder.
func withoutPlaces(text string) string { return placeholder.ReplaceAllString(text, "x") }

// checkRedirectTarget refuses a redirect to where the request has come from, in words seen in
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1752, and one from HTTPS to HTTP.
func checkRedirectTarget(l listenerRow, c elbtypes.RedirectActionConfig) error {
	own := func(part, placeholder, value string) bool { return part == placeholder || part == value }
	switch {
	case l.secure() && *c.Protocol == "HTTP":
		return badRedirect("The redirect configuration is not valid because it redirects HTTPS to HTTP.")
	case own(*c.Protocol, "#{protocol}", string(l.protocol())) && own(*c.Port, "#{port}", strconv.Itoa(int(l.Port))) &&
		*c.Host == "#{host}" && *c.Path == "/#{path}":
		return badRedirect("The redirect configuration is not valid because it creates a loop.")
	}
	return nil
}

func redirectStatus(s elbtypes.RedirectActionStatusCodeEnum) int {
	switch s {
	case elbtypes.RedirectActionStatusCodeEnumHttp301:
		return 301
	case elbtypes.RedirectActionStatusCodeEnumHttp302:
		return 302
	}
	return 0
}
