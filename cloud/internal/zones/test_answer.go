package zones

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// testAnswer returns what the name servers answer to a resolver at a given address, or to the client for which it asks
// (API reference, TestDNSAnswer).
func (r *Room) testAnswer(_ context.Context, in *route53.TestDNSAnswerInput) (*route53.TestDNSAnswerOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	z, err := r.zone(nil, id)
	if err != nil {
		return nil, err
	}
	if z.private() {
		return nil, request.BadInput("TestDNSAnswer is only supported for public hosted zones.")
	}
	kept, err := records.Name(aws.ToString(in.RecordName))
	if err != nil {
		return nil, request.BadInput("Invalid request: %v", err)
	}
	if !records.Within(kept, z.Name) {
		return nil, request.BadInput("Invalid request: the record name %s does not lie within the hosted zone %s", kept, z.Name)
	}
	if !slices.Contains(in.RecordType.Values(), in.RecordType) {
		return nil, request.BadInput("Invalid value '%s' for the parameter recordtype", in.RecordType)
	}
	from, err := tester(in)
	if err != nil {
		return nil, err
	}
	code, values := r.answers.Test(id, kept, in.RecordType, from)
	return &route53.TestDNSAnswerOutput{
		Nameserver: &nameServers[0], Protocol: aws.String("UDP"), RecordName: &kept, RecordType: in.RecordType,
		ResponseCode: &code, RecordData: values,
	}, nil
}

// tester is the client of a test. The default mask is 24 bits for IPv4 and 64 bits for IPv6.
func tester(in *route53.TestDNSAnswerInput) (c routing.Client, err error) {
	c.Roll = rand.Uint64()
	if ip := aws.ToString(in.ResolverIP); ip != "" {
		if c.Addr, err = netip.ParseAddr(ip); err != nil {
			return c, request.BadInput("Invalid IP address: %s", ip)
		}
	}
	mask, ip := aws.ToString(in.EDNS0ClientSubnetMask), aws.ToString(in.EDNS0ClientSubnetIP)
	if ip == "" {
		if mask != "" {
			return c, request.BadInput("The request contains the parameter edns0clientsubnetmask but not edns0clientsubnetip")
		}
		return c, nil
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Zone() != "" {
		return c, request.BadInput("Invalid IP address: %s", ip)
	}
	bits := 24
	if addr.Is6() {
		bits = 64
	}
	if mask != "" {
		if bits, err = strconv.Atoi(mask); err != nil || bits < 0 || bits > addr.BitLen() {
			return c, request.BadInput("Invalid value '%s' for the parameter edns0clientsubnetmask", mask)
		}
	}
	c.Subnet, err = addr.Prefix(bits)
	return c, err
}
