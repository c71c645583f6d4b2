package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"time"

	"github.com/understudy/understudy/cloud/internal/durable"
)

// lifetime is that of an authority, from when a cloud's folder first has it.
const lifetime = 20 * 365 * 24 * time.Hour

// backdated is how much earlier a certificate begins to be valid than it is made, for clocks that were set.
const backdated = 24 * time.Hour

// root is an authority's key and its own certificate.
type root struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// openRoot reads an authority, or makes it. It may certify names in the domains only, or any where there are none.
func openRoot(path string, domains []string) (root, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = create(domains); err == nil {
			err = durable.Write(path, text)
		}
	}
	if err != nil {
		return root{}, err
	}
	r, err := readRoot(text)
	if err != nil {
		return root{}, fmt.Errorf("%s is no certificate authority (%w): remove it for a new one", path, err)
	}
	return r, nil
}

// create makes an authority: its key and its certificate, in PEM.
func create(domains []string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: fmt.Sprintf("understudy local cloud %x", serial.Bytes()[:4])},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(lifetime), KeyUsage: x509.KeyUsageCertSign,
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true, PermittedDNSDomainsCritical: len(domains) > 0, PermittedDNSDomains: domains,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), encode(certificate)...), nil
}

func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return serial.SetBit(serial, 119, 1), nil // all of them are equally long
}

func encode(certificate []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
}

func readRoot(text []byte) (r root, err error) {
	first, rest := pem.Decode(text)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		return r, errors.New("it has no key and certificate")
	}
	key, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	if err != nil {
		return r, err
	}
	var ok bool
	if r.key, ok = key.(*ecdsa.PrivateKey); !ok {
		return r, errors.New("its key is not of ECDSA")
	}
	if r.certificate, err = x509.ParseCertificate(second.Bytes); err != nil {
		return r, err
	}
	if !r.key.PublicKey.Equal(r.certificate.PublicKey) {
		return r, errors.New("its key is not its certificate's")
	}
	return r, nil
}

// PEM is the authority's own certificate, which whoever trusts it needs.
func (r root) PEM() []byte { return encode(r.certificate.Raw) }

// maxCommonName is the most characters of a subject's common name (RFC 5280, appendix A.1).
const maxCommonName = 64

// sign certifies a server's key for names, the first of which is the subject's where it is short enough.
func (r root) sign(names []string, key crypto.PublicKey, until time.Time) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-backdated), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if len(names[0]) > maxCommonName {
		template.Subject = pkix.Name{}
	}
	if _, elliptic := key.(*ecdsa.PublicKey); !elliptic { // with RSA a client may send a secret that it has encrypted
		template.KeyUsage |= x509.KeyUsageKeyEncipherment
	}
	return x509.CreateCertificate(rand.Reader, template, r.certificate, key, r.key)
}
