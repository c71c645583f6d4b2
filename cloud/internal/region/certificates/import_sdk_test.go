package certificates

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/judge"
)

// https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html
func TestImportedCertificateIsDescribedAndKept(t *testing.T) {
	d := open(t, 1)
	ctx, p := t.Context(), certify(t, rsaKey(t), nil, nil)
	arn := *roomtest.Must(d.ImportCertificate(ctx, &acm.ImportCertificateInput{
		Certificate: p.body, PrivateKey: p.key, Tags: []acmtypes.Tag{{Key: new("app"), Value: new("web")}},
	}))(t).CertificateArn
	d.usedBy("arn:balancer")
	d.reopen()
	c := d.describe(arn)
	if c.Status != "ISSUED" || c.Type != "IMPORTED" || c.KeyAlgorithm != "RSA-2048" || *c.DomainName != "www.example.com" || *c.Serial != "12:34" ||
		*c.SignatureAlgorithm != "SHA256WITHRSA" || c.RenewalEligibility != "INELIGIBLE" || c.ImportedAt == nil || c.IssuedAt != nil ||
		len(c.InUseBy) != 1 || len(c.KeyUsages) != 1 || len(c.ExtendedKeyUsages) != 1 || *c.Subject != "CN=www.example.com" || c.DomainValidationOptions != nil {
		t.Errorf("%+v", c)
	}
	roomtest.WantSame(t, "names", c.SubjectAlternativeNames, "www.example.com", "example.com")
	got := roomtest.Must(d.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: &arn}))(t)
	if *got.Certificate != string(p.body) || *got.CertificateChain != string(p.body) {
		t.Errorf("%+v", got)
	}
	secret, ok := d.r.Secret(nil, arn)
	if !ok || secret.Key != string(p.key) || !secret.Issued || !secret.Dotted {
		t.Errorf("what serves gets %v, %+v", ok, secret)
	}
	d.end() // the store is written
	file := roomtest.Must(os.ReadFile(filepath.Join(d.dir, "state.db")))(t)
	if line := bytes.Split(p.key, []byte("\n"))[3]; bytes.Contains(file, line) {
		t.Error("the store has the private key in plain text")
	}
	d.load()
}

