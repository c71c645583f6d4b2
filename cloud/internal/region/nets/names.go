package nets

import (
	"net/netip"
	"strings"
)

// PrivateName is the DNS name of a private address: ip-10-0-1-23.ec2.internal in us-east-1,
// ip-10-0-1-23.us-west-2.compute.internal elsewhere.
func (r *Room) PrivateName(a netip.Addr) string {
	return Hostname(a) + "." + r.privateDomain()
}

// privateDomain is the domain of private names.
func (r *Room) privateDomain() string {
	if r.Region == "us-east-1" {
		return "ec2.internal"
	}
	return r.Region + ".compute.internal"
}

// Hostname is the name that an instance with a private address calls itself.
func Hostname(a netip.Addr) string { return "ip-" + strings.ReplaceAll(a.String(), ".", "-") }

// PublicName is the DNS name of a public address, which a VPC with DNS host names shows.
func (r *Room) PublicName(vpc string, a netip.Addr) string {
	if v, _ := r.vpcs.Get(vpc); !v.DNSHostnames || !a.IsValid() {
		return ""
	}
	return "ec2-" + strings.ReplaceAll(a.String(), ".", "-") + publicDomain(r.Region)
}

// publicDomain is how public names of a region end.
func publicDomain(region string) string {
	if region == "us-east-1" {
		return ".compute-1.amazonaws.com"
	}
	return "." + region + ".compute.amazonaws.com"
}
