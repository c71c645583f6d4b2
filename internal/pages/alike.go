package pages

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// kind is a kind of values that differ from run to run, and what all of them are compared as.
type kind struct {
	name    string
	pattern *regexp.Regexp
	as      string
}

// always are kinds that no page has to name: what a cloud gives out, and the machine's clock. What says where something is, such as
// the region in a loopback twin's third number, is compared.
var always = []kind{
	{"id", regexp.MustCompile(`\b(vpc|subnet|igw|rtb|rtbassoc|acl|sg|sgr|i|lt|ami|snap|vol|eni|eipalloc|nat)-[0-9a-f]{17}\b`), "$1-ID"},
	{"resource of a load balancer", regexp.MustCompile(`/[0-9a-f]{16}\b`), "/ID"},
	{"health check", regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "UUID"},
	{"hosted zone", regexp.MustCompile(`\b[ZC][0-9A-Z]{12,31}\b`), "ZONE"},
	{"name of a load balancer", regexp.MustCompile(`-[0-9]{6,10}\.([a-z0-9-]+)\.elb\.`), "-N.$1.elb."},
	{"account", regexp.MustCompile(`\b[0-9]{12}\b`), "ACCOUNT"},
	{"twin", regexp.MustCompile(`\b127\.[0-9]+\.([0-9])\.[0-9]+(:[0-9]+)?\b`), "127.CLOUD.$1.HOST"},
	{"public address", regexp.MustCompile(`\b(198\.51\.100|203\.0\.113|198\.19\.[0-9]+)\.[0-9]+\b`), "$1.HOST"},
	{"private address", regexp.MustCompile(`\b(10\.[0-9]+)\.[0-9]+\.[0-9]+\b([^/]|$)`), "$1.X.Y$2"},
	{"time", regexp.MustCompile(`\b20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|\+00:00)?`), "TIME"},
	{"space", regexp.MustCompile(`[ \t]+`), " "},
}

// named are kinds that a block says of itself. Which machine of a region has served is chance.
var named = []kind{
	{"seconds", regexp.MustCompile(`\b([0-9]+h)?([0-9]+m)?[0-9]+(\.[0-9]+)? ?(s|ms)\b|\b[0-9]+ minutes?\b`), "TIME"},
	{"machine", regexp.MustCompile(`"zone":"([a-z]+-[a-z]+-[0-9])[a-f]","instance":"[^"]+",` +
		`"address":"[^"]+","requests":[0-9]+,"uptime":"[^"]+"`), "MACHINE of $1"},
	{"numbers", regexp.MustCompile(`\b[0-9][0-9,.]*\b`), "N"},
}

// order says that lines are printed in any order, as by steps that are done side by side.
const order = "order"

// likeness is how two texts of a block are compared.
type likeness struct {
	kinds []kind
	order bool
}

func likenessOf(b *Block) (l likeness, err error) {
	l.kinds = always
	mark, ok := b.Marks["alike"]
	if !ok {
		return l, nil
	}
	for name := range strings.SplitSeq(mark, ", ") {
		at := slices.IndexFunc(named, func(k kind) bool { return k.name == name })
		switch {
		case name == order:
			l.order = true
		case at < 0:
			return l, fmt.Errorf("no kind of values is called %q", name)
		default:
			l.kinds = append(slices.Clone(l.kinds), named[at])
		}
	}
	return l, nil
}

// plain returns what a line is compared by.
func (l likeness) plain(line string) string {
	for _, k := range l.kinds {
		line = k.pattern.ReplaceAllString(line, k.as)
	}
	return strings.TrimRight(line, " ")
}

// difference tells how what was printed differs from what the page shows; "" if it does not.
func (l likeness) difference(shown, printed []string) string {
	a, b := l.all(shown), l.all(printed)
	if slices.Equal(a, b) {
		return ""
	}
	return cmp.Diff(a, b)
}

func (l likeness) all(lines []string) []string {
	var plain []string
	for _, line := range lines {
		plain = append(plain, l.plain(line))
	}
	if l.order {
		slices.Sort(plain)
	}
	return plain
}

// renewed returns what was printed, with the lines of the page where they are alike: a page changes only where it has to.
func (l likeness) renewed(shown, printed []string) []string {
	if l.difference(shown, printed) == "" {
		return shown
	}
	left := map[string][]string{}
	for _, line := range shown {
		left[l.plain(line)] = append(left[l.plain(line)], line)
	}
	var lines []string
	for _, line := range printed {
		if same := left[l.plain(line)]; len(same) > 0 {
			line, left[l.plain(line)] = same[0], same[1:]
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}
