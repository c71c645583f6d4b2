package understudy

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"
)

// constraint is a condition on a text, and its name in a mistake.
type constraint struct {
	allowed string
	holds   func(string) bool
}

// matching is the constraint that a whole text matches. The pattern is compiled at its first use: a cloud's processes and
// instances run this program, too, and need none.
func matching(pattern, allowed string) constraint {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + pattern + `)\z`) })
	return constraint{allowed, func(s string) bool { return compiled().MatchString(s) }}
}

var (
	// Load balancer and target group names hold 32 characters, "understudy-" among them.
	stackName = constraint{
		"1 to 20 lower-case letters, digits and single hyphens, beginning with a letter",
		func(s string) bool { return len(s) <= 20 && hyphenated.MatchString(s) },
	}
	hyphenated = regexp.MustCompile(`\A[a-z][a-z0-9]*(-[a-z0-9]+)*\z`)

	regionName = matching(`[a-z]{2}(-[a-z]+)+-[0-9]{1,2}`, "a region as AWS spells it, for example us-east-1")

	domainName = constraint{
		"a domain of two or more lower-case labels, for example hello.test",
		func(s string) bool { return strings.Contains(s, ".") && isDomain(s) },
	}
	recordName = constraint{
		"lower-case labels below the domain, for example www, or nothing",
		func(s string) bool { return s == "" || isDomain(s) },
	}

	findingPattern = constraint{"a finding's name as `understudy parity` prints it, with * for any text", filled}
	reasonText     = constraint{"why it is known and accepted", filled}

	imageOwner   = matching(`self|amazon|aws-marketplace|[0-9]{12}`, "amazon, self, aws-marketplace or an account of 12 digits")
	imagePattern = matching(`[A-Za-z0-9()\[\] ./\-'@_*?]{3,128}`, "3 to 128 characters of an image's name, * and ? for any")
	instanceType = matching(`[a-z][a-z0-9-]*\.[a-z0-9-]+`, "an instance type, for example t3.micro")

	failbackKind = matching(`automatic|manual`, "automatic, manual, or a mapping with after: {after: 10m}")
	hook         = constraint{"a command for sh, or nothing", func(s string) bool { return !strings.ContainsRune(s, 0) }}
	span         = constraint{"a time from 1s to 24h, for example 90s or 10m", func(s string) bool {
		d, err := time.ParseDuration(s)
		return err == nil && d >= time.Second && d <= 24*time.Hour
	}}
	switchKind = matching(`standby|none`, "standby or none")

	// 255 is the longest ResourcePath of a Route 53 health check (HealthCheckConfig in its API reference).
	healthPath = matching(`/[!-~]{0,254}`, "a path that begins with /, at most 255 printable characters without spaces")

	// The Matcher of a target group: values from 200 to 499, lists and ranges (CreateTargetGroup).
	codes   = matching(code+`(-`+code+`)?(,`+code+`(-`+code+`)?)*`, `HTTP codes from 200 to 499, for example "200", "200,204" or "200-299"`)
	network = constraint{"an IPv4 network, for example 10.10.0.0/16", func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Addr().Is4()
	}}
)

func filled(s string) bool { return strings.TrimSpace(s) != "" }

const code = `[2-4][0-9]{2}`

// isDomain tells whether s is a name as Route 53 stores it without escapes: labels of at most 63
// characters, 255 bytes in all with the dots and the root's length byte.
func isDomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) > 63 || !domainLabel.MatchString(label) {
			return false
		}
	}
	return true
}

var domainLabel = regexp.MustCompile(`\A[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\z`)
