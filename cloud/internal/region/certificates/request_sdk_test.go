package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) request(name string, more ...string) string {
	d.t.Helper()
	return *roomtest.Must(d.RequestCertificate(d.t.Context(), &acm.RequestCertificateInput{
		DomainName: &name, SubjectAlternativeNames: more, ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1",
	}))(d.t).CertificateArn
}

// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
func TestRequestedCertificateIsIssuedOnceItsRecordsStand(t *testing.T) {
	d := open(t, 600)
	ctx, arn := t.Context(), d.request("example.com", "*.example.com", "www.example.org")
	c := d.describe(arn)
	if c.Status != "PENDING_VALIDATION" || c.Type != "AMAZON_ISSUED" || len(c.DomainValidationOptions) != 3 || c.NotAfter != nil || c.IssuedAt != nil {
		t.Fatalf("%+v", c)
	}
	apex, wild, other := *c.DomainValidationOptions[0].ResourceRecord, *c.DomainValidationOptions[1].ResourceRecord, *c.DomainValidationOptions[2].ResourceRecord
	if *apex.Name != *wild.Name || *apex.Value != *wild.Value || apex.Type != "CNAME" || !strings.HasSuffix(*apex.Name, ".example.com.") ||
		!strings.HasSuffix(*other.Name, ".example.org.") || *other.Value == *apex.Value || !strings.HasSuffix(*apex.Value, ".acm-validations.aws.") {
		t.Errorf("%s %s, %s %s, %s %s", *apex.Name, *apex.Value, *wild.Name, *wild.Value, *other.Name, *other.Value)
	}
	_, err := d.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: &arn})
	roomtest.WantAPIError(t, err, "RequestInProgressException")

	d.record(*apex.Name, "delegated.example.net.") // a CNAME may lead to another
	d.record("delegated.example.net.", *apex.Value)
	d.record(*other.Name, "_wrong.acm-validations.aws.")
	d.awaitValidated(arn, 2)
	d.record(*other.Name, strings.ToUpper(*other.Value))
	c = d.awaitStatus(arn, "ISSUED")
	if c.IssuedAt == nil || c.NotAfter == nil || c.KeyAlgorithm != "EC-prime256v1" || *c.SignatureAlgorithm != "SHA256WITHECDSA" {
		t.Errorf("%+v", c)
	}
	d.reopen()
	s, _ := d.r.Secret(nil, arn)
	served := roomtest.Must(tls.X509KeyPair([]byte(s.Body), []byte(s.Key)))(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(d.issuer.PEM())
	for _, name := range []string{"example.com", "a.example.com", "www.example.org"} {
		if _, err := served.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
			t.Error(err)
		}
	}
	got := roomtest.Must(d.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: &arn}))(t)
	if *got.Certificate != s.Body || *got.CertificateChain != string(d.issuer.PEM()) {
		t.Errorf("%+v", got)
	}
}

func (d *desk) awaitValidated(arn string, n int) {
	d.t.Helper()
	d.awaitThat(func() bool {
		ok := 0
		for _, v := range d.describe(arn).DomainValidationOptions {
			if v.ValidationStatus == acmtypes.DomainStatusSuccess {
				ok++
			}
		}
		return ok == n
	})
}

func TestRequestWithoutRecordsTimesOut(t *testing.T) {
	d := open(t, 72*3600*10) // the 72 hours in a tenth of a second
	arn := d.request("example.com")
	c := d.awaitStatus(arn, "VALIDATION_TIMED_OUT")
	if c.DomainValidationOptions[0].ValidationStatus != "FAILED" {
		t.Errorf("%+v", c)
	}
}

func TestRequestsAreIdempotentByTheirToken(t *testing.T) {
	d := open(t, 1)
	ask := func(token string) string {
		return *roomtest.Must(d.RequestCertificate(t.Context(), &acm.RequestCertificateInput{
			DomainName: new("example.com"), ValidationMethod: "DNS", IdempotencyToken: &token,
		}))(t).CertificateArn
	}
	if a, b, c := ask("one"), ask("one"), ask("two"); a != b || a == c {
		t.Errorf("%s %s %s", a, b, c)
	}
}

func TestWhatCannotBeRequested(t *testing.T) {
	d := open(t, 1)
	name := new("example.com")
	for _, c := range []struct {
		in   acm.RequestCertificateInput
		code string
	}{
		{acm.RequestCertificateInput{DomainName: name, ValidationMethod: "EMAIL"}, "UnsupportedOperation"},
		{acm.RequestCertificateInput{DomainName: name, ValidationMethod: "HTTP"}, "UnsupportedOperation"},
		{acm.RequestCertificateInput{DomainName: name}, "UnsupportedOperation"},
		{acm.RequestCertificateInput{DomainName: name, ValidationMethod: "DNS", KeyAlgorithm: "RSA_4096"}, "ValidationException"},
		{acm.RequestCertificateInput{DomainName: new("com"), ValidationMethod: "DNS"}, "ValidationException"},
		{acm.RequestCertificateInput{DomainName: name, ValidationMethod: "DNS", SubjectAlternativeNames: []string{
			"a.b.com", "b.b.com", "c.b.com", "d.b.com", "e.b.com", "f.b.com", "g.b.com", "h.b.com", "i.b.com", "j.b.com",
		}}, "LimitExceededException"},
		{acm.RequestCertificateInput{DomainName: name, ValidationMethod: "DNS", DomainValidationOptions: []acmtypes.DomainValidationOption{
			{DomainName: name, ValidationDomain: name},
		}}, "InvalidDomainValidationOptionsException"},
	} {
		_, err := d.RequestCertificate(t.Context(), &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
}

func TestOptionsOfRequestedCertificates(t *testing.T) {
	d := open(t, 1)
	arn, imported := d.request("example.com"), d.importPair(certify(t, ecKey(t), nil, nil))
	//lint:ignore SA1019 AWS still takes it
	off := &acmtypes.CertificateOptions{CertificateTransparencyLoggingPreference: "DISABLED"}
	roomtest.Must(d.UpdateCertificateOptions(t.Context(), &acm.UpdateCertificateOptionsInput{CertificateArn: &arn, Options: off}))(t)
	//lint:ignore SA1019 AWS still tells it
	if o := d.describe(arn).Options; o.CertificateTransparencyLoggingPreference != "DISABLED" {
		t.Errorf("%+v", o)
	}
	_, err := d.UpdateCertificateOptions(t.Context(), &acm.UpdateCertificateOptionsInput{CertificateArn: &imported, Options: off})
	roomtest.WantAPIError(t, err, "InvalidStateException")
}
