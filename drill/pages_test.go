package drill

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rule is of the users' page alone, and is deleted by what knows no page.
func TestPagesFailWhereUsersAskAlone(t *testing.T) {
	w := region()
	w.answers["DescribeListeners"] = "<Listeners><member><ListenerArn>listener-1</ListenerArn></member></Listeners>"
	f := Pages{Respond: Respond{Account: w.open(t), Parts: Parts{Balancer: "balancer"}}, Page: "/shop"}
	undo, err := f.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Break(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CreateRule /shop listener-1 1"}, w.did); diff != "" {
		t.Error(diff)
	}
	u, err := respondingOf(undo)
	if err != nil {
		t.Fatal(err)
	}
	w.answers["DescribeRules"] = "<Rules><member><RuleArn>rule-drill</RuleArn><Priority>1</Priority><Actions><member><FixedResponseConfig><MessageBody>" +
		u.Says + "</MessageBody></FixedResponseConfig></member></Actions></member></Rules>"
	w.did = nil
	undoing, err := Kinds[kindAt(t, "pages")].Undo(t.Context(), Primary{Account: f.Account})
	if err != nil {
		t.Fatal(err)
	}
	if err := undoing.Repair(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"DeleteRule rule-drill"}, w.did); diff != "" {
		t.Error(diff)
	}
}

func TestPagesThatNoRuleCanTellAreRefused(t *testing.T) {
	for _, c := range []struct{ balancer, page, why string }{
		{"balancer", "/sh*p", "stand for others"},
		{"balancer", "", "cannot tell"},
		{"balancer", "/" + strings.Repeat("x", longestPattern), "up to 128"},
		{"arn:aws:elasticloadbalancing:one:1:loadbalancer/net/hello/1", "/shop", "knows no pages"},
	} {
		f := Pages{Respond: Respond{Parts: Parts{Balancer: c.balancer}}, Page: c.page}
		if _, err := f.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func kindAt(t *testing.T, name string) int {
	t.Helper()
	for n, k := range Kinds {
		if k.Name == name {
			return n
		}
	}
	t.Fatalf("no kind is named %q", name)
	return -1
}
