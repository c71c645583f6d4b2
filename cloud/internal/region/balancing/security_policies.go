package balancing

import (
	"context"
	"crypto/tls"
	"maps"
	"slices"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// defaultPolicy is a listener's that names none (API reference, CreateListener).
const defaultPolicy = "ELBSecurityPolicy-2016-08"

// The groups of cipher suites that the policies consist of, in AWS's order.
const (
	suitesTLS13 = "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 "
	suitesGCM   = "ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384 "
	suitesCBC   = "ECDHE-ECDSA-AES128-SHA256 ECDHE-RSA-AES128-SHA256 ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES256-SHA384 "
	suitesSHA1  = "ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA ECDHE-RSA-AES256-SHA ECDHE-ECDSA-AES256-SHA "
	suitesRSA   = "AES128-GCM-SHA256 AES128-SHA256 AES256-GCM-SHA384 AES256-SHA256 "
	suitesOld   = "AES128-SHA AES256-SHA "
	suites3DES  = "DES-CBC3-SHA "
)

// The versions of TLS, oldest first, as AWS names them.
var tlsVersions = []string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

var versionNumbers = map[string]uint16{"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}

// securityPolicy is what a listener's clients may speak.
type securityPolicy struct{ oldest, newest, suites string }

func (p securityPolicy) versions() []string {
	return tlsVersions[slices.Index(tlsVersions, p.oldest) : slices.Index(tlsVersions, p.newest)+1]
}

// securityPolicies are those of https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html without the
// FIPS ones: that this program's cryptography is certified cannot be said.
var securityPolicies = withPostQuantum(map[string]securityPolicy{
	"TLS13-1-3-2021-06":      {"TLSv1.3", "TLSv1.3", suitesTLS13},
	"TLS13-1-2-Res-2021-06":  {"TLSv1.2", "TLSv1.3", suitesTLS13 + suitesGCM},
	"TLS13-1-2-2021-06":      {"TLSv1.2", "TLSv1.3", suitesTLS13 + suitesGCM + suitesCBC},
	"TLS13-1-2-Ext1-2021-06": {"TLSv1.2", "TLSv1.3", suitesTLS13 + suitesGCM + suitesCBC + suitesRSA},
	"TLS13-1-2-Ext2-2021-06": {"TLSv1.2", "TLSv1.3", suitesTLS13 + suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld},
	"TLS13-1-1-2021-06":      {"TLSv1.1", "TLSv1.3", suitesTLS13 + suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld},
	"TLS13-1-0-2021-06":      {"TLSv1", "TLSv1.3", suitesTLS13 + suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld},
	"FS-1-2-Res-2020-10":     {"TLSv1.2", "TLSv1.2", suitesGCM},
	"FS-1-2-Res-2019-08":     {"TLSv1.2", "TLSv1.2", suitesGCM + suitesCBC},
	"FS-1-2-2019-08":         {"TLSv1.2", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1},
	"FS-1-1-2019-08":         {"TLSv1.1", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1},
	"FS-2018-06":             {"TLSv1", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1},
	"TLS-1-2-Ext-2018-06":    {"TLSv1.2", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld},
	"TLS-1-2-2017-01":        {"TLSv1.2", "TLSv1.2", suitesGCM + suitesCBC + suitesRSA},
	"TLS-1-1-2017-01":        {"TLSv1.1", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld},
	"2016-08":                {"TLSv1", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld},
	"2015-05":                {"TLSv1", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld},
	"TLS-1-0-2015-04":        {"TLSv1", "TLSv1.2", suitesGCM + suitesCBC + suitesSHA1 + suitesRSA + suitesOld + suites3DES},
})

// withPostQuantum puts the policies' names before them, and adds those of September 2025, which are some of June 2021's with key exchanges
// that resist quantum computers.
func withPostQuantum(short map[string]securityPolicy) map[string]securityPolicy {
	all := map[string]securityPolicy{}
	for name, p := range short {
		all["ELBSecurityPolicy-"+name] = p
		if base, ok := strings.CutSuffix(name, "-2021-06"); ok && base != "TLS13-1-1" {
			all["ELBSecurityPolicy-"+base+"-PQ-2025-09"] = p
		}
	}
	return all
}

// run is a policy as the data path enforces it. Suites that this program does not have are left out: ECDHE-*-AES256-SHA384 and
// AES256-SHA256, which no client has without others of the same policies.
func (p securityPolicy) run(name string) balancer.TLS {
	t := balancer.TLS{Min: versionNumbers[p.oldest], Max: versionNumbers[p.newest], Curves: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}}
	if strings.Contains(name, "-PQ-") {
		t.Curves = append([]tls.CurveID{tls.X25519MLKEM768}, t.Curves...)
	}
	for suite := range strings.FieldsSeq(p.suites) {
		if id, ok := balancer.Suite(suite); ok {
			t.Suites = append(t.Suites, id)
		}
	}
	return t
}

func missingPolicy(name string) error {
	return wire.Errorf("SSLPolicyNotFound", "SSL policy '%s' not found", name)
}

// DescribeSSLPolicies lists the security policies.
func (r *Room) DescribeSSLPolicies(ctx context.Context, in *elb.DescribeSSLPoliciesInput) (*elb.DescribeSSLPoliciesOutput, error) {
	if err := room.Only(in, "LoadBalancerType", "Marker", "Names", "PageSize"); err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(securityPolicies))
	names, err := selected(names, in.Names, func(name string) string { return name }, func() error {
		return wire.Errorf("SSLPolicyNotFound", "One or more SSL policies not found")
	})
	if err != nil {
		return nil, err
	}
	if in.LoadBalancerType == elbtypes.LoadBalancerTypeEnumGateway {
		names = nil
	}
	names, next, err := page(names, func(name string) string { return name }, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeSSLPoliciesOutput{NextMarker: next}
	for _, name := range names {
		out.SslPolicies = append(out.SslPolicies, showPolicy(name))
	}
	return out, nil
}

func showPolicy(name string) elbtypes.SslPolicy {
	p := securityPolicies[name]
	out := elbtypes.SslPolicy{Name: &name, SslProtocols: p.versions(), SupportedLoadBalancerTypes: []string{"application", "network"}}
	for i, suite := range strings.Fields(p.suites) {
		out.Ciphers = append(out.Ciphers, elbtypes.Cipher{Name: new(suite), Priority: new(int32(i + 1))})
	}
	return out
}
