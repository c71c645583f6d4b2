package dns

import (
	"net/netip"
	"strings"

	"github.com/understudy/understudy/cloud/internal/address"
)

// publicAddress reads an instance's public name: ec2-198-51-100-7.compute-1.amazonaws.com in us-east-1,
// ec2-203-0-113-7.us-west-2.compute.amazonaws.com elsewhere. The name says the address, whoever has it, as
// AWS's answers do (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html).
func (a *Answers) publicAddress(name string) (netip.Addr, bool) {
	host, domain, _ := strings.Cut(name, ".")
	region, elsewhere := strings.CutSuffix(domain, ".compute.amazonaws.com.")
	if domain != "compute-1.amazonaws.com." && (!elsewhere || strings.Contains(region, ".")) {
		return netip.Addr{}, false
	}
	dashed, ok := strings.CutPrefix(host, "ec2-")
	addr, err := netip.ParseAddr(strings.ReplaceAll(dashed, "-", "."))
	if !ok || err != nil {
		return netip.Addr{}, false
	}
	_, public := address.Twin(a.cloud, addr) // one of this cloud's
	return addr, public
}
