package report

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// ErrNotSigned means that a signature is not the key's of these bytes.
var ErrNotSigned = errors.New("the signature is not of this file by this key")

// Sign returns the Ed25519 signature (RFC 8032) of a report's bytes by a private key in PEM, PKCS #8, as "openssl genpkey -algorithm
// ed25519" makes it. "openssl pkeyutl -verify -rawin" verifies it, too.
func Sign(report, key []byte) ([]byte, error) {
	k, err := parse(key, "PRIVATE KEY", x509.ParsePKCS8PrivateKey)
	if err != nil {
		return nil, err
	}
	private, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the private key is %T, and is to be of Ed25519", k)
	}
	return ed25519.Sign(private, report), nil
}

// Verify checks a signature by a public key in PEM, as "openssl pkey -pubout" writes it. It returns ErrNotSigned if it is another's.
func Verify(report, signature, key []byte) error {
	k, err := parse(key, "PUBLIC KEY", x509.ParsePKIXPublicKey)
	if err != nil {
		return err
	}
	public, ok := k.(ed25519.PublicKey)
	if !ok {
		return fmt.Errorf("the public key is %T, and is to be of Ed25519", k)
	}
	if !ed25519.Verify(public, report, signature) {
		return ErrNotSigned
	}
	return nil
}

func parse(text []byte, kind string, of func([]byte) (any, error)) (any, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("no %s in PEM", kind)
	}
	return of(block.Bytes)
}
