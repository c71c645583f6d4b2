package plan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestChangingWhatIsFixedIsRefused(t *testing.T) {
	g := &graph{}
	n := g.add("primary/load balancer", nil)
	err := refuseFixed(n, []resource.Difference{{Name: "scheme", Desired: "internet-facing", Actual: "internal", Fixed: true}, {Name: "attributes"}})
	const want = "primary/load balancer: scheme is internal and cannot become internet-facing while it exists: take the stack down first"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestTheGraphIsWhole(t *testing.T) {
	d := resourcetest.Declared(t)
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	kinds := map[string]int{}
	for _, n := range v.graph.nodes {
		kinds[fmt.Sprintf("%T", n.resource)]++
	}
	want := map[string]int{"*network.VPC": 2, "*network.Subnet": 8, "*network.Gateway": 2, "*network.Routes": 4, "*balancing.Rules": 2, "*network.Group": 4,
		"*machines.Image": 1, "*machines.ImageCopy": 1, "*plan.moved": 2, "*machines.Template": 2, "*machines.Host": 4, "*fleet.Fleet": 2,
		"*balancing.TargetGroup": 2,
		"*balancing.Balancer":    2, "*balancing.Listener": 2, "*fleet.Targets": 2, "*machines.Preset": 2, "*failover.Check": 2,
		"*failover.Passing": 2, "*failover.Zone": 1, "*failover.Records": 1, "*balancing.SwitchRule": 1, "*failover.OwnCheck": 2, "*failover.Earlier": 1,
		"*balancing.Handover": 2, "*failover.Alias": 2, "*plan.superseded": 2, "*plan.neighbours": 2, "*fleet.OtherScheduled": 2, "*plan.retired": 90}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