// "Prerequisites for importing ACM certificates"
func TestWhatCannotBeImported(t *testing.T) {
	d := open(t, 1)
	good, other := certify(t, ecKey(t), nil, nil), certify(t, ecKey(t), nil, nil)
	root := certify(t, ecKey(t), nil, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	signed := certify(t, ecKey(t), &root, nil)
	old := certify(t, ecKey(t), nil, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	early := certify(t, ecKey(t), nil, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
	odd := certify(t, roomtest.Must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))(t), nil, nil)
	for what, c := range map[string]struct {
		body, key, chain []byte
		says             string
	}{
		"no PEM":            {[]byte("x"), good.key, nil, "body provided is not in a valid PEM format"},
		"two":               {append(bytes.Clone(good.body), other.body...), good.key, nil, "more than one certificate"},
		"another's key":     {good.body, other.key, nil, "does not match"},
		"no key":            {good.body, []byte("x"), nil, "private key is not in a valid PEM format"},
		"expired":           {old.body, old.key, nil, "has expired"},
		"not yet valid":     {early.body, early.key, nil, "not yet valid"},
		"without its chain": {signed.body, signed.key, nil, "not a valid self signed"},
		"another's chain":   {signed.body, signed.key, other.body, "Could not validate the certificate with the certificate chain."},
		"a chain of text":   {signed.body, signed.key, []byte("x"), "chain provided is not in a valid PEM format"},
		"P-224":             {odd.body, odd.key, nil, "is not supported"},
	} {
		_, err := d.ImportCertificate(t.Context(), &acm.ImportCertificateInput{Certificate: c.body, PrivateKey: c.key, CertificateChain: c.chain})
		roomtest.WantAPIError(t, err, "ValidationException")
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	roomtest.Must(d.ImportCertificate(t.Context(), &acm.ImportCertificateInput{Certificate: signed.body, PrivateKey: signed.key, CertificateChain: root.body}))(t)
}

// "Reimport a certificate"
func TestReimportKeepsTheARN(t *testing.T) {
	d := open(t, 1)
	arn := d.importPair(certify(t, ecKey(t), nil, nil))
	next := certify(t, ecKey(t), nil, func(c *x509.Certificate) { c.DNSNames = []string{"*.example.org"} })
	again := func(p pair, tags ...acmtypes.Tag) error {
		_, err := d.ImportCertificate(t.Context(), &acm.ImportCertificateInput{CertificateArn: &arn, Certificate: p.body, PrivateKey: p.key, Tags: tags})
		return err
	}
	if err := again(next); err != nil {
		t.Fatal(err)
	}
	roomtest.WantSame(t, "names", d.describe(arn).SubjectAlternativeNames, "www.example.com", "*.example.org")
	roomtest.WantAPIError(t, again(certify(t, rsaKey(t), nil, nil)), "ValidationException")
	roomtest.WantAPIError(t, again(next, acmtypes.Tag{Key: new("a")}), "InvalidParameterException")
	arn += "0"
	roomtest.WantAPIError(t, again(next), "ResourceNotFoundException")
}

// https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html: keys other than short ones of RSA are listed on request.
func TestCertificatesAreListedByFilters(t *testing.T) {
	d := open(t, 1)
	ctx, rsa, ec := t.Context(), d.importPair(certify(t, rsaKey(t), nil, nil)), d.importPair(certify(t, ecKey(t), nil, nil))
	list := func(in acm.ListCertificatesInput) (arns []string) {
		t.Helper()
		pages := acm.NewListCertificatesPaginator(d.Client, &in)
		for pages.HasMorePages() {
			for _, c := range roomtest.Must(pages.NextPage(ctx))(t).CertificateSummaryList {
				arns = append(arns, *c.CertificateArn)
			}
		}
		return arns
	}
	both := []acmtypes.KeyAlgorithm{"RSA_2048", "EC_prime256v1"}
	roomtest.WantSame(t, "by default", list(acm.ListCertificatesInput{}), rsa)
	roomtest.WantSame(t, "of elliptic curves", list(acm.ListCertificatesInput{Includes: &acmtypes.Filters{KeyTypes: both[1:]}}), ec)
	if got := list(acm.ListCertificatesInput{
		Includes: &acmtypes.Filters{KeyTypes: both}, MaxItems: new(int32(1)), SortBy: "CREATED_AT", SortOrder: "DESCENDING",
	}); len(got) != 2 {
		t.Errorf("both, in pages of one: %v", got)
	}
	roomtest.WantSame(t, "pending", list(acm.ListCertificatesInput{CertificateStatuses: []acmtypes.CertificateStatus{"PENDING_VALIDATION"}}))
	roomtest.WantSame(t, "for signing", list(acm.ListCertificatesInput{
		Includes: &acmtypes.Filters{KeyTypes: both, KeyUsage: []acmtypes.KeyUsageName{"CRL_SIGNING"}},
	}))
	roomtest.WantSame(t, "for clients", list(acm.ListCertificatesInput{
		Includes: &acmtypes.Filters{KeyTypes: both, ExtendedKeyUsage: []acmtypes.ExtendedKeyUsageName{"TLS_WEB_CLIENT_AUTHENTICATION"}},
	}))
	_, err := d.ListCertificates(ctx, &acm.ListCertificatesInput{SortBy: "CREATED_AT"})
	roomtest.WantAPIError(t, err, "ValidationException")
}

func TestCertificateInUseIsNotDeleted(t *testing.T) {
	d := open(t, 1)
	ctx, arn := t.Context(), d.importPair(certify(t, ecKey(t), nil, nil))
	d.usedBy("arn:balancer")
	_, err := d.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: &arn})
	roomtest.WantAPIError(t, err, "ResourceInUseException")
	d.usedBy()
	roomtest.Must(d.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: &arn}))(t)
	_, err = d.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn})
	roomtest.WantAPIError(t, err, "ResourceNotFoundException")
}

