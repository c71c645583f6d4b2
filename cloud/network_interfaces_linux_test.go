package cloud_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// reaching is an instance that tries each of ADDRESSES and says by which of its own it was answered.
const reaching = `#!/bin/bash
(while :; do
	for a in ADDRESSES; do
		echo "$a answers $(timeout 2 bash -c "exec 3<>/dev/tcp/$a/8080 && cat <&3")." >/dev/console
	done
	sleep 0.2
done) 2>/dev/null &
`

// A further interface of a running instance is reached at all its addresses, and at none once it is detached; it is there
// again after its region was lost.
func TestInterfaceOfRunningInstance(t *testing.T) {
	t.Parallel()
	h := startHost(t, t.TempDir())
	ctx, api := t.Context(), h.ec2("us-east-1")
	n := makeTwoSubnets(t, api)
	asker := runIn(t, api, n.private, false, strings.ReplaceAll(reaching, "ADDRESSES", "10.0.0.50 10.0.0.51 2001:db8:100::50"))
	teller := runIn(t, api, n.public, false, strings.ReplaceAll(telling, "ADDRESS", "192.0.2.1"))
	until(t, "the instance runs", func() bool { return stateOf(t, h, *teller.InstanceId) == ec2types.InstanceStateNameRunning })
	says := func(what string) {
		t.Helper()
		before := strings.Count(consoleOf(t, h, *asker.InstanceId), what)
		until(t, "the instance says "+what, func() bool { return strings.Count(consoleOf(t, h, *asker.InstanceId), what) > before })
	}
	silent := "10.0.0.50 answers ."
	says(silent)
	made := needed(api.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &n.public, PrivateIpAddress: aws.String("10.0.0.50")}))(t)
	eni := made.NetworkInterface.NetworkInterfaceId
	needed(api.AssignPrivateIpAddresses(ctx, &ec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: eni, PrivateIpAddresses: []string{"10.0.0.51"}}))(t)
	says(silent) // it is nobody's yet
	attached := needed(api.AttachNetworkInterface(ctx, &ec2.AttachNetworkInterfaceInput{
		NetworkInterfaceId: eni, InstanceId: teller.InstanceId, DeviceIndex: aws.Int32(1),
	}))(t)
	own := *asker.PrivateIpAddress
	says("10.0.0.50 answers from " + own + ".")
	says("10.0.0.51 answers from " + own + ".")

	// IPv6 comes to a VPC whose instances run.
	needed(api.AssociateVpcCidrBlock(ctx, &ec2.AssociateVpcCidrBlockInput{VpcId: &n.vpc, AmazonProvidedIpv6CidrBlock: aws.Bool(true)}))(t)
	for subnet, block := range map[string]string{n.public: "2001:db8:100::/64", n.private: "2001:db8:100:1::/64"} {
		needed(api.AssociateSubnetCidrBlock(ctx, &ec2.AssociateSubnetCidrBlockInput{SubnetId: &subnet, Ipv6CidrBlock: &block}))(t)
	}
	for id, a := range map[*string]string{eni: "2001:db8:100::50", asker.NetworkInterfaces[0].NetworkInterfaceId: "2001:db8:100:1::7"} {
		needed(api.AssignIpv6Addresses(ctx, &ec2.AssignIpv6AddressesInput{NetworkInterfaceId: id, Ipv6Addresses: []string{a}}))(t)
	}
	says("2001:db8:100::50 answers from 2001:db8:100:1::7.")

	if err := h.KillRegion(ctx, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	if err := h.StartRegion(ctx, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	says("10.0.0.50 answers from " + own + ".")
	says("10.0.0.51 answers from " + own + ".")
	says("2001:db8:100::50 answers from 2001:db8:100:1::7.")
	needed(api.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: attached.AttachmentId}))(t)
	says(silent)
	h.kill()
}
