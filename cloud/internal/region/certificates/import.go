package certificates

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxCertificates is how many an account may have in a region ("Quotas", ACM user guide).
const maxCertificates = 2500

// ImportCertificate takes a certificate with its key, or puts it in the place of an imported one.
func (r *Room) ImportCertificate(ctx context.Context, in *acm.ImportCertificateInput) (*acm.ImportCertificateOutput, error) {
	if err := room.Only(in, "Certificate", "CertificateArn", "CertificateChain", "PrivateKey", "Tags"); err != nil {
		return nil, err
	}
	if in.CertificateArn != nil && len(in.Tags) > 0 {
		return nil, wire.Errorf("InvalidParameterException", "Tagging is not permitted on re-import.")
	}
	leaf, err := checkImport(in.Certificate, in.CertificateChain, in.PrivateKey)
	if err != nil {
		return nil, err
	}
	row := certificateRow{
		Type: acmtypes.CertificateTypeImported, Status: acmtypes.CertificateStatusIssued, Names: namesOf(leaf), Algorithm: algorithmOf(leaf.PublicKey),
		Body: string(in.Certificate), Chain: string(in.CertificateChain), Created: now(), Imported: now(),
	}
	if row.Tags, err = mergeTags(nil, in.Tags); err != nil {
		return nil, err
	}
	did := "IMPORT"
	if in.CertificateArn != nil {
		did = "REIMPORT"
	}
	err = r.Update(func(tx *store.Tx) (err error) {
		if in.CertificateArn != nil {
			row, err = r.replaced(tx, in.CertificateArn, row)
		} else {
			row.ARN, err = r.newARN(tx)
		}
		if err != nil {
			return err
		}
		return r.put(tx, row, string(in.PrivateKey))
	})
	if err != nil {
		return nil, err
	}
	r.event("ACM Certificate Available", row, "Action", did)
	return &acm.ImportCertificateOutput{CertificateArn: new(row.ARN)}, nil
}

// replaced is a row for a certificate in the place of another ("Reimport a certificate": type and size of the key stay).
func (r *Room) replaced(tx *store.Tx, arn *string, row certificateRow) (certificateRow, error) {
	old, err := r.find(tx, arn)
	switch {
	case err != nil:
		return row, err
	case !old.imported():
		return row, invalid("The certificate %s is not an imported certificate.", old.ARN)
	case old.Algorithm != row.Algorithm:
		return row, invalid("The key algorithm and size of the certificate must be the same as those of the certificate that it replaces.")
	}
	row.ARN, row.Created, row.Tags = old.ARN, old.Created, old.Tags
	return row, nil
}

func (r *Room) newARN(tx *store.Tx) (string, error) {
	if len(r.certificates.AllTx(tx)) >= maxCertificates {
		return "", wire.Errorf("LimitExceededException", "Error: you have reached your limit of %d certificates.", maxCertificates)
	}
	s := room.NewSerial(32)
	return r.ARN("acm", "certificate/"+s[:8]+"-"+s[8:12]+"-"+s[12:16]+"-"+s[16:20]+"-"+s[20:]), nil
}

// put stores a certificate with its private key.
func (r *Room) put(tx *store.Tx, row certificateRow, key string) (err error) {
	if row.Key, err = r.vault().Seal(tx, row.ARN, key); err != nil {
		return err
	}
	return r.certificates.Put(tx, row.ARN, row)
}

// now is the time to the second, as ACM tells it.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
