package balancing

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Of what says how clients keep their target, only what counts is compared and set.
func TestAttributesOfTargetsAreSetWhereTheyDiffer(t *testing.T) {
	sticky := func(kind, lb, app, cookie string) map[string]string {
		all := maps.Clone(targetDefaults)
		all[stickyAttribute], all[stickyType], all[stickyTime], all[stickyCookiesTime], all[stickyCookie] = "true", kind, lb, app, cookie
		return all
	}
	off := sticky("app_cookie", "1", "2", "left")
	off[stickyAttribute] = "false"
	for name, c := range map[string]struct {
		declared understudy.Stickiness
		now      map[string]string
		want     map[string]string
	}{
		"none of a new one":      {understudy.Stickiness{}, nil, map[string]string{}},
		"none, and what is left": {understudy.Stickiness{}, off, map[string]string{}},
		"none, and it is on":     {understudy.Stickiness{}, sticky("lb_cookie", "60", "1", ""), map[string]string{stickyAttribute: "false"}},
		"of a new one": {understudy.Stickiness{Duration: 60}, nil,
			map[string]string{stickyAttribute: "true", stickyType: "lb_cookie", stickyTime: "60"}},
		"as declared":  {understudy.Stickiness{Duration: 60}, sticky("lb_cookie", "60", "1", "left"), map[string]string{}},
		"another time": {understudy.Stickiness{Duration: 61}, sticky("lb_cookie", "60", "1", ""), map[string]string{stickyTime: "61"}},
		"by the application's cookie": {understudy.Stickiness{Duration: 9, Cookie: "id"},
			sticky("lb_cookie", "60", "9", ""), map[string]string{stickyType: "app_cookie", stickyCookie: "id"}},
		"by the application's as such": {understudy.Stickiness{Duration: 9, Cookie: "id"}, sticky("app_cookie", "60", "9", "id"), map[string]string{}},
	} {
		g := &TargetGroup{Scope: resourcetest.Scope(t)}
		g.Declared.Target.Stickiness, g.Declared.Target.Algorithm = c.declared, understudy.RoundRobin
		set := toSet(g.wants(), c.now, targetDefaults)
		delete(set, "slow_start.duration_seconds")
		if diff := cmp.Diff(c.want, set); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		g.Seen = []resource.Field{{Name: "attributes", Value: targetAttributes(c.now)}}
		if c.now != nil && (targetAttributes(g.wants()) == targetAttributes(c.now)) != (len(c.want) == 0) {
			t.Errorf("%s: is to be %q, is %q", name, targetAttributes(g.wants()), targetAttributes(c.now))
		}
	}
}

// A declared log is kept, one that is declared no more ends, and one that somebody else turned on stays.
func TestLogsOfADeclarationEndWithIt(t *testing.T) {
	const access, connection = "access_logs.s3", "connection_logs.s3"
	logs := understudy.Logs{Buckets: map[understudy.Side]string{understudy.Primary: "east", understudy.Secondary: "west"}, Prefix: "web"}
	on := map[string]string{access + ".enabled": "true", access + ".bucket": "west", access + ".prefix": "web"}
	tagged := map[string]string{logsTag: "access"}
	for name, c := range map[string]struct {
		declared  understudy.Logs
		now, tags map[string]string
		set       map[string]string
		differs   bool
		others    string
	}{
		"of a new one":          {logs, nil, nil, on, true, ""},
		"as declared":           {logs, on, tagged, map[string]string{}, false, ""},
		"turned on before":      {logs, on, nil, map[string]string{}, true, ""}, // the tag is to say that it is ours now
		"turned off":            {logs, map[string]string{access + ".enabled": "false"}, tagged, on, true, ""},
		"declared no more":      {understudy.Logs{}, on, tagged, map[string]string{access + ".enabled": "false"}, true, ""},
		"ended, and still told": {understudy.Logs{}, nil, tagged, map[string]string{}, true, ""},
		"somebody else's":       {understudy.Logs{}, on, nil, map[string]string{}, false, access + ".enabled=true"},
		"and another":           {logs, map[string]string{connection + ".enabled": "true"}, tagged, on, true, connection + ".enabled=true"},
	} {
		b := &Balancer{Scope: resourcetest.Scope(t)}
		b.Side, b.Declared.Balancer.AccessLogs = understudy.Secondary, c.declared
		if diff := cmp.Diff(c.set, toSet(b.wantsOfLogs(c.tags), c.now, leftAlone)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if want, is := b.declaredLogs(), b.ownLogs(c.now, c.tags); (want != is) != c.differs {
			t.Errorf("%s: is to be %q, is %q", name, want, is)
		}
		if got := unusual(b.undeclared(c.now, c.tags), leftAlone); got != c.others {
			t.Errorf("%s: told of is %q", name, got)
		}
	}
}
