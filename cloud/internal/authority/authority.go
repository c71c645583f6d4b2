// Package authority certifies the names at which a cloud answers to its own instances, as AWS's services have certificates of
// public authorities. It is the cloud's own: instances trust it, and nobody else has reason to.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"sync"
)

// Authority signs certificates for as long as the process runs, from a key that the cloud's folder keeps.
type Authority struct {
	root
	leaf      *ecdsa.PrivateKey             // of all certificates, in this process only
	certified func(name string) (as string) // which name to certify for one that is asked for; "" for none

	mu   sync.Mutex
	made map[string]*tls.Certificate // by the name they are for
}

// Open reads a folder's authority, or makes it. It may certify names in the domains only, and certifies those that certified
// allows: their number must be bounded, since each certificate is kept.
func Open(dir string, domains []string, certified func(name string) (as string)) (*Authority, error) {
	a := &Authority{certified: certified, made: map[string]*tls.Certificate{}}
	var err error
	if a.root, err = openRoot(filepath.Join(dir, "authority.pem"), domains); err != nil {
		return nil, fmt.Errorf("open the cloud's certificate authority: %w", err)
	}
	a.leaf, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return a, err
}

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
	signed, err := a.sign([]string{as}, &a.leaf.PublicKey, a.certificate.NotAfter)
	if err != nil {
		return nil, err
	}
	made := &tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: a.leaf}
	a.made[as] = made
	return made, nil
}
