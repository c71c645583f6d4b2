package understudy

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/understudy/understudy/clients"
)

// constraint is a condition on a text, its name in a mistake, and as much of it as a regular expression can say, which editors
// read in the JSON schema. What Parse takes also matches.
type constraint struct {
	allowed string
	holds   func(string) bool
	pattern string   // of a whole text; empty for any
	longest int      // in characters; 0 for any
	words   []string // all that are allowed, where these are few
}

// matching is the constraint that a whole text matches. The pattern is compiled at its first use: a cloud's processes and
// instances run this program, too, and need none.
func matching(pattern, allowed string) constraint {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + pattern + `)\z`) })
	return constraint{allowed: allowed, pattern: pattern, holds: func(s string) bool { return compiled().MatchString(s) }}
}

// upTo is a constraint with a longest text.
func upTo(longest int, c constraint) constraint {
	matches := c.holds
	c.longest, c.holds = longest, func(s string) bool { return len(s) <= longest && matches(s) }
	return c
}

// oneOf is the constraint of a few words.
func oneOf(allowed string, words ...string) constraint {
	return constraint{allowed: allowed, words: words, holds: func(s string) bool { return slices.Contains(words, s) }}
}

// filled is the constraint of a text with something to see in it, and without zero bytes.
func filled(allowed string) constraint {
	c := matching(`[\s\S]*\S[\s\S]*`, allowed)
	c.holds = func(s string) bool { return strings.TrimSpace(s) != "" && !strings.ContainsRune(s, 0) }
	return c
}

// labelOf is the constraint of a tag's key or value, in characters. Its pattern leaves out the signs of ASCII that are not allowed: not
// every engine knows the classes of letters.
func labelOf(shortest, longest int, allowed string) constraint {
	c := constraint{allowed: allowed, longest: longest, pattern: fmt.Sprintf("[^!-*,;<>?\\[-^`{-~\\n]{%d,%d}", shortest, longest)}
	c.holds = func(s string) bool {
		n := utf8.RuneCountInString(s)
		return n >= shortest && n <= longest && !strings.ContainsFunc(s, func(r rune) bool {
			return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("+-=._:/@", r)
		})
	}
	return c
}

// holding is a constraint with one more condition.
func holding(c constraint, also func(string) bool) constraint {
	matches := c.holds
	c.holds = func(s string) bool { return matches(s) && also(s) }
	return c
}

// noZero is the constraint of a text for the system, which ends texts at a zero byte.
func noZero(allowed string) constraint {
	return constraint{allowed: allowed, holds: func(s string) bool { return !strings.ContainsRune(s, 0) }}
}

// orNothing is a constraint that the empty text satisfies, too.
func orNothing(c constraint) constraint {
	matches := c.holds
	c.allowed, c.pattern, c.holds = c.allowed+", or nothing", "("+c.pattern+")?", func(s string) bool { return s == "" || matches(s) }
	return c
}

// clientKind is any kind of users, as a pattern.
var clientKind = "(" + strings.Join(clients.Names(), "|") + ")"

