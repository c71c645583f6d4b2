package certificates

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeCertificate tells all of a certificate but its keys.
func (r *Room) DescribeCertificate(ctx context.Context, in *acm.DescribeCertificateInput) (*acm.DescribeCertificateOutput, error) {
	if err := room.Only(in, "CertificateArn"); err != nil {
		return nil, err
	}
	row, err := r.find(nil, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return &acm.DescribeCertificateOutput{Certificate: r.detail(row)}, nil
}

func (r *Room) detail(row certificateRow) *acmtypes.CertificateDetail {
	d := &acmtypes.CertificateDetail{
		CertificateArn: new(row.ARN), DomainName: new(row.Names[0]), SubjectAlternativeNames: row.Names, Type: row.Type, Status: row.status(),
		KeyAlgorithm: hyphened(row.Algorithm), CreatedAt: new(row.Created), ImportedAt: room.Some(row.Imported), IssuedAt: room.Some(row.Issued),
		InUseBy: room.Listed(r.cfg.Users(nil, row.ARN)), RenewalEligibility: r.eligibility(row),
	}
	if c := row.parsed(); c != nil {
		d.Subject, d.Issuer, d.Serial = new(c.Subject.String()), new(issuer(c)), new(serial(c))
		d.NotBefore, d.NotAfter, d.SignatureAlgorithm = new(c.NotBefore), new(c.NotAfter), new(signature(c))
		for _, u := range keyUsages(c) {
			d.KeyUsages = append(d.KeyUsages, acmtypes.KeyUsage{Name: u})
		}
		d.ExtendedKeyUsages = extendedKeyUsages(c)
	}
	if row.imported() {
		return d
	}
	//lint:ignore SA1019 AWS still tells it
	d.Options = &acmtypes.CertificateOptions{CertificateTransparencyLoggingPreference: row.Logging}
	d.DomainValidationOptions = r.validations(row)
	if d.SignatureAlgorithm == nil {
		d.SignatureAlgorithm = new("SHA256WITHRSA") // as AWS says before it has signed
	}
	d.RenewalSummary = r.renewalSummary(row)
	return d
}

// validations are of the names of a request: what was found of each, and of what was not, whether there is still time.
func (r *Room) validations(row certificateRow) (all []acmtypes.DomainValidation) {
	for _, name := range row.Names {
		status := acmtypes.DomainStatusPendingValidation
		switch {
		case slices.Contains(row.Validated, name):
			status = acmtypes.DomainStatusSuccess
		case row.Status == acmtypes.CertificateStatusValidationTimedOut:
			status = acmtypes.DomainStatusFailed
		}
		all = append(all, acmtypes.DomainValidation{
			DomainName: new(name), ValidationDomain: new(name), ValidationMethod: acmtypes.ValidationMethodDns, ValidationStatus: status,
			ResourceRecord: new(r.record(name)),
		})
	}
	return all
}

// eligibility is whether ACM will renew a certificate: one that it has issued and that something uses
// ("Managed certificate renewal", ACM user guide).
func (r *Room) eligibility(row certificateRow) acmtypes.RenewalEligibility {
	if !row.imported() && row.status() == acmtypes.CertificateStatusIssued && len(r.cfg.Users(nil, row.ARN)) > 0 {
		return acmtypes.RenewalEligibilityEligible
	}
	return acmtypes.RenewalEligibilityIneligible
}

// hyphened is an algorithm as the answers have it, which requests have with underscores
// (examples of DescribeCertificate and ListCertificates, API reference).
func hyphened(a acmtypes.KeyAlgorithm) acmtypes.KeyAlgorithm {
	return acmtypes.KeyAlgorithm(strings.ReplaceAll(string(a), "_", "-"))
}

func issuer(c *x509.Certificate) string {
	if len(c.Issuer.Organization) > 0 {
		return c.Issuer.Organization[0]
	}
	return c.Issuer.CommonName
}

func serial(c *x509.Certificate) string {
	var pairs []string
	for _, b := range c.SerialNumber.Bytes() {
		pairs = append(pairs, fmt.Sprintf("%02x", b))
	}
	return strings.Join(pairs, ":")
}

// signature is SHA256WITHRSA for SHA256-RSA, SHA384WITHECDSA for ECDSA-SHA384.
func signature(c *x509.Certificate) string {
	first, second, _ := strings.Cut(c.SignatureAlgorithm.String(), "-")
	if strings.HasPrefix(second, "SHA") {
		first, second = second, first
	}
	return first + "WITH" + second
}

func keyUsages(c *x509.Certificate) (all []acmtypes.KeyUsageName) {
	for i, name := range []acmtypes.KeyUsageName{
		acmtypes.KeyUsageNameDigitalSignature, acmtypes.KeyUsageNameNonRepudation, acmtypes.KeyUsageNameKeyEncipherment,
		acmtypes.KeyUsageNameDataEncipherment, acmtypes.KeyUsageNameKeyAgreement, acmtypes.KeyUsageNameCertificateSigning,
		acmtypes.KeyUsageNameCrlSigning, acmtypes.KeyUsageNameEnchiperOnly, acmtypes.KeyUsageNameDecipherOnly,
	} { // in the order of RFC 5280, 4.2.1.3, which is x509.KeyUsage's
		if c.KeyUsage&(1<<i) != 0 {
			all = append(all, name)
		}
	}
	return all
}

// purposes are the extended key usages that ACM has names of (RFC 5280, 4.2.1.12).
var purposes = map[x509.ExtKeyUsage]acmtypes.ExtendedKeyUsage{
	x509.ExtKeyUsageAny:             {Name: acmtypes.ExtendedKeyUsageNameAny, OID: new("2.5.29.37.0")},
	x509.ExtKeyUsageServerAuth:      {Name: acmtypes.ExtendedKeyUsageNameTlsWebServerAuthentication, OID: new("1.3.6.1.5.5.7.3.1")},
	x509.ExtKeyUsageClientAuth:      {Name: acmtypes.ExtendedKeyUsageNameTlsWebClientAuthentication, OID: new("1.3.6.1.5.5.7.3.2")},
	x509.ExtKeyUsageCodeSigning:     {Name: acmtypes.ExtendedKeyUsageNameCodeSigning, OID: new("1.3.6.1.5.5.7.3.3")},
	x509.ExtKeyUsageEmailProtection: {Name: acmtypes.ExtendedKeyUsageNameEmailProtection, OID: new("1.3.6.1.5.5.7.3.4")},
	x509.ExtKeyUsageIPSECEndSystem:  {Name: acmtypes.ExtendedKeyUsageNameIpsecEndSystem, OID: new("1.3.6.1.5.5.7.3.5")},
	x509.ExtKeyUsageIPSECTunnel:     {Name: acmtypes.ExtendedKeyUsageNameIpsecTunnel, OID: new("1.3.6.1.5.5.7.3.6")},
	x509.ExtKeyUsageIPSECUser:       {Name: acmtypes.ExtendedKeyUsageNameIpsecUser, OID: new("1.3.6.1.5.5.7.3.7")},
	x509.ExtKeyUsageTimeStamping:    {Name: acmtypes.ExtendedKeyUsageNameTimeStamping, OID: new("1.3.6.1.5.5.7.3.8")},
	x509.ExtKeyUsageOCSPSigning:     {Name: acmtypes.ExtendedKeyUsageNameOcspSigning, OID: new("1.3.6.1.5.5.7.3.9")},
}

func extendedKeyUsages(c *x509.Certificate) (all []acmtypes.ExtendedKeyUsage) {
	for _, u := range c.ExtKeyUsage {
		if named, ok := purposes[u]; ok {
			all = append(all, named)
		}
	}
	for _, oid := range c.UnknownExtKeyUsage {
		all = append(all, acmtypes.ExtendedKeyUsage{Name: acmtypes.ExtendedKeyUsageNameCustom, OID: new(oid.String())})
	}
	return all
}

// GetCertificate returns an issued certificate and its chain.
func (r *Room) GetCertificate(ctx context.Context, in *acm.GetCertificateInput) (*acm.GetCertificateOutput, error) {
	if err := room.Only(in, "CertificateArn"); err != nil {
		return nil, err
	}
	row, err := r.find(nil, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	if row.Body == "" {
		return nil, wire.Errorf("RequestInProgressException", "The certificate request is in progress. Please wait and try again later.")
	}
	// A certificate without a chain is its own chain, as Ansible's module acm_certificate has found of AWS, and relies on.
	return &acm.GetCertificateOutput{Certificate: new(row.Body), CertificateChain: new(cmp.Or(row.Chain, row.Body))}, nil
}

// ListCertificates lists certificates; those with other keys than RSA's shorter ones only where these are asked for
// (API reference, Filters).
func (r *Room) ListCertificates(ctx context.Context, in *acm.ListCertificatesInput) (*acm.ListCertificatesOutput, error) {
	if err := room.Only(in, "CertificateStatuses", "Includes", "MaxItems", "NextToken", "SortBy", "SortOrder"); err != nil {
		return nil, err
	}
	if (in.SortBy == "") != (in.SortOrder == "") {
		return nil, invalid("SortBy and SortOrder must be specified together.")
	}
	chosen, err := chosenBy(in)
	if err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(r.certificates.All(), func(row certificateRow) bool { return !chosen(row) })
	key := func(row certificateRow) string { return row.ARN }
	if in.SortBy != "" {
		key = func(row certificateRow) string { return sortKey(row.Created, in.SortOrder) + row.ARN }
	}
	rows, next, err := page(rows, key, in)
	if err != nil {
		return nil, err
	}
	out := &acm.ListCertificatesOutput{CertificateSummaryList: []acmtypes.CertificateSummary{}, NextToken: next}
	for _, row := range rows {
		out.CertificateSummaryList = append(out.CertificateSummaryList, r.summary(row))
	}
	return out, nil
}

// sortKey puts times into an order that texts have.
func sortKey(at time.Time, order acmtypes.SortOrder) string {
	seconds := at.Unix()
	if order == acmtypes.SortOrderDescending {
		seconds = 1<<40 - seconds
	}
	return fmt.Sprintf("%020d", seconds)
}

func chosenBy(in *acm.ListCertificatesInput) (func(certificateRow) bool, error) {
	f := acmtypes.Filters{}
	if in.Includes != nil {
		f = *in.Includes
	}
	if err := room.Only(f, "ExtendedKeyUsage", "KeyTypes", "KeyUsage"); err != nil {
		return nil, err
	}
	types := f.KeyTypes
	if len(types) == 0 {
		types = []acmtypes.KeyAlgorithm{acmtypes.KeyAlgorithmRsa1024, acmtypes.KeyAlgorithmRsa2048}
	}
	return func(row certificateRow) bool {
		c := row.parsed()
		status := len(in.CertificateStatuses) == 0 || slices.Contains(in.CertificateStatuses, row.status())
		usage := len(f.KeyUsage) == 0 || c != nil && slices.ContainsFunc(keyUsages(c), func(u acmtypes.KeyUsageName) bool {
			return slices.Contains(f.KeyUsage, u)
		})
		purpose := len(f.ExtendedKeyUsage) == 0 || c != nil && slices.ContainsFunc(extendedKeyUsages(c), func(u acmtypes.ExtendedKeyUsage) bool {
			return slices.Contains(f.ExtendedKeyUsage, u.Name)
		})
		return status && usage && purpose && slices.Contains(types, row.Algorithm)
	}, nil
}

// summary is what a listing tells of a certificate.
func (r *Room) summary(row certificateRow) acmtypes.CertificateSummary {
	d := r.detail(row)
	s := acmtypes.CertificateSummary{
		CertificateArn: d.CertificateArn, DomainName: d.DomainName, SubjectAlternativeNameSummaries: d.SubjectAlternativeNames,
		HasAdditionalSubjectAlternativeNames: new(false), Status: d.Status, Type: d.Type, KeyAlgorithm: d.KeyAlgorithm, InUse: new(len(d.InUseBy) > 0),
		RenewalEligibility: d.RenewalEligibility, NotBefore: d.NotBefore, NotAfter: d.NotAfter, CreatedAt: d.CreatedAt, IssuedAt: d.IssuedAt,
		ImportedAt: d.ImportedAt, Exported: new(false),
	}
	for _, u := range d.KeyUsages {
		s.KeyUsages = append(s.KeyUsages, u.Name)
	}
	for _, u := range d.ExtendedKeyUsages {
		s.ExtendedKeyUsages = append(s.ExtendedKeyUsages, u.Name)
	}
	return s
}
