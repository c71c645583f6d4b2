// Package authority certifies the names at which a cloud answers to its own instances, as AWS's services have certificates of
// public authorities. It is the cloud's own: instances trust it, and nobody else has reason to.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/understudy/understudy/cloud/internal/durable"
)

// lifetime is that of the authority and all its certificates, from when a cloud's folder first has it.
const lifetime = 20 * 365 * 24 * time.Hour

// backdated is how much earlier a certificate begins to be valid than it is made, for clocks that were set.
const backdated = 24 * time.Hour

// Authority signs certificates for as long as the process runs, from a key that the cloud's folder keeps.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	leaf        *ecdsa.PrivateKey             // of all certificates, in this process only
	certified   func(name string) (as string) // which name to certify for one that is asked for; "" for none

	mu   sync.Mutex
	made map[string]*tls.Certificate // by the name they are for
}

// Open reads a folder's authority, or makes it. It may certify names in the domains only, and certifies those that certified
// allows: their number must be bounded, since each certificate is kept.
func Open(dir string, domains []string, certified func(name string) (as string)) (*Authority, error) {
	path := filepath.Join(dir, "authority.pem")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = create(domains); err == nil {
			err = durable.Write(path, text)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the cloud's certificate authority: %w", err)
	}
	a := &Authority{certified: certified, made: map[string]*tls.Certificate{}}
	if err := a.read(text); err != nil {
		return nil, fmt.Errorf("%s is no certificate authority (%w): remove it for a new one", path, err)
	}
	a.leaf, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return a, err
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
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true, PermittedDNSDomainsCritical: true, PermittedDNSDomains: domains,
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

func (a *Authority) read(text []byte) error {
	first, rest := pem.Decode(text)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		return errors.New("it has no key and certificate")
	}
	key, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	if err != nil {
		return err
	}
	var ok bool
	if a.key, ok = key.(*ecdsa.PrivateKey); !ok {
		return errors.New("its key is not of ECDSA")
	}
	if a.certificate, err = x509.ParseCertificate(second.Bytes); err != nil {
		return err
	}
	if !a.key.PublicKey.Equal(a.certificate.PublicKey) {
		return errors.New("its key is not its certificate's")
	}
	return nil
}

// PEM is the authority's own certificate, which whoever trusts it needs.
func (a *Authority) PEM() []byte { return encode(a.certificate.Raw) }

// TLS is what servers of the authority's names need.
func (a *Authority) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return a.certify(hello.ServerName) },
	}
}

// certify returns the certificate for a name.
func (a *Authority) certify(name string) (*tls.Certificate, error) {
	as := a.certified(name)
	if as == "" {
		return nil, fmt.Errorf("no service answers at %q", name)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if made := a.made[as]; made != nil {
		return made, nil
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: as}, DNSNames: []string{as},
		NotBefore: time.Now().Add(-backdated), NotAfter: a.certificate.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if len(as) > maxCommonName {
		template.Subject = pkix.Name{}
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &a.leaf.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	made := &tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: a.leaf}
	a.made[as] = made
	return made, nil
}

// maxCommonName is the most characters of a subject's common name (RFC 5280, appendix A.1).
const maxCommonName = 64