var (
	// Load balancer and target group names hold 32 characters, "understudy-" among them.
	stackName = upTo(20, matching(`[a-z][a-z0-9]*(-[a-z0-9]+)*`, "1 to 20 lower-case letters, digits and single hyphens, beginning with a letter"))

	regionName = matching(`[a-z]{2}(-[a-z]+)+-[0-9]{1,2}`, "a region as AWS spells it, for example us-east-1")

	domainName = upTo(longestName, matching(label+`(\.`+label+`)+`, "a domain of two or more lower-case labels, for example hello.test"))
	recordName = upTo(longestName, matching(`(`+label+`(\.`+label+`)*)?`, "lower-case labels below the domain, for example www, or nothing"))

	findingPattern = filled("a finding's name as `understudy parity` prints it, with * for any text")
	reasonText     = filled("why it is known and accepted")

	installScript = noZero("a script, in place or as file:PATH")
	runScript     = filled("a script that starts the service and returns, in place or as file:PATH")

	imageOwner   = matching(`self|amazon|aws-marketplace|[0-9]{12}`, "amazon, self, aws-marketplace or an account of 12 digits")
	imagePattern = matching(`[A-Za-z0-9()\[\] ./\-'@_*?]{3,128}`, "3 to 128 characters of an image's name, * and ? for any")
	// The characters and lengths that all services take ("Tag restrictions" in the Amazon EC2 User Guide). The names of people for
	// resources, and the stack's own tags, are given by the stack.
	tagKey = holding(labelOf(1, 128, "1 to 128 letters, digits, spaces and any of + - = . _ : / @, none of Name, aws: and understudy: at the beginning"),
		func(s string) bool {
			lower := strings.ToLower(s)
			return s != "Name" && strings.TrimSpace(s) == s && !strings.HasPrefix(lower, "aws:") && !strings.HasPrefix(lower, "understudy:")
		})
	tagValue = labelOf(0, 256, "up to 256 letters, digits, spaces and any of + - = . _ : / @")

	instanceType = matching(`[a-z][a-z0-9-]*\.[a-z0-9-]+`, "an instance type, for example t3.micro")

	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html
	certificateARN = matching(`(arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+)?`,
		"the ARN of a certificate of ACM in this region, or nothing")
	tlsPolicy = matching(`ELBSecurityPolicy-[A-Za-z0-9-]+`,
		"a security policy as Elastic Load Balancing names it, for example ELBSecurityPolicy-TLS13-1-2-2021-06")
	redirectKind = oneOf("permanent, temporary or none", string(RedirectPermanent), string(RedirectTemporary), string(RedirectNone))

	failbackKind = oneOf("automatic, manual, or a mapping with after: {after: 10m}", "automatic", "manual")
	switchKind   = oneOf("standby or none", "standby", "none")
	hook         = noZero("a command for sh, or nothing")
	span         = constraint{
		allowed: "a time from 1s to 24h, for example 90s or 10m",
		pattern: `\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+`,
		holds: func(s string) bool {
			d, err := time.ParseDuration(s)
			return err == nil && d >= time.Second && d <= 24*time.Hour
		},
	}

	promised = orNothing(span)

	// 255 is the longest ResourcePath of a Route 53 health check (HealthCheckConfig in its API reference).
	healthPath = matching(`/[!-~]{0,254}`, "a path that begins with /, at most 255 printable characters without spaces")

	routingKind = oneOf("failover, weighted or latency", string(RoutingFailover), string(RoutingWeighted), string(RoutingLatency))

	checkPath = matching(`(/[!-~]{0,254})?`, "a path that begins with /, at most 255 printable characters without spaces, or nothing")
	// 255 characters are the longest SearchString. Route 53 looks for it in the answer's first 5,120 bytes (HealthCheckConfig).
	matchText     = upTo(255, matching(`([ -~]*[!-~][ -~]*)?`, "at most 255 printable characters of ASCII, not spaces alone, or nothing"))
	checkerRegion = oneOf("a region with checkers: "+strings.Join(checkerRegions, ", "), checkerRegions...)

	// The Matcher of a target group: values from 200 to 499, lists and ranges (CreateTargetGroup).
	codes = matching(code+`(-`+code+`)?(,`+code+`(-`+code+`)?)*`, `HTTP codes from 200 to 499, for example "200", "200,204" or "200-299"`)

	// The ways of a load balancer to its targets (CreateTargetGroup and TargetGroupAttribute). gRPC is missing: its targets answer no GET of
	// Route 53's checkers.
	targetProtocol = oneOf("HTTP or HTTPS, or with balancer.kind network TCP or TLS", "HTTP", "HTTPS", TCP, TLS)
	targetVersion  = oneOf("HTTP1 or HTTP2", "HTTP1", "HTTP2")
	groupName      = upTo(longestNames-1, matching(`[a-z0-9]+(-[a-z0-9]+)*`, "1 to 17 lower-case letters, digits and single hyphens between them"))
	algorithm      = oneOf(RoundRobin+" or "+LeastOutstanding, RoundRobin, LeastOutstanding)
	targetPath     = upTo(1024, matching(`(/[!-~]*)?`, "a path that begins with /, at most 1024 printable characters without spaces, or nothing"))
	// The names of cookies (RFC 6265, section 4.1.1) but for the load balancer's own ("Sticky sessions for your Application Load Balancer").
	cookieName = holding(matching("[!#$%&'*+.0-9A-Z^_`a-z|~-]{0,256}", "a cookie's name that does not begin with AWSALB, or nothing"),
		func(s string) bool { return !strings.HasPrefix(s, "AWSALB") })

	// The values of a rule's conditions and actions (RuleCondition, RedirectActionConfig and FixedResponseActionConfig).
	pathPattern = upTo(128, matching(`/([A-Za-z0-9_.$/~"'@:+&*?-])*`, "a path that begins with /, at most 128 characters, * and ? for any"))
	hostPattern = upTo(128, matching(`[A-Za-z0-9.*?-]+\.[A-Za-z]+`, "a host, for example *.hello.test, * and ? for any"))
	httpMethod  = matching(`[A-Z_-]{1,40}`, "a method in capitals, for example GET")
	headerName  = holding(matching("[A-Za-z0-9!#$%&'*+.^_`|~-]{0,40}", "a header field's name other than Host"),
		func(s string) bool { return !strings.EqualFold(s, "host") })
	headerPattern    = upTo(128, matching(`[ -~]+`, "1 to 128 printable characters, * and ? for any"))
	sourceRange      = matching(octet+`(\.`+octet+`){3}/([12]?[0-9]|3[0-2])`, "an IPv4 network, for example 192.0.2.0/24")
	redirectProtocol = oneOf("HTTP, HTTPS or nothing", "", "HTTP", "HTTPS")
	redirectHost     = upTo(128, matching(`[A-Za-z0-9.{}#-]*`, "a host, or nothing"))
	redirectPath     = upTo(128, matching(`(/[!-~]*)?`, "a path that begins with /, at most 128 printable characters, or nothing"))
	redirectQuery    = upTo(128, matching(`[!-~]*`, "a query without the ? before it, at most 128 printable characters, or nothing"))
	fixedType        = oneOf("text/plain, text/css, text/html, application/javascript or application/json",
		"text/plain", "text/css", "text/html", "application/javascript", "application/json")
	fixedBody = upTo(1024, noZero("a text of at most 1024 bytes"))

	clientShares = holding(
		matching(clients.Mix+"|"+clientKind+`(=[0-9.]+%)?(, ?`+clientKind+`=[0-9.]+%)*`,
			"kinds of users by their shares, which are 100 % together: cache=80%,pool=20%; one of "+strings.Join(clients.Names(), ", ")+"; or "+clients.Mix),
		func(s string) bool { _, err := clients.Parse(s); return err == nil })

	desyncMode = oneOf("defensive, strictest or monitor", "defensive", "strictest", "monitor")
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketName = holding(matching(`([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?`, "a bucket of S3 in this region, or nothing"), func(s string) bool {
		_, notAddress := netip.ParseAddr(s)
		return !strings.Contains(s, "..") && notAddress != nil
	})
	// "The prefix must not include AWSLogs" ("Enable access logs for your Application Load Balancer").
	logPrefix = holding(upTo(512, matching(`([0-9A-Za-z_.-]+(/[0-9A-Za-z_.-]+)*)?`, "letters, digits and any of / _ . -, without AWSLogs, or nothing")),
		func(s string) bool { return !strings.Contains(s, "AWSLogs") && !strings.Contains(s, "..") })

	network = constraint{
		allowed: "an IPv4 network, for example 10.10.0.0/16",
		pattern: octet + `(\.` + octet + `){3}/(1[6-9]|2[0-5])`, // the sizes that a region can have; other mistakes tell of another
		holds: func(s string) bool {
			p, err := netip.ParsePrefix(s)
			return err == nil && p.Addr().Is4()
		},
	}
)

// checkerRegions are the regions from which Route 53 checks (HealthCheckConfig, Regions, in its API reference).
var checkerRegions = []string{"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"}

// mostTags leaves ten of the fifty tags of a resource to the stack, and to others.
const mostTags = 40

const (
	code  = `[2-4][0-9]{2}`
	octet = `(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`
)

// Names as Route 53 stores them without escapes: labels of at most 63 characters, 255 bytes in all with the dots and the
// root's length byte.
const (
	label       = `[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?`
	longestName = 253
)
