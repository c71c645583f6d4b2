package balancing

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Certificates is Certificate Manager as load balancing sees it.
type Certificates interface {
	Certificate(tx *store.Tx, arn string) (Certificate, bool)
	// News is what to watch for a change of Certificate.
	News() []store.Topic
}

// Certificate is one with its chain and its private key, in PEM.
type Certificate struct {
	Body, Chain, Key string
	Issued           bool // and not expired
	Dotted           bool // it has a fully qualified name
}

// security is what a listener needs for TLS; the zero value is HTTP's.
type security struct {
	Policy      string
	Certificate string   // ARN of the default one
	More        []string // ARNs of those that are chosen by the client's server name
}

func (s security) same(other security) bool {
	return s.Policy == other.Policy && s.Certificate == other.Certificate && slices.Equal(s.More, other.More)
}

func (row listenerRow) secure() bool { return row.Security.Policy != "" }

func (row listenerRow) protocol() elbtypes.ProtocolEnum {
	if row.Protocol != "" {
		return row.Protocol
	}
	if row.secure() {
		return elbtypes.ProtocolEnumHttps
	}
	return elbtypes.ProtocolEnumHttp
}

// setProtocol notes a network load balancer's protocol, and the policy of its TLS.
func (row *listenerRow) setProtocol(p elbtypes.ProtocolEnum, alpn []string) {
	if isHTTP(p) {
		return // what the listener has for TLS tells them apart
	}
	row.Protocol = p
	if p != elbtypes.ProtocolEnumTls {
		row.ALPN = ""
	} else if len(alpn) > 0 {
		row.ALPN = alpn[0]
	}
}

// secured is what a request asks of a listener.
type secured struct {
	protocol     elbtypes.ProtocolEnum
	policy       *string
	certificates []elbtypes.Certificate
	mutual       *elbtypes.MutualAuthenticationAttributes
	alpn         []string
}

// check refuses what does not go together.
func (s secured) check() error {
	if err := checkALPN(s.protocol, s.alpn); err != nil {
		return err
	}
	if m := s.mutual; m != nil {
		if err := room.Only(*m, "Mode"); err != nil {
			return err
		}
		if mode := cmp.Or(room.Deref(m.Mode), "off"); mode != "off" {
			return wire.Errorf("InvalidConfigurationRequest", "The mutual authentication mode '%s' is not supported here, only 'off'", mode)
		}
	}
	if !hasTLS(s.protocol) {
		switch {
		case len(s.certificates) > 0:
			return invalid("Certificates cannot be specified for %s listeners", s.protocol)
		case room.Deref(s.policy) != "":
			return invalid("An SSL policy cannot be specified for %s listeners", s.protocol)
		}
		return nil
	}
	if room.Deref(s.policy) != "" && securityPolicies[*s.policy].suites == "" {
		return missingPolicy(*s.policy)
	}
	if len(s.certificates) > 1 {
		return wire.Errorf("TooManyCertificates", "Up to '1' certificate ARNs can be specified, but '%d' were specified", len(s.certificates))
	}
	return nil
}

// apply returns a listener's security as the request wants it.
func (r *Room) apply(tx *store.Tx, old security, s secured) (security, error) {
	if !hasTLS(s.protocol) {
		return security{}, nil
	}
	old.Policy = cmp.Or(room.Deref(s.policy), old.Policy, defaultPolicy)
	if len(s.certificates) == 0 && old.Certificate == "" {
		return old, invalid("A certificate must be specified for %s listeners", s.protocol)
	}
	for _, c := range s.certificates {
		if err := r.checkCertificate(tx, c); err != nil {
			return old, err
		}
		old.Certificate = *c.CertificateArn
	}
	return old, nil
}

// checkCertificate refuses what a listener cannot have. An expired certificate is one that is not found.
func (r *Room) checkCertificate(tx *store.Tx, c elbtypes.Certificate) error {
	if err := room.Only(c, "CertificateArn"); err != nil {
		return err
	}
	if err := required("CertificateArn", c.CertificateArn); err != nil {
		return err
	}
	found, ok := r.certificates.Certificate(tx, *c.CertificateArn)
	switch {
	case !ok || !found.Issued && found.Body != "":
		return wire.Errorf("CertificateNotFound", "Certificate '%s' not found", *c.CertificateArn)
	case !found.Issued || !found.Dotted:
		return wire.Errorf("UnsupportedCertificate",
			"The certificate '%s' must have a fully-qualified domain name, a supported signature, and a supported key size.", *c.CertificateArn)
	}
	return nil
}

// CertificateUsers are the load balancers that serve with a certificate.
func (r *Room) CertificateUsers(tx *store.Tx, certificate string) (arns []string) {
	for _, l := range r.listeners.AllTx(tx) {
		if l.Security.Certificate == certificate || slices.Contains(l.Security.More, certificate) {
			arns = append(arns, l.LoadBalancer)
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// runSecurity is a listener's TLS for the data path; nil for HTTP. It is called while the serving lock is held.
func (r *Room) runSecurity(s security) (*balancer.TLS, error) {
	if s.Policy == "" {
		return nil, nil
	}
	t := securityPolicies[s.Policy].run(s.Policy)
	var err error
	if t.Default, err = r.keyPair(s.Certificate); err != nil {
		return nil, err
	}
	t.ARNs = map[*x509.Certificate]string{t.Default.Leaf: s.Certificate}
	for _, arn := range s.More {
		c, err := r.keyPair(arn)
		if err != nil {
			return nil, err
		}
		t.Certificates, t.ARNs[c.Leaf] = append(t.Certificates, c), arn
	}
	return &t, nil
}

// keyPair reads a certificate, and again only once it is another.
func (r *Room) keyPair(arn string) (tls.Certificate, error) {
	c, ok := r.certificates.Certificate(nil, arn)
	if !ok {
		return tls.Certificate{}, wire.Errorf("CertificateNotFound", "Certificate '%s' not found", arn)
	}
	if have, ok := r.serving.pairs[arn]; ok && have.body == c.Body {
		return have.Certificate, nil
	}
	pair, err := tls.X509KeyPair([]byte(c.Body+"\n"+c.Chain), []byte(c.Key))
	if err != nil {
		return pair, err
	}
	if r.serving.pairs == nil {
		r.serving.pairs = map[string]keyPair{}
	}
	r.serving.pairs[arn] = keyPair{c.Body, pair}
	return pair, nil
}

// keyPair is a certificate that was read, with the text that it was read from.
type keyPair struct {
	body string
	tls.Certificate
}
