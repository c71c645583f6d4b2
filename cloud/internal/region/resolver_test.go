package region

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/miekg/dns"
)

func TestInstancesNamesResolveInside(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeNetwork(t, r)
	must(r.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: ptr(true)}}))(t)
	launched := must(r.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: ptr(hostImage(t, r)), InstanceType: smallType(), MinCount: ptr(int32(1)), MaxCount: ptr(int32(1)), SubnetId: &subnet,
	}))(t).Instances[0]
	i := waitState(t, r, *launched.InstanceId, running)
	shown := r.showInstance(i)
	if *shown.PublicDnsName == "" {
		t.Fatal("the instance has no public name")
	}
	for _, name := range []string{*shown.PrivateDnsName, *shown.PublicDnsName} {
		answer := r.answerOwn(vpc, new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeA))
		if answer == nil || len(answer.Answer) != 1 || answer.Answer[0].(*dns.A).A.String() != *shown.PrivateIpAddress {
			t.Errorf("%s: %v, want %s", name, answer, *shown.PrivateIpAddress)
		}
		if answer := r.answerOwn(vpc, new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeAAAA)); answer == nil || len(answer.Answer) != 0 || answer.Rcode != dns.RcodeSuccess {
			t.Errorf("%s AAAA: %v, want an answer without data", name, answer)
		}
	}
	for _, name := range []string{"ip-10-0-1-77.ec2.internal.", "example.org."} {
		if answer := r.answerOwn(vpc, new(dns.Msg).SetQuestion(name, dns.TypeA)); answer != nil {
			t.Errorf("%s: %v, want none of its own", name, answer)
		}
	}
}
