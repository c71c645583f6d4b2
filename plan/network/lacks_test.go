package network

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestHostsNeedSubnetsThatGivePublicAddresses(t *testing.T) {
	d := resourcetest.Declared(t)
	g := &account.Given{Public: []ec2types.Subnet{{SubnetId: aws.String("subnet-1"), AvailableIpAddressCount: aws.Int32(200)}}}
	if lacks := Lacks(d, g, false); len(lacks) != 1 || !strings.Contains(lacks[0], "gives instances no public address") {
		t.Error(lacks)
	}
	none := *d
	none.Hosts.Count = 0
	if lacks := Lacks(&none, g, false); len(lacks) > 0 {
		t.Error(lacks)
	}
}
