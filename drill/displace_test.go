package drill

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// Nobody answers at the ports of a network load balancer, until its listeners are back. Where somebody has moved one since, it stays.
func TestRespondMovesTheListenersOfNetworkLoadBalancers(t *testing.T) {
	const balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/flow/50dc6c495c0c9188"
	w := region()
	at := func(port string) {
		w.answers["DescribeListeners"] = "<Listeners><member><ListenerArn>listener-1</ListenerArn><Port>" + port + "</Port></member></Listeners>"
	}
	at("80")
	f := Respond{Account: w.open(t), Parts: Parts{Balancer: balancer}}
	undo, err := f.Prepare(t.Context())
	if err == nil {
		err = f.Break(t.Context(), undo)
	}
	if err != nil {
		t.Fatal(err)
	}
	at("50001")
	if err := (Respond{Account: f.Account}).Repair(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	at("8080")
	if err := f.Repair(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ModifyListener listener-1 50001", "ModifyListener listener-1 80"}, w.did); diff != "" {
		t.Error(diff)
	}
	if notes := f.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "left their ports") {
		t.Errorf("%q", notes)
	}
	w.errors["DescribeListeners"] = "ListenerNotFound"
	if err := f.Repair(t.Context(), undo); err != nil {
		t.Errorf("a listener that is gone: %v", err)
	}
}

func TestListenersAreMovedToPortsWithoutAnother(t *testing.T) {
	listener := func(arn string, port int32) elbtypes.Listener {
		return elbtypes.Listener{ListenerArn: &arn, Port: aws.Int32(port)}
	}
	got := displaces([]elbtypes.Listener{listener("a", 80), listener("b", firstAway), listener("c", 81),
		{ListenerArn: aws.String("switch"), Port: aws.Int32(understudy.SwitchIdlePort), Protocol: elbtypes.ProtocolEnumTcp}})
	want := map[string]displaced{"a": {80, firstAway + 1}, "b": {firstAway, firstAway + 2}, "c": {81, firstAway + 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
