// Package certificates is AWS Certificate Manager in one region: certificates that are imported, and those that are requested, which the
// cloud's own authority issues once the name servers have their validation records.
package certificates

import (
	"crypto"
	"crypto/x509"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Config is what the room needs of its surroundings.
type Config struct {
	// Issuer is the authority that signs requested certificates; nil for none, with which they stay pending.
	Issuer Issuer
	// Resolve asks the public name servers.
	Resolve func(q *dns.Msg) (*dns.Msg, error)
	// Users are the ARNs of what uses a certificate.
	Users func(tx *store.Tx, certificate string) []string
}

// Issuer is a certificate authority.
type Issuer interface {
	// Issue certifies a key for names, the first of which is the subject's. The chain ends with the authority's own certificate.
	Issue(names []string, key crypto.PublicKey, lifetime time.Duration) (certificate, chain []byte, err error)
}

// Room is Certificate Manager of one region.
type Room struct {
	*room.Base
	cfg          Config
	certificates *store.Table[certificateRow] // by ARN
	keys         *store.Table[[]byte]         // that private keys are sealed with
	settings     *store.Table[settingsRow]    // one row, by account
}

// Load reads the tables.
func Load(base *room.Base, cfg Config) (*Room, error) {
	r := &Room{Base: base, cfg: cfg}
	var err error
	room.LoadTable(r.DB, "certificates", &r.certificates, &err)
	room.LoadTable(r.DB, "certificate-keys", &r.keys, &err)
	room.LoadTable(r.DB, "certificate-settings", &r.settings, &err)
	return r, err
}

// certificateRow is a certificate, or a request for one. Body, Chain and Key are empty until it is issued.
type certificateRow struct {
	ARN         string
	Type        acmtypes.CertificateType
	Status      acmtypes.CertificateStatus
	Names       []string // the first is the domain name
	Algorithm   acmtypes.KeyAlgorithm
	Body, Chain string // PEM
	Key         string // PEM, sealed
	Token       string // that makes the request idempotent
	Logging     acmtypes.CertificateTransparencyLoggingPreference
	Created     time.Time
	Imported    time.Time // or the zero value
	Issued      time.Time // or the zero value
	Validated   []string  // the names whose records were found
	Renewal     renewal
	Told        int // the days to its end that were told of last; zero for none
	Tags        map[string]string
}

// settingsRow is what the account has set.
type settingsRow struct{ DaysBeforeExpiry int32 }

func (row certificateRow) imported() bool { return row.Type == acmtypes.CertificateTypeImported }

// parsed is the certificate itself; nil before it is issued.
func (row certificateRow) parsed() *x509.Certificate {
	if row.Body == "" {
		return nil
	}
	all, err := parseAll([]byte(row.Body))
	if err != nil || len(all) == 0 {
		return nil // it was parsed before it was stored
	}
	return all[0]
}

// status is the status now: validity passes with the clock.
func (row certificateRow) status() acmtypes.CertificateStatus {
	if c := row.parsed(); c != nil && row.Status == acmtypes.CertificateStatusIssued && time.Now().After(c.NotAfter) {
		return acmtypes.CertificateStatusExpired
	}
	return row.Status
}

// vaultKey is the alias of the key that AWS seals private keys with ("Data protection in AWS Certificate Manager").
const vaultKey = "alias/aws/acm"

func (r *Room) vault() room.Vault { return room.Vault{Keys: r.keys, Alias: vaultKey} }

// News is what to watch for a change of what Secret returns.
func (r *Room) News() []store.Topic { return []store.Topic{r.certificates.Any()} }

// Secret is an issued certificate with its chain and its private key, in PEM.
type Secret struct {
	Body, Chain, Key string
	Issued           bool // and not expired
	Dotted           bool // it has a fully qualified name
}

// Secret returns a certificate for who serves with it.
func (r *Room) Secret(tx *store.Tx, arn string) (Secret, bool) {
	row, ok := r.certificates.GetTx(tx, arn)
	if !ok {
		return Secret{}, false
	}
	s := Secret{Body: row.Body, Chain: row.Chain, Issued: row.status() == acmtypes.CertificateStatusIssued, Dotted: slices.ContainsFunc(row.Names, dotted)}
	if row.Key != "" {
		var err error
		if s.Key, err = r.vault().Reveal(tx, arn, row.Key); err != nil {
			r.Log.Error("read a certificate's key", "certificate", arn, "err", err)
			return Secret{}, false
		}
	}
	return s, true
}

// TagMap returns a certificate's tags; they are not to be changed.
func (r *Room) TagMap(arn string) (map[string]string, bool) {
	row, ok := r.certificates.Get(arn)
	return row.Tags, ok
}

// change changes a certificate's row.
func (r *Room) change(arn *string, change func(*store.Tx, *certificateRow) error) error {
	return r.Update(func(tx *store.Tx) error {
		row, err := r.find(tx, arn)
		if err != nil {
			return err
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		return r.certificates.Put(tx, row.ARN, row)
	})
}

func (r *Room) find(tx *store.Tx, arn *string) (certificateRow, error) {
	row, ok := r.certificates.GetTx(tx, room.Deref(arn))
	if !ok {
		return row, wire.Errorf("ResourceNotFoundException", "Could not find certificate %s.", room.Deref(arn))
	}
	return row, nil
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// unsupported refuses what AWS has and this cloud has not.
func unsupported(format string, args ...any) error {
	return wire.Errorf("UnsupportedOperation", format+" is not supported by this cloud.", args...)
}

// page cuts a listing. Other sizes break the model's constraints.
func page(rows []certificateRow, key func(certificateRow) string, in *acm.ListCertificatesInput) ([]certificateRow, *string, error) {
	return room.Page(rows, key, in.MaxItems, in.NextToken, room.Paging{
		Usual: 100, Least: 1, Most: 1000,
		BadToken: func(string) error { return wire.Errorf("InvalidArgsException", "The specified token is not valid.") },
	})
}
