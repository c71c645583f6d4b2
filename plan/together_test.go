package plan

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Instances are registered at all target groups, and waited for once something forwards to each.
func TestFurtherTargetGroupsAreParts(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Groups = []understudy.TargetGroup{{Name: "api", Port: 8081, Target: d.Target}}
	d.Rules = []understudy.Rule{{Path: []string{"/api/*"}, Action: understudy.Action{Forward: "api"}}}
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Secondary]
	node := v.graph.byID["secondary/target group api"]
	if node == nil || !r.listenerNode.comesAfter(node) || !r.fleetNode.comesAfter(node) || !r.readyNodes[0].comesAfter(r.rulesNode) {
		t.Fatalf("%v is not among what is waited for", node)
	}
	_, b := drawing(t, d)
	for _, p := range b.Pieces {
		for _, f := range p.Settings {
			if p.ID == "secondary/fleet" && f.Name == "target groups" && f.Value != "@secondary/target group, @secondary/target group api" {
				t.Errorf("the fleet is registered at %s", f.Value)
			}
		}
		if rule, ok := p.Content.(blueprint.AnsweringRule); ok && p.Kind == blueprint.KindDeclaredRule && p.Side == understudy.Secondary {
			if len(rule.Actions) != 1 || aws.ToString(rule.Actions[0].TargetGroupArn) != "@secondary/target group api" {
				t.Errorf("the rule does %+v", rule.Actions)
			}
		}
	}
}
