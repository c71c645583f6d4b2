package policy_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/policy"
	"pgregory.net/rapid"
)

func parse(t interface{ Fatal(...any) }, text string) policy.Document {
	d, err := policy.Identity(text)
	if err != nil {
		t.Fatal(err, text)
	}
	return d
}

func statement(effect, rest string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,%s}]}`, effect, rest)
}

const instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1"

// Each condition is the only one of a statement that allows; the request has the keys of the context below.
func TestConditions(t *testing.T) {
	context := policy.Context{}
	context.Set("aws:username", "ann")
	context.Set("aws:SourceIp", "10.1.2.3")
	context.Set("aws:CurrentTime", "2026-11-26T12:00:00Z")
	context.Set("aws:SecureTransport", "true")
	context.Set("aws:TagKeys", "a", "b")
	context.Set("n", "5")
	context.Set("arn", instance)
	for condition, want := range map[string]bool{
		`"StringEquals":{"AWS:UserName":"ann"}`:                                  true, // keys have no case
		`"StringEquals":{"aws:username":["bob","ann"]}`:                          true,
		`"StringEquals":{"aws:username":"a*"}`:                                   false,
		`"StringEquals":{"absent":"x"}`:                                          false,
		`"StringEqualsIfExists":{"absent":"x"}`:                                  true,
		`"StringNotEquals":{"absent":"x"}`:                                       true,
		`"StringNotEquals":{"aws:username":["bob","ann"]}`:                       false,
		`"StringEqualsIgnoreCase":{"aws:username":"ANN"}`:                        true,
		`"StringLike":{"aws:username":"a?n"}`:                                    true,
		`"StringNotLike":{"aws:username":"b*"}`:                                  true,
		`"StringEquals":{"aws:username":"${aws:username}"}`:                      true,
		`"StringEquals":{"aws:username":"${absent, 'ann'}"}`:                     true,
		`"StringLike":{"aws:username":"${*}nn"}`:                                 false, // a literal star
		`"ArnLike":{"arn":"arn:aws:ec2:*:*:instance/*"}`:                         true,
		`"ArnEquals":{"arn":"arn:*:instance/i-1"}`:                               false, // no wildcard goes over a colon
		`"ArnNotLike":{"arn":"arn:aws:ec2:eu-west-1:*:*"}`:                       true,
		`"NumericEquals":{"n":"5.0"}`:                                            true,
		`"NumericLessThan":{"n":5}`:                                              false,
		`"NumericLessThanEquals":{"n":5}`:                                        true,
		`"NumericGreaterThan":{"n":4}`:                                           true,
		`"NumericNotEquals":{"n":"x"}`:                                           true,
		`"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}`:              true,
		`"DateGreaterThan":{"aws:CurrentTime":"1800000000"}`:                     false,
		`"Bool":{"aws:SecureTransport":true}`:                                    true,
		`"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}`:                             true,
		`"NotIpAddress":{"aws:SourceIp":["10.2.0.0/16","10.1.2.3"]}`:             false,
		`"Null":{"absent":"true"}`:                                               true,
		`"Null":{"n":"true"}`:                                                    false,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b","c"]}`:              true,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}`:                      false,
		`"ForAllValues:StringEquals":{"absent":["a"]}`:                           true,
		`"ForAnyValue:StringEquals":{"aws:TagKeys":["b","c"]}`:                   true,
		`"ForAnyValue:StringEquals":{"absent":["a"]}`:                            false,
		`"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}`:                      true,
		`"ForAllValues:StringNotEquals":{"aws:TagKeys":"a"}`:                     false,
		`"StringEquals":{"n":"5"},"Bool":{"aws:SecureTransport":"false"}`:        false, // all must hold
		`"StringEquals":{"n":"5","aws:username":"ann"},"Null":{"absent":"true"}`: true,
	} {
		d := parse(t, statement("Allow", `"Action":"*","Resource":"*","Condition":{`+condition+`}`))
		got, _ := policy.Policies{Identity: []policy.Document{d}}.Evaluate(policy.Request{Action: "ec2:RunInstances", Resource: instance, Context: context})
		if (got == policy.Allowed) != want {
			t.Errorf("%s: %v, want holds %v", condition, got, want)
		}
	}
}

