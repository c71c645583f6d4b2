package understudy_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/understudy/understudy"
)

// needed is what has no default.
func needed() map[string]any {
	return map[string]any{
		"name": "hello", "domain": "hello.test", "image.run": "hello &",
		"regions.primary.name": "us-east-1", "regions.primary.cidr": "10.10.0.0/16",
		"regions.secondary.name": "us-west-2", "regions.secondary.cidr": "10.20.0.0/16",
	}
}

func drafted(t *testing.T, values map[string]any) string {
	t.Helper()
	text, err := understudy.Draft(values)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What stands behind a # in a draft are the defaults: with and without it, the declaration is the shortest one.
func TestDraftShowsTheDefaults(t *testing.T) {
	want, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	text := drafted(t, needed())
	open := regexp.MustCompile(`(?m)^( *)#( *)([a-z_]+:)`).ReplaceAllString(text, "$1$2$3")
	if strings.Count(open, "\n") < 80 || open == text || strings.Contains(open, "#record") {
		t.Fatalf("not the draft that this test knows to open:\n%s", open)
	}
	for _, src := range []string{text, open} {
		got, err := parse(src)
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Errorf("(-want +got)\n%s\n%s", diff, src)
		}
	}
}

func TestDraftKeepsValues(t *testing.T) {
	for _, run := range []string{
		"a: b # c", "x\n", "one\ntwo", "one\n\n", "\ttab\nand\n", "one\n\n  two\n",
		" led by a space\nand on\n", "#!/bin/sh\necho \"a\\b\"\n", "tab\there\nand\r\n",
		`{"a": 1}`, "200", "true", "~", "*x", "é\nü\n",
	} {
		values := needed()
		values["image.run"], values["failover.standby.desired"], values["image.base.names"] = run, 3, []string{"*-x", "abc"}
		d, err := parse(drafted(t, values))
		if err != nil {
			t.Errorf("%q: %v", run, err)
			continue
		}
		if d.Image.Run != run || d.Failover.Standby.Desired != 3 || d.Image.Base.Names[0] != "*-x" {
			t.Errorf("%q: run is %q, standby %+v, names %q", run, d.Image.Run, d.Failover.Standby, d.Image.Base.Names)
		}
	}
}

func TestDraftKeepsLinesWithinLists(t *testing.T) {
	values := needed()
	values["rules"] = []map[string]any{{"path": []string{"/a"}, "fixed": map[string]any{"body": "one <b>\ntwo: \"x\"\n"}}}
	values["tags"] = map[string]string{"team": "web"}
	values["instance.environment"] = map[string]any{"A": "1", "B": "two\nlines"}
	d, err := parse(drafted(t, values))
	if err != nil {
		t.Fatal(err)
	}
	if d.Rules[0].Fixed.Body != "one <b>\ntwo: \"x\"\n" || d.Tags["team"] != "web" ||
		d.Instance.Environment["A"].Text != "1" || d.Instance.Environment["B"].Text != "two\nlines" {
		t.Errorf("rules %+v, tags %v, environment %v", d.Rules, d.Tags, d.Instance.Environment)
	}
}
