package certificates

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxNames is how many names a certificate may have ("Quotas", ACM user guide).
const maxNames = 10

// tokenLife is how long a request's token makes it idempotent (API reference, RequestCertificate).
const tokenLife = time.Hour

// requestable are the algorithms of certificates that ACM issues (API reference, RequestCertificate), the usual one first.
var requestable = []acmtypes.KeyAlgorithm{acmtypes.KeyAlgorithmRsa2048, acmtypes.KeyAlgorithmEcPrime256v1, acmtypes.KeyAlgorithmEcSecp384r1}

// RequestCertificate asks for a certificate, which is issued once the validation records of all its names stand in the DNS.
func (r *Room) RequestCertificate(ctx context.Context, in *acm.RequestCertificateInput) (*acm.RequestCertificateOutput, error) {
	if err := checkRequest(in); err != nil {
		return nil, err
	}
	row := certificateRow{
		Type: acmtypes.CertificateTypeAmazonIssued, Status: acmtypes.CertificateStatusPendingValidation,
		Names: unique(append([]string{*in.DomainName}, in.SubjectAlternativeNames...)), Algorithm: cmp.Or(in.KeyAlgorithm, requestable[0]),
		Token: room.Deref(in.IdempotencyToken), Created: now(),
	}
	var err error
	if row.Logging, err = logging(in.Options); err != nil {
		return nil, err
	}
	switch {
	case len(row.Names) > maxNames:
		return nil, wire.Errorf("LimitExceededException", "Error: you have reached your limit of %d domain names per certificate.", maxNames)
	case !slices.Contains(requestable, row.Algorithm):
		return nil, invalid("The key algorithm %s is not supported for requested certificates.", row.Algorithm)
	}
	if row.Tags, err = mergeTags(nil, in.Tags); err != nil {
		return nil, err
	}
	err = r.Update(func(tx *store.Tx) (err error) {
		for _, old := range r.certificates.AllTx(tx) {
			if row.Token != "" && old.Token == row.Token && slices.Equal(old.Names, row.Names) && time.Since(old.Created) < r.Speed.Of(tokenLife) {
				row = old
				return nil
			}
		}
		if row.ARN, err = r.newARN(tx); err != nil {
			return err
		}
		return r.certificates.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &acm.RequestCertificateOutput{CertificateArn: new(row.ARN)}, nil
}

// domainPattern is the model's pattern of names, whose lookahead Go's expressions lack; domainForm means the same.
const domainPattern = `^(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])$`

var domainForm = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)

func checkRequest(in *acm.RequestCertificateInput) error {
	if err := room.Only(in, "DomainName", "DomainValidationOptions", "IdempotencyToken", "KeyAlgorithm", "Options", "SubjectAlternativeNames",
		"Tags", "ValidationMethod"); err != nil {
		return err
	}
	for i, name := range append([]string{*in.DomainName}, in.SubjectAlternativeNames...) {
		if !domainForm.MatchString(name) {
			at := "domainName"
			if i > 0 {
				at = "subjectAlternativeNames"
			}
			return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s",
				name, at, domainPattern)
		}
	}
	switch method := cmp.Or(in.ValidationMethod, acmtypes.ValidationMethodEmail); { // as AWS, which sends an email unless told otherwise
	case method != acmtypes.ValidationMethodDns:
		return unsupported("The validation method %s", method)
	case len(in.DomainValidationOptions) > 0:
		return wire.Errorf("InvalidDomainValidationOptionsException", "Domain validation options are for validation by email only.")
	}
	return nil
}

// logging is whether a certificate is to be written to transparency logs, which only is kept here.
func logging(o *acmtypes.CertificateOptions) (acmtypes.CertificateTransparencyLoggingPreference, error) {
	if o == nil {
		return acmtypes.CertificateTransparencyLoggingPreferenceEnabled, nil
	}
	if err := room.Only(o, "CertificateTransparencyLoggingPreference", "Export"); err != nil {
		return "", err
	}
	if o.Export == acmtypes.CertificateExportEnabled {
		return "", unsupported("Options.Export %s", o.Export)
	}
	//lint:ignore SA1019 AWS still takes it
	return cmp.Or(o.CertificateTransparencyLoggingPreference, acmtypes.CertificateTransparencyLoggingPreferenceEnabled), nil
}

// record is the CNAME that proves the control of a name: the same for an account in every region, and for a name and all below it
// ("DNS validation", ACM user guide).
func (r *Room) record(name string) acmtypes.ResourceRecord {
	base := strings.TrimPrefix(name, "*.")
	hash := func(what string) string {
		sum := sha256.Sum256([]byte(what + "\x00" + r.Account + "\x00" + base))
		return hex.EncodeToString(sum[:16])
	}
	group := strings.Map(func(digit rune) rune { return 'a' + (digit-'0'+26)%26 }, hash("group")[:10])
	return acmtypes.ResourceRecord{
		Name: new("_" + hash("name") + "." + base + "."), Type: acmtypes.RecordTypeCname, Value: new("_" + hash("value") + "." + group + ".acm-validations.aws."),
	}
}
