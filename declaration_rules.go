package understudy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// mostRules leaves half of the hundred rules of a load balancer to others ("Quotas for your Application Load Balancers").
const mostRules = 50

const rulesKey = "rules"

// rules reads the rules of a listener. Where Route 53's checkers ask, their requests are to be left to the service.
func rules(of *object, d *Declaration, asked bool) (all []Rule) {
	objects := of.objects(rulesKey)
	for _, o := range objects {
		r := Rule{
			Path: o.texts("path", nil, pathPattern), Host: o.texts("host", nil, hostPattern), Method: o.texts("method", nil, httpMethod),
			Source: o.texts("source", nil, sourceRange), Header: header(o.object("header")),
			Action: action(o, d),
		}
		r.checkConditions(o, all, d, asked)
		if again := slices.IndexFunc(all, func(other Rule) bool { return len(r.Conditions()) > 0 && other.meets() == r.meets() }); again >= 0 {
			o.wrong(fmt.Sprintf("the conditions of %s[%d] again", of.path+rulesKey, again), "other conditions: of two such rules the first counts")
		}
		all = append(all, r)
	}
	if len(all) > mostRules {
		of.mistake(rulesKey, fmt.Sprintf("%d rules", len(all)), fmt.Sprintf("at most %d", mostRules))
	}
	return all
}

// meets renders the rule's conditions.
func (r Rule) meets() string { return fmt.Sprintf("%q", r.Conditions()) }

// wrong writes down a mistake of the mapping itself.
func (o *object) wrong(found, allowed string) {
	o.r.mistake(o.node, strings.TrimSuffix(o.path, "."), found, allowed)
}

// has tells whether a key stands in the mapping.
func (o *object) has(key string) bool { return o.values[key] != nil }

// header reads a header field and its values: both or none.
func header(o *object) Header {
	h := Header{Name: o.text("name", "", headerName), Values: o.texts("values", nil, headerPattern)}
	if (h.Name == "") != (h.Values == nil) {
		o.wrong("a header without a name, or without values", "both: {name: X-Version, values: [beta]}")
	}
	return h
}

// action reads what becomes of requests.
func action(o *object, d *Declaration) Action {
	a := Action{o.text("forward", "", orNothing(groupName)), redirectTo(o), fixed(o)}
	if _, ok := d.group(a.Forward); !ok {
		o.mistake("forward", a.Forward, "the name of one of "+groupsKey+", or nothing for the service's")
	}
	if a.Forward != "" && !a.Forwards() {
		o.wrong("forward beside a redirect or an answer", "one of forward, redirect and fixed")
	}
	return a
}

// redirectTo reads where users are sent on to, nil where they are not.
func redirectTo(rule *object) *RedirectTo {
	o := rule.object("redirect")
	r := RedirectTo{
		Status: o.choice("status", 301, 301, 302), Protocol: o.text("protocol", "", redirectProtocol), Host: o.text("host", "", redirectHost),
		Port: o.number("port", 0, 0, 65535), Path: o.text("path", "", redirectPath), Query: o.text("query", "", redirectQuery),
	}
	if !rule.has("redirect") {
		return nil
	}
	// "You must modify at least one of the following components to avoid a redirect loop: protocol, hostname, port, or path" (RedirectActionConfig
	// in the Elastic Load Balancing API Reference).
	if cmp.Or(r.Protocol, r.Host, r.Path) == "" && r.Port == 0 {
		o.wrong("a redirect to where the user comes from", "another protocol, host, port or path")
	}
	return &r
}

// fixed reads an answer of the load balancer's own, nil where it gives none.
func fixed(rule *object) *Fixed {
	o := rule.object("fixed")
	f := Fixed{Status: o.number("status", 503, 200, 599), Type: o.text("type", "text/plain", fixedType), Body: o.text("body", "", fixedBody)}
	switch {
	case !rule.has("fixed"):
		return nil
	case f.Status/100 == 3:
		o.mistake("status", fmt.Sprint(f.Status), "2xx, 4xx or 5xx; see redirect")
	case rule.has("redirect"):
		o.wrong("an answer beside a redirect", "one of redirect and fixed")
	}
	return &f
}

// checkConditions refuses what a rule of AWS cannot have, and rules that answer Route 53's checkers in the service's place.
func (r Rule) checkConditions(o *object, before []Rule, d *Declaration, asked bool) {
	values, wildcards := 0, 0
	for _, c := range r.Conditions() {
		values += len(c.Values)
		for _, v := range c.Values {
			wildcards += strings.Count(v, "*") + strings.Count(v, "?")
		}
	}
	const most = 5 // "Condition values per rule" and "Condition wildcards per rule" in the quotas
	switch {
	case values == 0:
		o.wrong("a rule without a condition", "one or more of path, host, method, header and source")
	case values > most || wildcards > most:
		o.wrong(fmt.Sprintf("%d values with %d wildcards", values, wildcards), fmt.Sprintf("%d values and %d wildcards over all conditions of a rule", most, most))
	case asked:
		r.checkCheckers(o, before, d)
	}
}

// checkCheckers refuses a rule that answers Route 53's checkers.
func (r Rule) checkCheckers(o *object, before []Rule, d *Declaration) {
	for _, c := range d.Failover.Checks() {
		if r.takes(c, before, d) {
			o.wrong("a rule that answers "+c.Path+" of Route 53's checkers", "rules that leave it to the service, or one before that forwards it")
			return
		}
	}
}

// takes tells whether a rule answers a check in the service's place.
func (r Rule) takes(c Check, before []Rule, d *Declaration) bool {
	_, entry := d.Entry()
	if _, port := d.AskedBy(c); !d.AsksService(c) || port != entry || r.Forwards() {
		return false
	}
	return r.meetsCheckers(c) && !slices.ContainsFunc(before, func(b Rule) bool { return b.Forwards() && b.meetsCheckers(c) })
}

// meetsCheckers tells whether Route 53's checkers meet the rule's conditions: they ask by GET, for the check's name or else the load balancer's
// own, from anywhere.
func (r Rule) meetsCheckers(check Check) bool {
	for _, c := range r.Conditions() {
		asked := map[string]string{
			"path-pattern": check.Path, "http-request-method": "GET", "host-header": cmp.Or(check.Host[Primary], "a.elb.amazonaws.com"),
		}[c.Field]
		if path, _, cut := strings.Cut(asked, "?"); cut {
			asked = path // a pattern is of the path alone
		}
		if !slices.ContainsFunc(c.Values, func(pattern string) bool { return asked != "" && globbed(pattern, asked) }) {
			return false
		}
	}
	return true
}

// globbed tells whether a text is as a pattern says: * is any text, and ? any character.
func globbed(pattern, text string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	ok, err := regexp.MatchString("^(?s:"+quoted+")$", text)
	return ok && err == nil
}
