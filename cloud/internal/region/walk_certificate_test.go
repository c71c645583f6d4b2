package region_test

import (
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// zone is a public DNS of the CNAMEs that a walk's aws_route53_record resources would make.
type zone struct{ records sync.Map }

func (z *zone) resolve(_ string, q *dns.Msg) (*dns.Msg, error) {
	answer, name := new(dns.Msg).SetReply(q), q.Question[0].Name
	if to, ok := z.records.Load(name); ok {
		answer.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET}, Target: to.(string)}}
	}
	return answer, nil
}

func TestProviderWalksCertificates(t *testing.T) {
	var z zone
	issued := func(t *testing.T, c *region.Config) {
		c.Resolve, c.Issuer = z.resolve, roomtest.Must(authority.OpenIssuer(t.TempDir()))(t)
	}
	runWalks(t, []walk{
		{
			resource: "aws_acm_certificate", gone: []string{"ResourceNotFoundException"}, config: issued,
			create: (*provider).requestCertificate, read: (*provider).readCertificate,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ACM.AddTagsToCertificate(p.T.Context(), &acm.AddTagsToCertificateInput{
					CertificateArn: &arn, Tags: []acmtypes.Tag{{Key: new("more"), Value: new("")}}}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ACM.DeleteCertificate(p.T.Context(), &acm.DeleteCertificateInput{CertificateArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_acm_certificate_validation", config: issued,
			create: func(p *provider) string { return p.issueCertificate(&z) }, read: (*provider).readCertificate,
		},
		{
			resource: "aws_lb_listener of HTTPS", gone: []string{"ListenerNotFound"}, config: issued,
			create: func(p *provider) string { return p.createSecureListener(p.issueCertificate(&z)) }, read: (*provider).readListener,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.ModifyListener(p.T.Context(), &elb.ModifyListenerInput{
					ListenerArn: &arn, Port: new(int32(443)), Protocol: "HTTPS", SslPolicy: new("ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
				}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteListener(p.T.Context(), &elb.DeleteListenerInput{ListenerArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_lb_listener_certificate", config: issued,
			create: func(p *provider) string {
				certificate := p.issueCertificate(&z)
				listener := p.createSecureListener(certificate)
				roomtest.Must(p.ELB.AddListenerCertificates(p.T.Context(), &elb.AddListenerCertificatesInput{
					ListenerArn: &listener, Certificates: []elbtypes.Certificate{{CertificateArn: &certificate}}}))(p.T)
				_, err := p.ACM.DeleteCertificate(p.T.Context(), &acm.DeleteCertificateInput{CertificateArn: &certificate})
				p.refused(err, "ResourceInUseException")
				return listener
			},
			read: (*provider).readListenerCertificate,
			destroy: func(p *provider, listener string) {
				c, _ := p.readListenerCertificate(listener)
				roomtest.Must(p.ELB.RemoveListenerCertificates(p.T.Context(), &elb.RemoveListenerCertificatesInput{
					ListenerArn: &listener, Certificates: []elbtypes.Certificate{{CertificateArn: c.(elbtypes.Certificate).CertificateArn}}}))(p.T)
			},
		},
	})
}

func (p *provider) requestCertificate() string {
	ctx := p.T.Context()
	out := roomtest.Must(p.ACM.RequestCertificate(ctx, &acm.RequestCertificateInput{
		DomainName: new("www.example.com"), IdempotencyToken: new("terraform20261127000000000000001"), ValidationMethod: "DNS",
		SubjectAlternativeNames: []string{"*.example.com"}, Tags: []acmtypes.Tag{{Key: new("Name"), Value: new("walk")}},
	}))(p.T)
	p.Await("the validation records are told", func() bool {
		for _, v := range p.certificate(*out.CertificateArn).DomainValidationOptions {
			if v.ResourceRecord == nil {
				return false
			}
		}
		return true
	})
	return *out.CertificateArn
}

func (p *provider) certificate(arn string) *acmtypes.CertificateDetail {
	p.T.Helper()
	return roomtest.Must(p.ACM.DescribeCertificate(p.T.Context(), &acm.DescribeCertificateInput{CertificateArn: &arn}))(p.T).Certificate
}

// issueCertificate makes the records that the certificate asks for, and waits for it as the provider does.
func (p *provider) issueCertificate(z *zone) string {
	arn := p.requestCertificate()
	for _, v := range p.certificate(arn).DomainValidationOptions {
		z.records.Store(*v.ResourceRecord.Name, *v.ResourceRecord.Value)
	}
	p.Await("the certificate is issued", func() bool { return p.certificate(arn).Status == acmtypes.CertificateStatusIssued })
	return arn
}

func (p *provider) readCertificate(arn string) (any, error) {
	out, err := p.ACM.DescribeCertificate(p.T.Context(), &acm.DescribeCertificateInput{CertificateArn: &arn})
	if err != nil {
		return nil, err
	}
	tags := roomtest.Must(p.ACM.ListTagsForCertificate(p.T.Context(), &acm.ListTagsForCertificateInput{CertificateArn: &arn}))(p.T)
	return []any{out.Certificate, tags.Tags}, nil
}

func (p *provider) createSecureListener(certificate string) string {
	balancer, group := p.createBalancer(), p.createTargetGroup()
	out := roomtest.Must(p.ELB.CreateListener(p.T.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: &balancer, Port: new(int32(443)), Protocol: "HTTPS", Certificates: []elbtypes.Certificate{{CertificateArn: &certificate}},
		DefaultActions: []elbtypes.Action{{Type: "forward", Order: new(int32(1)), TargetGroupArn: &group}}, Tags: elbTags(),
	}))(p.T)
	return *out.Listeners[0].ListenerArn
}

// readListenerCertificate returns the one that is not the default.
func (p *provider) readListenerCertificate(listener string) (any, error) {
	out, err := p.ELB.DescribeListenerCertificates(p.T.Context(), &elb.DescribeListenerCertificatesInput{ListenerArn: &listener, PageSize: new(int32(400))})
	if err != nil {
		return nil, err
	}
	for _, c := range out.Certificates {
		if !*c.IsDefault {
			return c, nil
		}
	}
	return nil, nil
}