// What a boundary or a session's policies do not allow is not allowed, and the reason tells which.
func TestLayers(t *testing.T) {
	all := parse(t, statement("Allow", `"Action":"*","Resource":"*"`))
	ec2 := parse(t, statement("Allow", `"Action":"ec2:*","Resource":"*"`))
	deny := parse(t, statement("Deny", `"NotAction":"ec2:Describe*","Resource":"*"`))
	run := policy.Request{Action: "ec2:RunInstances", Resource: instance}
	for _, c := range []struct {
		p      policy.Policies
		action string
		want   policy.Decision
		by     policy.Reason
	}{
		{policy.Policies{}, "s3:Get", policy.ImplicitDeny, policy.ByIdentity},
		{policy.Policies{Identity: []policy.Document{all}}, "s3:Get", policy.Allowed, ""},
		{policy.Policies{Identity: []policy.Document{all, deny}}, "ec2:DescribeVpcs", policy.Allowed, ""},
		{policy.Policies{Identity: []policy.Document{all, deny}}, "ec2:RunInstances", policy.ExplicitDeny, policy.ByIdentity},
		{policy.Policies{Identity: []policy.Document{all}, Boundary: []policy.Document{ec2}}, "s3:Get", policy.ImplicitDeny, policy.ByBoundary},
		{policy.Policies{Identity: []policy.Document{ec2}, Session: []policy.Document{all}}, "s3:Get", policy.ImplicitDeny, policy.ByIdentity},
		{policy.Policies{Identity: []policy.Document{all}, Session: []policy.Document{ec2}}, "s3:Get", policy.ImplicitDeny, policy.BySession},
		{policy.Policies{Identity: []policy.Document{all}, Session: []policy.Document{}}, "s3:Get", policy.ImplicitDeny, policy.BySession},
	} {
		run.Action = c.action
		if got, by := c.p.Evaluate(run); got != c.want || by != c.by {
			t.Errorf("%s: %v by %q, want %v by %q", c.action, got, by, c.want, c.by)
		}
	}
}

// like is a second reading of patterns, by regular expressions.
func like(pattern, text string) bool {
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`(?s)\A` + quoted + `\z`).MatchString(text)
}

func anyLike(patterns []string, text string) bool {
	for _, p := range patterns {
		if like(p, text) {
			return true
		}
	}
	return false
}

// Random policies decide as a naive reading of the same statements does: any denial that applies, else any allowance.
func TestDecisionsAsANaiveReadingHasThem(t *testing.T) {
	word := rapid.StringMatching(`[ab*?]{1,4}`)
	rapid.Check(t, func(t *rapid.T) {
		request := policy.Request{
			Action:   "x:" + rapid.StringMatching(`[ab]{1,4}`).Draw(t, "action"),
			Resource: "arn:aws:x:r:1:" + rapid.StringMatching(`[ab]{1,4}`).Draw(t, "resource"),
			Context:  policy.Context{},
		}
		tag := rapid.StringMatching(`[ab]{0,2}`).Draw(t, "tag")
		if tag != "" {
			request.Context.Set("k", tag)
		}
		var texts []string
		denied, allowed := false, false
		for range rapid.IntRange(1, 4).Draw(t, "statements") {
			allow, notAction, notResource := rapid.Bool().Draw(t, "allow"), rapid.Bool().Draw(t, "not"), rapid.Bool().Draw(t, "not")
			actions, resources := rapid.SliceOfN(word, 1, 3).Draw(t, "actions"), rapid.SliceOfN(word, 1, 3).Draw(t, "resources")
			values, negated := rapid.SliceOfN(word, 1, 2).Draw(t, "values"), rapid.Bool().Draw(t, "negated")
			applies := anyLike(actions, request.Action[2:]) != notAction &&
				anyLike(resources, request.Resource[len("arn:aws:x:r:1:"):]) != notResource &&
				(tag != "" && anyLike(values, tag)) != negated
			denied, allowed = denied || applies && !allow, allowed || applies && allow
			texts = append(texts, fmt.Sprintf(`{"Effect":%q,%q:%s,%q:%s,"Condition":{%q:{"k":%s}}}`,
				map[bool]string{true: "Allow", false: "Deny"}[allow],
				map[bool]string{true: "NotAction", false: "Action"}[notAction], list("x:", actions),
				map[bool]string{true: "NotResource", false: "Resource"}[notResource], list("arn:aws:x:r:1:", resources),
				map[bool]string{true: "StringNotLike", false: "StringLike"}[negated], list("", values)))
		}
		want := policy.ImplicitDeny
		switch {
		case denied:
			want = policy.ExplicitDeny
		case allowed:
			want = policy.Allowed
		}
		text := `{"Version":"2012-10-17","Statement":[` + strings.Join(texts, ",") + `]}`
		got, _ := policy.Policies{Identity: []policy.Document{parse(t, text)}}.Evaluate(request)
		if got != want {
			t.Fatalf("%s on %s, k=%q: %v, want %v by\n%s", request.Action, request.Resource, tag, got, want, text)
		}
	})
}

func list(prefix string, words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", prefix+w)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}
