package cloud_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/address"
)

// A region of AWS's that the cloud does not have is started by the first who ask for it, once, and is the cloud's from then on:
// what was made in it is there, and reached from the host, after a SIGKILL of the cloud. A start that fails is told, and tried again.
func TestRegionIsStartedWhenItIsFirstAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHost(t, dir)
	if want := []string{"us-east-1", "us-west-2"}; !slices.Equal(h.Regions, want) {
		t.Fatalf("a cloud begins with %v", h.Regions)
	}
	const name = "eu-south-2"
	inTheWay := filepath.Join(dir, "regions", name)
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var refused smithy.APIError
	if _, err := h.ec2(name).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); !errors.As(err, &refused) ||
		refused.ErrorCode() != "ServiceUnavailable" || !strings.Contains(refused.ErrorMessage(), inTheWay) {
		t.Errorf("a region that does not start answers %v", err)
	}
	if s := needed(h.Attached.Status(t.Context()))(t); slices.Contains(s.Regions, name) {
		t.Errorf("the cloud has %v, of which one did not start", s.Regions)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := h.ec2(name).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
				t.Errorf("asked for at once: %v", err)
			}
		})
	}
	all.Wait()
	if _, err := h.ec2("us-east-9").DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); !errors.As(err, &refused) || refused.ErrorCode() != "AuthFailure" {
		t.Errorf("a region that AWS does not have: %v", err)
	}
	n := makeTwoSubnets(t, h.ec2(name))
	made := runIn(t, h.ec2(name), n.public, true, tellingBoot)
	publishTeller(t, h.ec2(name), n.vpc)
	public := netip.MustParseAddr(*made.PublicIpAddress)
	if !address.Range(3).Contains(public) {
		t.Errorf("the third region has the address %s", public)
	}
	for boot := range 2 {
		h.told(t, public, "boot "+string(rune('1'+boot))+" saw 192.0.2.1")
		out := needed(h.ec2("us-east-1").DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{}))(t)
		if len(out.Regions) != 3 || *out.Regions[0].RegionName != name || *out.Regions[0].OptInStatus != "opted-in" {
			t.Errorf("the cloud's regions are told as %+v", out.Regions)
		}
		if s := needed(h.Attached.Status(t.Context()))(t); !slices.Equal(s.Regions, []string{"us-east-1", "us-west-2", name}) {
			t.Errorf("the cloud has %v", s.Regions)
		}
		if boot == 0 {
			h.kill()
			h = startHost(t, dir)
		}
	}
	found := needed(h.ec2(name).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{*made.InstanceId}}))(t)
	if i := found.Reservations[0].Instances[0]; *i.PublicIpAddress != public.String() || *i.VpcId != n.vpc {
		t.Errorf("after SIGKILL the instance is %+v", i)
	}
	h.kill()
}

// publishTeller lets everybody reach what listens in a VPC at port 8080, which the host does where a rule names the port.
func publishTeller(t *testing.T, api *ec2.Client, vpc string) {
	t.Helper()
	groups := needed(api.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}},
	}))(t).SecurityGroups
	needed(api.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: groups[0].GroupId, IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	}))(t)
}

// told waits until the host is told something by a public address, at its twin.
func (h *host) told(t *testing.T, public netip.Addr, what string) {
	t.Helper()
	endpoint := needed(netip.ParseAddrPort(strings.TrimPrefix(h.Endpoint, "http://")))(t)
	at, _ := address.Twin(int(endpoint.Addr().As4()[1]), public)
	until(t, public.String()+" says "+what, func() bool {
		c, err := net.Dial("tcp", netip.AddrPortFrom(at, 8080).String())
		if err != nil {
			return false
		}
		defer c.Close()
		b, _ := io.ReadAll(c)
		return string(b) == what
	})
}
