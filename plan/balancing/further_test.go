package balancing

import (
	"fmt"
	"slices"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A load balancer's listeners are told apart by their tags, and by their ports where these are lost. One of a port that is declared no more
// goes at the end, and forwards with the others until then.
func TestListenersOfFurtherPortsAreToldApart(t *testing.T) {
	listeners, tags := "", ""
	for arn, c := range map[string]struct {
		port int
		role string
	}{"main": {81, "listener"}, "further": {8081, "listener-8081"}, "untagged": {8082, ""}, "gone": {8083, "listener-8083"}} {
		listeners += fmt.Sprintf("<member><ListenerArn>%s</ListenerArn><Port>%d</Port><Protocol>HTTP</Protocol><DefaultActions><member><Type>forward</Type>"+
			"<TargetGroupArn>one</TargetGroupArn></member></DefaultActions></member>", arn, c.port)
		if c.role != "" {
			tags += fmt.Sprintf("<member><ResourceArn>%s</ResourceArn><Tags><member><Key>understudy:stack</Key><Value>hello</Value></member>"+
				"<member><Key>understudy:role</Key><Value>%s</Value></member></Tags></member>", arn, c.role)
		}
	}
	s, asked := resourcetest.TwoNetworks(t, map[string]string{
		"DescribeListeners": "<DescribeListenersResult><Listeners>" + listeners + "</Listeners></DescribeListenersResult>",
		"DescribeTags":      "<DescribeTagsResult><TagDescriptions>" + tags + "</TagDescriptions></DescribeTagsResult>",
	})
	s.Declared.Further = []understudy.FurtherListener{{Port: 8081, Protocol: "HTTP"}, {Port: 8082, Protocol: "HTTP"}}
	one, two := &TargetGroup{ARN: "one"}, &TargetGroup{ARN: "two"}
	two.Earlier = []*TargetGroup{one}
	main := &Listener{Scope: s, Balancer: &Balancer{ARN: "balancer"}, Group: two}
	for _, d := range s.Declared.Further {
		main.Followers = append(main.Followers, &Listener{Scope: s, Balancer: main.Balancer, Group: two, Further: &d, Lead: main})
	}
	for want, l := range map[string]*Listener{"main": main, "further": main.Followers[0], "untagged": main.Followers[1]} {
		if there, err := l.Find(t.Context()); !there || err != nil || l.arn != want {
			t.Errorf("%s: %v, %v, %s", want, there, err, l.arn)
		}
		if differences := resource.Compare(l.Desired(), l.Actual()); resource.Differs(differences, "tagged") != (want == "untagged") ||
			resource.Differs(differences, "port") {
			t.Errorf("%s: %v", want, differences)
		}
	}
	if len(main.Spare) != 1 || main.Spare[0].Identity() != "gone" || len(main.Followers[0].Spare)+len(main.Followers[1].Spare) > 0 {
		t.Errorf("to go are %v", main.Spare)
	}
	if err := main.Forward(t.Context(), main.moves()); err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(asked(), func(action string) bool { return action != "ModifyListener" })); n != 4 {
		t.Errorf("%d listeners of 4 forward to the next generation", n)
	}
}

// A new one forwards as the one at which users connect: not to targets that are still to come.
func TestFurtherListenersFollow(t *testing.T) {
	one, two := &TargetGroup{ARN: "one"}, &TargetGroup{ARN: "two"}
	two.Earlier = []*TargetGroup{one}
	lead := &Listener{Group: two, shares: []Share{{"one", Whole}}}
	further := &Listener{Group: two, Lead: lead, Further: &understudy.FurtherListener{Port: 8081}}
	if got, want := SharesText(further.introduces()), "one with weight 1, two with weight 0"; got != want {
		t.Errorf("it forwards to %s, not %s", got, want)
	}
}
