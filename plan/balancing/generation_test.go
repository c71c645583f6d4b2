package balancing

import (
	"fmt"
	"strings"
	"testing"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A generation's name is no other stack's, and fits.
func TestGenerationsHaveNamesOfTheirOwn(t *testing.T) {
	s := resourcetest.Scope(t)
	for _, stack := range []string{"hello", "hello-2", strings.Repeat("n", 20)} {
		s.Declared.Name = stack
		for n, name := range GenerationNames(stack) {
			if GenerationOf(s, name) != n+1 || len(name) > 32 {
				t.Errorf("%s, of %d characters, is generation %d", name, len(name), GenerationOf(s, name))
			}
		}
	}
	s.Declared.Name = "hello"
	if n := GenerationOf(s, "understudy-hello-2"); n != 0 {
		t.Errorf("the stack hello-2 has a target group that is taken for generation %d of hello", n)
	}
	if n, err := vacant(s, []int{1, 3}); n != 2 || err != nil {
		t.Errorf("generation %d is vacant, %v", n, err)
	}
	if _, err := vacant(s, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}); err == nil {
		t.Error("a tenth generation has a name")
	}
}

func TestAPortIsOutgrownAndAVPCRefused(t *testing.T) {
	s := resourcetest.Scope(t)
	wanted := &TargetGroup{Scope: s, VPC: &network.VPC{ID: "vpc-1"}}
	with := func(name, value string) *TargetGroup {
		g := &TargetGroup{Scope: s, VPC: wanted.VPC, ARN: "arn", Seen: wanted.Desired()}
		for i, f := range g.Seen {
			if f.Name == name {
				g.Seen[i].Value = value
			}
		}
		return g
	}
	for name, c := range map[string]struct {
		found *TargetGroup
		want  bool
	}{
		"as declared":    {with("", ""), false},
		"another port":   {with("port", "8080"), true},
		"another path":   {with("path", "/other"), false},
		"in another VPC": {with("vpc", "vpc-2"), false},
	} {
		if got := wanted.outgrows(c.found); got != c.want {
			t.Errorf("%s: is outgrown: %v", name, got)
		}
	}
}

// The shares of a listener, from one generation to the next and back.
func TestRequestsMoveFromOneGenerationToTheNext(t *testing.T) {
	one, two := &TargetGroup{ARN: "one"}, &TargetGroup{ARN: "two"}
	two.Earlier = []*TargetGroup{one}
	unmade := &TargetGroup{Earlier: two.Earlier}
	alone := &TargetGroup{ARN: "two"}
	for name, c := range map[string]struct {
		group               *TargetGroup
		found               []Share
		introduced, serving string
	}{
		"nothing earlier":       {group: alone, found: []Share{{"two", 1}}, introduced: "two", serving: "two"},
		"somebody's in between": {group: alone, found: []Share{{"theirs", 1}}, introduced: "two", serving: "two"},
		"not made":              {group: unmade, found: []Share{{"one", 1}}, introduced: resource.Unknown + " with weight 0, one with weight 1", serving: "one"},
		"made":                  {group: two, found: []Share{{"one", 1}}, introduced: "one with weight 1, two with weight 0", serving: "one"},
		"introduced":            {group: two, found: []Share{{"one", 1}, {"two", 0}}, introduced: "one with weight 1, two with weight 0", serving: "one"},
		"moved":                 {group: two, found: []Share{{"two", 1}, {"one", 0}}, introduced: "one with weight 0, two with weight 1", serving: "two"},
		"let go":                {group: two, found: []Share{{"two", 1}}, introduced: "two", serving: "two"},
	} {
		l := &Listener{Group: c.group, shares: c.found}
		if got := SharesText(l.introduces()); got != c.introduced || l.Serving().ARN != c.serving {
			t.Errorf("%s: %q, served by %s; want %q, %s", name, got, l.Serving().ARN, c.introduced, c.serving)
		}
		if back := sharesOf(forwards(l.introduces())); c.group.ARN != "" && SharesText(back) != c.introduced {
			t.Errorf("%s: the actions say %q", name, SharesText(back))
		}
		if len(l.old()) == 0 {
			resourcetest.Expect(t, &Handover{Listener: l})
			continue
		}
		want := fmt.Sprintf("one with weight 0, %s with weight 1", resource.Known(c.group.ARN))
		if got := SharesText(l.moves()); c.group.ARN != "" && got != want {
			t.Errorf("%s: moves to %q", name, got)
		}
		if got := SharesText(l.Returns()); got != "one" {
			t.Errorf("%s: goes back to %q", name, got)
		}
		if differ := len(resource.Compare((&Handover{Listener: l}).Desired(), (&Handover{Listener: l}).Actual())) > 0; differ != (c.serving == "one") {
			t.Errorf("%s: the requests are to move: %v", name, differ)
		}
	}
	if got := actionsText([]elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse}}); got != "fixed-response" {
		t.Errorf("another action is %q", got)
	}
}