func TestTagsOfCertificates(t *testing.T) {
	d := open(t, 1)
	ctx, arn := t.Context(), d.importPair(certify(t, ecKey(t), nil, nil))
	roomtest.Must(d.AddTagsToCertificate(ctx, &acm.AddTagsToCertificateInput{CertificateArn: &arn, Tags: []acmtypes.Tag{
		{Key: new("a"), Value: new("1")}, {Key: new("b"), Value: new("2")}, {Key: new("c")},
	}}))(t)
	roomtest.Must(d.RemoveTagsFromCertificate(ctx, &acm.RemoveTagsFromCertificateInput{CertificateArn: &arn, Tags: []acmtypes.Tag{
		{Key: new("a"), Value: new("other")}, {Key: new("b")},
	}}))(t)
	var keys []string
	for _, tag := range roomtest.Must(d.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: &arn}))(t).Tags {
		keys = append(keys, *tag.Key)
	}
	roomtest.WantSame(t, "tags", keys, "a", "c")
	_, err := d.AddTagsToCertificate(ctx, &acm.AddTagsToCertificateInput{CertificateArn: &arn, Tags: []acmtypes.Tag{{Key: new("aws:x")}}})
	roomtest.WantAPIError(t, err, "InvalidTagException")
}

func TestAccountConfigurationOfCertificates(t *testing.T) {
	d := open(t, 1)
	days := func() int32 {
		return *roomtest.Must(d.GetAccountConfiguration(t.Context(), &acm.GetAccountConfigurationInput{}))(t).ExpiryEvents.DaysBeforeExpiry
	}
	if days() != 45 {
		t.Errorf("by default %d", days())
	}
	roomtest.Must(d.PutAccountConfiguration(t.Context(), &acm.PutAccountConfigurationInput{
		IdempotencyToken: new("t"), ExpiryEvents: &acmtypes.ExpiryEventsConfiguration{DaysBeforeExpiry: new(int32(7))},
	}))(t)
	if d.reopen(); days() != 7 {
		t.Errorf("then %d", days())
	}
}

// The AWS CLI reads the answers by AWS's own model, refusals too.
func TestCertificatesByTheCommandLine(t *testing.T) {
	d := open(t, 1)
	arn := d.importPair(certify(t, rsaKey(t), nil, nil))
	steps := []struct{ want, args string }{
		{"www.example.com\tRSA-2048\tISSUED", "describe-certificate --certificate-arn " + arn + " --query Certificate.[DomainName,KeyAlgorithm,Status]"},
		{arn, "list-certificates --query CertificateSummaryList[].CertificateArn"},
		{"(ResourceNotFoundException)", "get-certificate --certificate-arn " + arn + "0"},
		{"(ValidationException)", "get-certificate --certificate-arn arn:aws:ec2:us-east-1:111122223333:x"},
		{"(ValidationException)", "renew-certificate --certificate-arn " + arn},
		{"(ResourceNotFoundException)", "renew-certificate --certificate-arn " + arn + "0"},
		{"The operation ResendValidationEmail of acm is not supported by this cloud.",
			"resend-validation-email --certificate-arn " + arn + " --domain example.com --validation-domain example.com"},
	}
	var commands [][]string
	for _, s := range steps {
		commands = append(commands, append([]string{"acm"}, strings.Fields(s.args)...))
	}
	for i, got := range judge.Commands(t, d.endpoint, "AKIDEXAMPLE", "secret", commands) {
		if !strings.Contains(got, steps[i].want) {
			t.Errorf("aws acm %s\nprints %s\nwant   %s", steps[i].args, got, steps[i].want)
		}
	}
}
