package fleet

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Names are unique in a region, so that a generation takes the lowest that is free.
func TestLoadBalancersAndFleetsOfTwoNetworks(t *testing.T) {
	s, _ := resourcetest.TwoNetworks(t, map[string]string{"DescribeLoadBalancers": "<DescribeLoadBalancersResult><LoadBalancers><member>" +
		"<LoadBalancerName>understudy-hello</LoadBalancerName><LoadBalancerArn>arn:old</LoadBalancerArn><DNSName>old.elb</DNSName>" +
		"<VpcId>vpc-old</VpcId></member></LoadBalancers></DescribeLoadBalancersResult>"})
	v := &network.VPC{ID: "vpc-new", Earlier: []*network.VPC{{ID: "vpc-old"}}}
	b := &balancing.Balancer{Scope: s, VPC: v}
	there, err := b.Find(t.Context())
	if err != nil || there || b.BalancerName() != "understudy2-hello" || !b.AnswersTo("OLD.elb.") || b.AnswersTo("") {
		t.Errorf("%v, %v: the new one is %s beside %d", there, err, b.BalancerName(), len(b.Earlier))
	}
	leading := route53types.ResourceRecordSet{AliasTarget: &route53types.AliasTarget{DNSName: aws.String("old.elb.")}}
	if b.Leads(leading) == nil || b.Leads(route53types.ResourceRecordSet{}) != nil {
		t.Error("the record that leads to the earlier network is not known")
	}

	g := func(name, subnets string) *autoscalingtypes.AutoScalingGroup {
		g := &autoscalingtypes.AutoScalingGroup{AutoScalingGroupName: &name, VPCZoneIdentifier: &subnets, DesiredCapacity: aws.Int32(4)}
		for key, value := range s.Mark("fleet") {
			g.Tags = append(g.Tags, autoscalingtypes.TagDescription{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(true)})
		}
		return g
	}
	group := &balancing.TargetGroup{Scope: s, VPC: v, Number: 2, Others: []int{1}}
	f := &Fleet{Scope: s, Template: &machines.Template{}, Group: group, Subnets: []*network.Subnet{{ID: "subnet-new"}}}
	f.sort(g("understudy-hello", "subnet-old"))
	if f.Was != nil || len(f.Earlier) > 0 || len(f.Beyond) != 1 || f.Begins() != 4 {
		t.Errorf("the new fleet begins with %d instances, beside %d of its network and %d of another", f.Begins(), len(f.Earlier), len(f.Beyond))
	}
	group = &balancing.TargetGroup{Scope: s, VPC: &network.VPC{ID: "vpc-old", Leaving: true}, Number: 1}
	old := &Fleet{Scope: s, Template: &machines.Template{}, Group: group, Subnets: []*network.Subnet{{ID: "subnet-old"}}}
	old.sort(g("understudy-hello", "subnet-old"))
	old.sort(g("understudy2-hello", "subnet-new")) // whose target group somebody has deleted
	if old.Was == nil || len(old.Earlier) > 0 {
		t.Errorf("the fleet that is to go: %v, and with it %d", old.Was, len(old.Earlier))
	}
}
