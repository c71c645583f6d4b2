package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/doctor"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/resource"
)

func TestOnlyYesIsConsent(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, " yes \n": true, "yes": true, "y\n": false, "no\n": false, "": false, "YES\n": false} {
		var asked bytes.Buffer
		err := consent(t.Context(), strings.NewReader(answer), &asked, "Sure? ", "up")
		if (err == nil) != want || asked.String() != "Sure? " {
			t.Errorf("%q: %v, asked %q", answer, err, asked.String())
		}
	}
}

func TestAQuestionSaysWhyItIsAsked(t *testing.T) {
	for _, c := range []struct {
		foreign string
		yes     bool
		want    string
	}{
		{"EC2 in us-east-1 is AWS's own", false, "Take it in AWS account 123456789012 (EC2 in us-east-1 is AWS's own)? Type yes: "},
		{"EC2 in us-east-1 is AWS's own", true, ""},
		{"", false, ""},
	} {
		on := target{account: "123456789012", foreign: c.foreign}
		if got := on.question(c.yes, "Take it"); got != c.want {
			t.Errorf("%+v: asked %q", c, got)
		}
	}
	var asked bytes.Buffer
	if err := consent(t.Context(), strings.NewReader(""), &asked, "", "up"); err != nil || asked.Len() > 0 {
		t.Errorf("without a question: %v, asked %q", err, asked.String())
	}
}

// Who presses Ctrl-C at the question need not press Enter as well.
func TestAnInterruptionIsNoConsent(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	silent, end := io.Pipe()
	defer end.Close()
	asked := asking{interrupt}
	if err := consent(ctx, silent, asked, "Sure? ", "up"); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("got %v", err)
	}
}

// asking interrupts once the question is asked.
type asking struct{ interrupt func() }

func (a asking) Write(p []byte) (int, error) {
	a.interrupt()
	return len(p), nil
}

func TestWithoutATerminalNobodyIsAsked(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w.WriteString("yes\n")
	w.Close()
	err = consent(t.Context(), r, &bytes.Buffer{}, "Sure? ", "up")
	var e interface{ ExitCode() int }
	if !errors.As(err, &e) || e.ExitCode() != 2 || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("got %v", err)
	}
}

// Only what is certain to fail stops a first up; the rest is said.
func TestFindingsBeforeAFirstUp(t *testing.T) {
	var said bytes.Buffer
	stops := sayBefore(&said, []doctor.Finding{
		{Check: doctor.CheckQuota, Severity: doctor.Blocker, Side: "secondary", What: "5 of 5 VPCs are used", Heal: "ask for more"},
		{Check: doctor.CheckDelegation, Severity: doctor.Blocker, Side: "global", What: "delegated to nobody"},
		{Check: doctor.CheckQuota, Severity: doctor.Warning, Side: "primary", What: "little room"},
		{Check: doctor.CheckQuota, Severity: doctor.Note, Side: "primary", What: "nearly full"},
		{Check: doctor.CheckPermission, Severity: doctor.Unchecked, Side: "primary", What: "not known"},
	})
	want := "understudy: blocker, quota, secondary: 5 of 5 VPCs are used\n  heal: ask for more\n" +
		"understudy: blocker, delegation, global: delegated to nobody\nunderstudy: warning, quota, primary: little room\n"
	if stops != 1 || said.String() != want {
		t.Errorf("%d stop it; said\n%s", stops, said.String())
	}
	for action, first := range map[plan.Action]bool{plan.Create: true, plan.Change: false} {
		p := &plan.Plan{Steps: []plan.Step{{Resource: "primary/vpc", Action: action}, {Resource: "secondary/fleet", Action: plan.Create}}}
		if p.First() != first {
			t.Errorf("a plan that does %s the VPC is the first: %v", action, !first)
		}
	}
}

