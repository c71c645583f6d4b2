package main

import (
	"strings"
	"testing"

	"github.com/understudy/understudy/discover"
)

func TestStackIsNamedAfterItsRecord(t *testing.T) {
	for host, want := range map[string]string{
		"play.arcade.test": "play", "www.shop.test": "shop", "app.2nd-hand.test": "nd-hand", "a-very-long-name-of-a-service.test": "a-very-long-name-of",
		"*.shop.test": "",
	} {
		_, zone, _ := strings.Cut(host, ".")
		if got := stackName(host, zone); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

// A value that stands in an account and that no declaration may have is left out and told. Without a name there is no declaration.
func TestValuesThatNoDeclarationMayHaveAreTold(t *testing.T) {
	d := &discover.Declared{Values: map[string]any{
		"name": "shop", "domain": "shop.test", "regions.primary.name": "us-east-1", "regions.primary.cidr": "10.1.0.0/16",
		"regions.secondary.name": "us-west-2", "regions.secondary.cidr": "10.2.0.0/16", "image.run": "serve &", "target.healthy": 99,
	}}
	text, err := (&target{file: "understudy.yaml"}).sayable(d)
	if err != nil || strings.Contains(text, "99") || len(d.Unsaid) != 1 || !strings.HasPrefix(d.Unsaid[0], "target.healthy: found 99") {
		t.Errorf("%v, unsaid %q", err, d.Unsaid)
	}
	d.Values["rules"] = []map[string]any{{"path": []string{"nowhere"}}, {"path": []string{"/old"}, "fixed": map[string]any{"status": 404}},
		{"method": []string{"get"}}}
	d.Values["failover.routing"], d.Values["regions.secondary.fleet.min"] = "weighted", 1
	if text, err = (&target{file: "understudy.yaml"}).sayable(d); err != nil || !strings.Contains(text, "\nrules: [{fixed: {status: 404}, path: [/old]}]\n") ||
		strings.Contains(text, "nowhere") || d.Values["regions.secondary.fleet.min"] != nil || len(d.Unsaid) != 4 {
		t.Errorf("%v, unsaid %q\n%s", err, d.Unsaid, text)
	}
	d.Values["name"] = ""
	if _, err := (&target{file: "understudy.yaml"}).sayable(d); err == nil || !strings.Contains(err.Error(), "name:") {
		t.Errorf("without a name: %v", err)
	}
}
