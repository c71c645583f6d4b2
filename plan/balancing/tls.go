package balancing

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/plan/resource"
)

// secure tells whether users connect to the listener with TLS.
func (l *Listener) secure() bool {
	if l.Further != nil {
		return l.Further.Protocol == string(elbtypes.ProtocolEnumHttps) || l.Further.Protocol == string(elbtypes.ProtocolEnumTls)
	}
	return !l.Redirects && l.Declared.HTTPS.Declared()
}

// tls returns the security policy and the certificate that the listener is to have: none where it is one of HTTP. Where a listener
// ceases to be one of HTTPS, it loses both (ModifyListener in the Elastic Load Balancing API Reference).
func (l *Listener) tls() (policy *string, certificates []elbtypes.Certificate) {
	if !l.secure() {
		return nil, nil
	}
	h := l.Declared.HTTPS
	return aws.String(h.Policy), []elbtypes.Certificate{{CertificateArn: aws.String(h.Certificates[l.Side])}}
}

func (l *Listener) desiredTLS() []resource.Field {
	if !l.secure() {
		return nil
	}
	h := l.Declared.HTTPS
	return []resource.Field{
		{Name: "certificate", Value: h.Certificates[l.Side]},
		{Name: "policy", Value: h.Policy},
		{Name: "asks for client certificates", Value: resource.Yes(false)},
	}
}

// seenTLS tells a listener's certificate, which is its default one alone (DescribeListeners), and what else it has of TLS.
func seenTLS(o elbtypes.Listener) []resource.Field {
	var arns []string
	for _, c := range o.Certificates {
		arns = append(arns, aws.ToString(c.CertificateArn))
	}
	asks := o.MutualAuthentication != nil && aws.ToString(o.MutualAuthentication.Mode) != "" && aws.ToString(o.MutualAuthentication.Mode) != mutualOff
	return []resource.Field{
		{Name: "certificate", Value: resource.Set(arns...)},
		{Name: "policy", Value: aws.ToString(o.SslPolicy)},
		{Name: "asks for client certificates", Value: resource.Yes(asks)},
	}
}

// mutualOff is the mode in which a listener asks no client for a certificate (MutualAuthenticationAttributes in the Elastic Load
// Balancing API Reference).
const mutualOff = "off"
