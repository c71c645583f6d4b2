package account_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
)

func TestNetworkInterfacesThatSomebodyHasMade(t *testing.T) {
	attached := func(index int32) *ec2types.NetworkInterfaceAttachment {
		return &ec2types.NetworkInterfaceAttachment{InstanceId: aws.String("i-1"), DeviceIndex: &index}
	}
	for name, c := range map[string]struct {
		i   ec2types.NetworkInterface
		own bool
	}{
		"loose":              {ec2types.NetworkInterface{InterfaceType: "interface"}, true},
		"an instance's":      {ec2types.NetworkInterface{InterfaceType: "interface", Attachment: attached(0)}, false},
		"put to an instance": {ec2types.NetworkInterface{InterfaceType: "interface", Attachment: attached(1)}, true},
		"a load balancer's":  {ec2types.NetworkInterface{InterfaceType: "interface", RequesterManaged: aws.Bool(true)}, false},
		"a NAT gateway's":    {ec2types.NetworkInterface{InterfaceType: "nat_gateway"}, false},
	} {
		if got := account.IsOwn(c.i); got != c.own {
			t.Errorf("%s: %v", name, got)
		}
	}
}
