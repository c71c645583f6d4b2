//go:build linux

package cloud_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
)

// asking looks names up for ever, as any program of an instance does, and says on the console what it learns.
const asking = `#!/bin/sh
(while :; do
	for n in db.corp.test www.public.test; do
		a=$(getent hosts $n | cut -d' ' -f1)
		[ "$a" ] && echo "$n is $a" >/dev/console
	done
	sleep 0.2
done) &
`

// A private hosted zone is answered to instances of its VPC, through their own resolver, and to nobody else.
func TestPrivateZoneIsAnsweredInItsVPCAlone(t *testing.T) {
	t.Parallel()
	h := startHost(t, t.TempDir())
	within, without := launchWith(t, h, asking), launchWith(t, h, asking)
	vpc := vpcOf(t, h, within)
	zone := makeZone(t, h, &route53.CreateHostedZoneInput{
		Name: aws.String("corp.test"), VPC: &r53types.VPC{VPCId: &vpc, VPCRegion: r53types.VPCRegionUsEast1},
	})
	put(t, h, zone, "db.corp.test", "10.9.9.9")
	public := makeZone(t, h, &route53.CreateHostedZoneInput{Name: aws.String("public.test")})
	put(t, h, public, "www.public.test", "192.0.2.1")
	sees := func(instance, what string) {
		t.Helper()
		until(t, what, func() bool { return strings.Contains(consoleOf(t, h, instance), what) })
	}
	sees(within, "www.public.test is 192.0.2.1")
	sees(without, "www.public.test is 192.0.2.1")
	if strings.Contains(consoleOf(t, h, within), "db.corp.test") {
		t.Error("a VPC without DNS host names sees its private zone")
	}
	_, err := h.ec2("us-east-1").ModifyVpcAttribute(t.Context(), &ec2.ModifyVpcAttributeInput{
		VpcId: &vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	sees(within, "db.corp.test is 10.9.9.9")
	if strings.Contains(consoleOf(t, h, without), "db.corp.test") {
		t.Error("another VPC sees the private zone")
	}
	m, _, err := new(dns.Client).Exchange(new(dns.Msg).SetQuestion("db.corp.test.", dns.TypeA), h.Resolver)
	if err != nil || m.Rcode != dns.RcodeRefused {
		t.Errorf("the host asks for a name of the private zone: %v, %v", m, err)
	}
}

func vpcOf(t *testing.T, h *host, instance string) string {
	t.Helper()
	out, err := h.ec2("us-east-1").DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{instance}})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Reservations[0].Instances[0].VpcId
}

func makeZone(t *testing.T, h *host, in *route53.CreateHostedZoneInput) string {
	t.Helper()
	in.CallerReference = aws.String(*in.Name)
	out, err := h.route53().CreateHostedZone(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.HostedZone.Id
}

func put(t *testing.T, h *host, zone, name, address string) {
	t.Helper()
	_, err := h.route53().ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &zone, ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{{
			Action: r53types.ChangeActionCreate, ResourceRecordSet: &r53types.ResourceRecordSet{
				Name: &name, Type: r53types.RRTypeA, TTL: aws.Int64(60), ResourceRecords: []r53types.ResourceRecord{{Value: &address}},
			},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
