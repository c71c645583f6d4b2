package controls_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// restart ends routing control and starts it on what it has stored.
func (p *plant) restart() {
	p.t.Helper()
	p.c.Close()
	p.start()
}

// https://docs.aws.amazon.com/recovery-cluster/latest/api/API_DescribeRoutingControl.html
func TestRoutingControlIsDescribed(t *testing.T) {
	p := open(t)
	made := p.control(p.cluster(), "a")
	expect := func(when, name string) {
		t.Helper()
		got := roomtest.Must(p.DescribeRoutingControl(t.Context(), &config.DescribeRoutingControlInput{RoutingControlArn: made.RoutingControlArn}))(t).RoutingControl
		if *got.RoutingControlArn != *made.RoutingControlArn || *got.ControlPanelArn != *made.ControlPanelArn || *got.Name != name ||
			got.Status != configtypes.StatusDeployed || *got.Owner != "111122223333" {
			t.Errorf("%s: %+v", when, got)
		}
	}
	expect("made", "a")
	roomtest.Must(p.UpdateRoutingControl(t.Context(), &config.UpdateRoutingControlInput{
		RoutingControlArn: made.RoutingControlArn, RoutingControlName: aws.String("b"),
	}))(t)
	expect("renamed", "b")
	p.restart()
	expect("after a restart", "b")
	_, err := p.DescribeRoutingControl(t.Context(), &config.DescribeRoutingControlInput{RoutingControlArn: aws.String(*made.RoutingControlArn + "0")})
	wantCode(t, err, "ResourceNotFoundException")
	roomtest.Must(p.DeleteRoutingControl(t.Context(), &config.DeleteRoutingControlInput{RoutingControlArn: made.RoutingControlArn}))(t)
	_, err = p.DescribeRoutingControl(t.Context(), &config.DescribeRoutingControlInput{RoutingControlArn: made.RoutingControlArn})
	wantCode(t, err, "ResourceNotFoundException")
}

// https://docs.aws.amazon.com/routing-control/latest/APIReference/API_ListRoutingControls.html and
// https://docs.aws.amazon.com/routing-control/latest/APIReference/API_GetRoutingControlState.html
func TestStatesOfAPanelAreListedInPages(t *testing.T) {
	p := open(t)
	cluster := p.cluster()
	made := roomtest.Must(p.CreateControlPanel(t.Context(), &config.CreateControlPanelInput{ClusterArn: &cluster, ControlPanelName: aws.String("p")}))(t)
	panel := *made.ControlPanel.ControlPanelArn
	want := map[string]string{}
	for i := range 5 {
		name := fmt.Sprint("c", i)
		c := roomtest.Must(p.CreateRoutingControl(t.Context(), &config.CreateRoutingControlInput{
			ClusterArn: &cluster, ControlPanelArn: &panel, RoutingControlName: &name,
		}))(t).RoutingControl
		want[*c.RoutingControlArn] = name + " Off"
		if i%2 == 0 {
			if code := p.set("+" + *c.RoutingControlArn); code != "" {
				t.Fatal(code)
			}
			want[*c.RoutingControlArn] = name + " On"
		}
	}
	elsewhere := *p.control(cluster, "elsewhere").RoutingControlArn
	p.restart()

	got := map[string]string{}
	in := map[string]any{"ControlPanelArn": panel, "MaxResults": 2}
	for n, size := range []int{2, 2, 1} {
		status, out := p.call("ToggleCustomerAPI.ListRoutingControls", in)
		list, _ := out["RoutingControls"].([]any)
		if status != http.StatusOK || len(list) != size {
			t.Fatalf("page %d: %d %v", n, status, out)
		}
		for _, entry := range list {
			c := entry.(map[string]any)
			got[c["RoutingControlArn"].(string)] = fmt.Sprint(c["RoutingControlName"], " ", c["RoutingControlState"])
			if c["ControlPanelArn"] != panel || c["ControlPanelName"] != "p" || c["Owner"] != "111122223333" {
				t.Errorf("%v", c)
			}
		}
		in["NextToken"] = out["NextToken"]
	}
	if in["NextToken"] != nil || len(got) != len(want) {
		t.Errorf("after the last page: token %v, %d routing controls", in["NextToken"], len(got))
	}
	for arn, entry := range want {
		_, out := p.call("ToggleCustomerAPI.GetRoutingControlState", map[string]any{"RoutingControlArn": arn})
		if alone := fmt.Sprint(out["RoutingControlName"], " ", out["RoutingControlState"]); got[arn] != entry || alone != entry || out["RoutingControlArn"] != arn {
			t.Errorf("%s is listed as %q, alone it is %q, want %q", arn, got[arn], alone, entry)
		}
	}
	// Without a control panel those of all are listed.
	if _, out := p.call("ToggleCustomerAPI.ListRoutingControls", map[string]any{}); len(out["RoutingControls"].([]any)) != 6 {
		t.Errorf("of all control panels: %v", out)
	}
	for _, c := range []struct {
		target, code string
		in           map[string]any
	}{
		{"ToggleCustomerAPI.ListRoutingControls", "ResourceNotFoundException", map[string]any{"ControlPanelArn": panel + "0"}},
		{"ToggleCustomerAPI.ListRoutingControls", "ValidationException", map[string]any{"MaxResults": 0}},
		{"ToggleCustomerAPI.ListRoutingControls", "ValidationException", map[string]any{"NextToken": "?"}},
		{"ToggleCustomerAPI.GetRoutingControlState", "ResourceNotFoundException", map[string]any{"RoutingControlArn": elsewhere + "0"}},
	} {
		status, out := p.call(c.target, c.in)
		if code, _ := out["__type"].(string); code != c.code || status < 400 || status > 499 {
			t.Errorf("%s %v: %d %v, want %s", c.target, c.in, status, out, c.code)
		}
	}
}

// Whoever follows routing controls is told of the states that a change left otherwise, and of no other.
func TestFollowersAreToldWhatChanged(t *testing.T) {
	p := open(t)
	cluster := p.cluster()
	told := func(when string, want map[string]bool) {
		t.Helper()
		p.mu.Lock()
		defer p.mu.Unlock()
		if !maps.Equal(p.told, want) {
			t.Errorf("%s: told %v, want %v", when, p.told, want)
		}
		clear(p.told)
	}
	create := &config.CreateRoutingControlInput{ClusterArn: &cluster, RoutingControlName: aws.String("a"), ClientToken: aws.String("t")}
	a := *roomtest.Must(p.CreateRoutingControl(t.Context(), create))(t).RoutingControl.RoutingControlArn
	told("made", map[string]bool{a: false})
	b := *p.control(cluster, "b").RoutingControlArn
	told("another made", map[string]bool{b: false})
	if code := p.set("+"+a, "-"+b); code != "" {
		t.Fatal(code)
	}
	told("one turned on", map[string]bool{a: true})
	roomtest.Must(p.UpdateRoutingControl(t.Context(), &config.UpdateRoutingControlInput{RoutingControlArn: &a, RoutingControlName: aws.String("c")}))(t)
	told("renamed", map[string]bool{})
	roomtest.Must(p.CreateRoutingControl(t.Context(), create))(t)
	told("made once more", map[string]bool{})
	roomtest.Must(p.DeleteRoutingControl(t.Context(), &config.DeleteRoutingControlInput{RoutingControlArn: &a}))(t)
	told("deleted", map[string]bool{a: false})
}
