package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/plan"
)

func TestOnlyYesIsConsent(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, " yes \n": true, "yes": true, "y\n": false, "no\n": false, "": false, "YES\n": false} {
		var asked bytes.Buffer
		err := consent(strings.NewReader(answer), &asked, "Sure? ", "up")
		if (err == nil) != want || asked.String() != "Sure? " {
			t.Errorf("%q: %v, asked %q", answer, err, asked.String())
		}
	}
}

func TestWithoutATerminalNobodyIsAsked(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w.WriteString("yes\n")
	w.Close()
	err = consent(r, &bytes.Buffer{}, "Sure? ", "up")
	var e interface{ ExitCode() int }
	if !errors.As(err, &e) || e.ExitCode() != 2 || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("got %v", err)
	}
}

func TestAPlanIsRenderedDesiredThenActual(t *testing.T) {
	p := &plan.Plan{Steps: []plan.Step{
		{Resource: "primary/vpc", Action: plan.Create, Differences: []plan.Difference{{Name: "cidr", Desired: "10.0.0.0/16"}}},
		{Resource: "primary/group", Action: plan.Change, ID: "sg-1", Differences: []plan.Difference{{Name: "ingress", Desired: "tcp 80", Actual: ""}}},
		{Resource: "primary/targets", Action: plan.Wait},
	}}
	var b bytes.Buffer
	renderPlan(&b, p, false)
	const want = `+ create primary/vpc
~ change primary/group  sg-1
           ingress                tcp 80  (is nothing)
… wait   primary/targets
1 to create, 1 to change, 1 to wait for
`
	if b.String() != want {
		t.Errorf("got:\n%s", b.String())
	}
}

func TestProgressErasesWhatItDrew(t *testing.T) {
	var b bytes.Buffer
	at := time.Now()
	p := &progress{w: &b, width: 40, total: 2, began: at, now: func() time.Time { return at.Add(1500 * time.Millisecond) }, stop: make(chan struct{})}
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