func TestAPlanIsRenderedDesiredThenActual(t *testing.T) {
	p := &plan.Plan{Steps: []plan.Step{
		{Resource: "primary/vpc", Action: plan.Create, Differences: []resource.Difference{{Name: "cidr", Desired: "10.0.0.0/16"}}},
		{Resource: "primary/group", Action: plan.Change, ID: "sg-1", Differences: []resource.Difference{{Name: "ingress", Desired: "tcp 80", Actual: ""}}},
		{Resource: "primary/targets", Action: plan.Wait},
	}, Remarks: []resource.Remark{{Resource: "primary/neighbours", ID: "i-1", Text: "an instance that is not this stack's"}}}
	var b bytes.Buffer
	renderPlan(newPage(&b), p, false)
	const want = `+ create primary/vpc
~ change primary/group  sg-1
           ingress                tcp 80  (is nothing)
… wait   primary/targets
  note   primary/neighbours  i-1: an instance that is not this stack's
1 to create, 1 to change, 1 to wait for
`
	if b.String() != want {
		t.Errorf("got:\n%s", b.String())
	}
}

func TestProgressErasesWhatItDrew(t *testing.T) {
	var b bytes.Buffer
	at := time.Now()
	p := &progress{w: &b, width: 80, total: 2, began: at, now: func() time.Time { return at.Add(1500 * time.Millisecond) }, stop: make(chan struct{})}
	s := plan.Step{Resource: "primary/vpc", Action: plan.Create}
	p.Began(s)
	s.ID = "vpc-1"
	p.Ended(s, time.Second, nil)
	p.close()
	const want = "   0.0s   create primary/vpc\n   1.5s   0 of 2 done, 1 under way\n" +
		"\x1b[2A\x1b[J   1.5s + create primary/vpc                    1.0s  vpc-1\n"
	if b.String() != want {
		t.Errorf("got %q\nwant %q", b.String(), want)
	}
}

func TestAPlansLinesFitOnATerminal(t *testing.T) {
	const arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/understudy-hello/50dc6c495c0c9188"
	for _, c := range []struct {
		line  string
		width int
		want  string
	}{
		{"+ create primary/vpc", 80, "+ create primary/vpc"},
		{"~ change primary/load balancer  " + arn, 0, "~ change primary/load balancer  " + arn},
		{"~ change primary/load balancer  " + arn, 80, "~ change primary/load balancer  …50dc6c495c0c9188"},
		{"groups  " + arn + ", " + arn + " (is nothing)", 80, "groups  …50dc6c495c0c9188, …50dc6c495c0c9188 (is nothing)"},
		{"- delete primary/host a  i-0123456789abcdef0", 40, "- delete primary/host a  i-0123…def0"},
		{"- delete primary/health check  02ed90d2-ae42-4a03-b68e-da2524278230", 44, "- delete primary/health check  02ed90d2…"},
		{"- delete primary/health check  02ed90d2-ae42-4a03-b68e-da2524278230", 20, "- delete primary/h…"},
	} {
		if got := fit(c.line, c.width); got != c.want {
			t.Errorf("in %d columns: %q, want %q", c.width, got, c.want)
		}
	}
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	p := &plan.Plan{Steps: []plan.Step{{Resource: "primary/vpc", Action: plan.Create}}}
	var b bytes.Buffer
	renderPlan(page{&b, 80, true}, p, false)
	if !strings.HasPrefix(b.String(), "\x1b[32m+ create primary/vpc\x1b[0m\n") {
		t.Errorf("got %q", b.String())
	}
	if p := newPage(&b); p.colour || p.width != 0 {
		t.Errorf("what is no terminal: %+v", p)
	}
}

func TestAPipeIsToldWhatIsWaitedFor(t *testing.T) {
	var b bytes.Buffer
	at := time.Now()
	p := &progress{w: &b, total: 1, began: at, now: func() time.Time { return at.Add(30 * time.Second) }, stop: make(chan struct{})}
	s := plan.Step{Resource: "primary/targets", Action: plan.Wait}
	p.Began(s)
	p.Waits(s, "2 healthy targets")
	p.beat()
	if want := "  30.0s   still waiting: primary/targets (wait, 0.0s): 2 healthy targets\n"; b.String() != want {
		t.Errorf("got %q\nwant %q", b.String(), want)
	}
}
