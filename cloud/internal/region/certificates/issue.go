package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/store"
)

// The times of the ACM user guide, before Speed divides them, except for the lifetime, which clients hold against their clocks.
const (
	lookEvery     = 30 * time.Second // for validation records; AWS tells only that it may take up to 30 minutes
	validationEnd = 72 * time.Hour
	lifetime      = 198 * 24 * time.Hour
	renewBefore   = 45 * 24 * time.Hour
)

// maxCNAMEs is how many of them may lead from a name to ACM's ("DNS validation", ACM user guide).
const maxCNAMEs = 5

// Open begins to validate and issue what is requested.
func (r *Room) Open() { r.Spawn(r.keep) }

func (r *Room) keep() {
	tick := time.NewTicker(max(r.Speed.Of(lookEvery), 100*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
		for _, row := range r.certificates.All() {
			if err := errors.Join(r.advance(row), r.tellOfEnd(row)); err != nil {
				r.Log.Error("issue a certificate", "certificate", row.ARN, "err", err)
			}
		}
	}
}

// advance takes a certificate to what is due: its issue, the end of the time for its validation, or its renewal.
func (r *Room) advance(row certificateRow) error {
	switch {
	case r.cfg.Issuer == nil || row.imported():
		return nil
	case row.Status == acmtypes.CertificateStatusPendingValidation:
		validated := r.validated(row.Names)
		if len(validated) == len(row.Names) {
			return r.issue(row)
		}
		late := time.Since(row.Created) > r.Speed.Of(validationEnd)
		if !late && slices.Equal(validated, row.Validated) {
			return nil
		}
		return r.change(&row.ARN, func(_ *store.Tx, c *certificateRow) error {
			if c.Validated = validated; late {
				c.Status = acmtypes.CertificateStatusValidationTimedOut
			}
			return nil
		})
	case row.Status == acmtypes.CertificateStatusIssued:
		return r.renew(row)
	}
	return nil
}

// validated are those of the names whose records stand in the DNS.
func (r *Room) validated(names []string) (all []string) {
	for _, name := range names {
		record := r.record(name)
		if r.leads(*record.Name, *record.Value) {
			all = append(all, name)
		}
	}
	return all
}

// leads tells whether CNAMEs lead from a name to another.
func (r *Room) leads(name, to string) bool {
	for range maxCNAMEs {
		answer, err := r.cfg.Resolve(new(dns.Msg).SetQuestion(name, dns.TypeCNAME))
		if err != nil || answer.Rcode != dns.RcodeSuccess {
			return false
		}
		i := slices.IndexFunc(answer.Answer, func(rr dns.RR) bool {
			return rr.Header().Rrtype == dns.TypeCNAME && strings.EqualFold(rr.Header().Name, name)
		})
		if i < 0 {
			return false
		}
		if name = answer.Answer[i].(*dns.CNAME).Target; strings.EqualFold(name, to) {
			return true
		}
	}
	return false
}

// issue has the authority sign a new key for a certificate's names, which keeps its ARN.
func (r *Room) issue(row certificateRow) error {
	key, err := newKey(row.Algorithm)
	if err != nil {
		return err
	}
	body, chain, err := r.cfg.Issuer.Issue(row.Names, key.Public(), lifetime)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	did := ""
	err = r.Update(func(tx *store.Tx) error {
		c, ok := r.certificates.GetTx(tx, row.ARN)
		if !ok {
			return nil // deleted meanwhile
		}
		if did = "ISSUANCE"; c.Status == acmtypes.CertificateStatusIssued {
			c.Renewal, did = renewal{acmtypes.RenewalStatusSuccess, now(), c.Names}, "RENEWAL"
		} else {
			c.Issued = now()
		}
		c.Status, c.Validated, c.Body, c.Chain, c.Told = acmtypes.CertificateStatusIssued, c.Names, string(body), string(chain), 0
		return r.put(tx, c, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	})
	if err == nil && did != "" {
		r.event("ACM Certificate Available", row, "Action", did)
	}
	return err
}

func newKey(algorithm acmtypes.KeyAlgorithm) (crypto.Signer, error) {
	switch algorithm {
	case acmtypes.KeyAlgorithmEcPrime256v1:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case acmtypes.KeyAlgorithmEcSecp384r1:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}
