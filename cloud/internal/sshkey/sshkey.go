// Package sshkey is SSH keys as EC2's key pairs have them, as pure functions: keys are made, public keys read in the
// forms that people import, and fingerprints told by EC2's rules.
//
// See the EC2 user guide, "Create a key pair for your Amazon EC2 instance" and "View the fingerprint of your key pair".
package sshkey

import (
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
)

// The names of the two kinds of keys in OpenSSH's formats.
const (
	algorithmRSA     = "ssh-rsa"
	algorithmEd25519 = "ssh-ed25519"
)

// rsaBits is the length of the RSA keys that EC2 makes.
const rsaBits = 2048

// Public is a public key.
type Public struct {
	key any    // *rsa.PublicKey or ed25519.PublicKey
	der []byte // the key as a SubjectPublicKeyInfo, of an RSA key only
}

// Made is a key pair that has just been made.
type Made struct {
	Public
	Private     string // PEM: PKCS #1 of an RSA key, OpenSSH's format of an Ed25519 key
	Fingerprint string // which only the private key of an RSA pair gives
}

// NewRSA makes an RSA key pair.
func NewRSA() (Made, error) {
	private, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return Made{}, err
	}
	public, err := ofRSA(&private.PublicKey)
	if err != nil {
		return Made{}, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Made{}, err
	}
	sum := sha1.Sum(pkcs8)
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
	return Made{Public: public, Private: string(text), Fingerprint: colons(sum[:])}, nil
}

// NewEd25519 makes an Ed25519 key pair.
func NewEd25519() (Made, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Made{}, err
	}
	made := Made{Public: Public{key: public}}
	made.Private = string(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: openSSH(public, private)}))
	made.Fingerprint = made.Public.Fingerprint()
	return made, nil
}

func ofRSA(key *rsa.PublicKey) (Public, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	return Public{key: key, der: der}, err
}

// IsRSA tells an RSA key from an Ed25519 key.
func (p Public) IsRSA() bool { return p.der != nil }

// Line is the key as it stands in a file authorized_keys (sshd(8)), without a comment.
func (p Public) Line() string {
	algorithm, blob := p.blob()
	return algorithm + " " + base64.StdEncoding.EncodeToString(blob)
}

// blob is the key in SSH's own encoding (RFC 4253 section 6.6, RFC 8709 section 4).
func (p Public) blob() (algorithm string, blob []byte) {
	var w writer
	switch key := p.key.(type) {
	case *rsa.PublicKey:
		algorithm = algorithmRSA
		w.text(algorithm)
		w.number(big.NewInt(int64(key.E)))
		w.number(key.N)
	case ed25519.PublicKey:
		algorithm = algorithmEd25519
		w.text(algorithm)
		w.bytes(key)
	}
	return algorithm, w
}

// Fingerprint is what EC2 tells of an imported key: MD5 of an RSA key's DER, SHA-256 of an Ed25519 key as OpenSSH writes it, with
// base64's padding. It is also that of an Ed25519 pair which EC2 made.
func (p Public) Fingerprint() string {
	if p.IsRSA() {
		sum := md5.Sum(p.der)
		return colons(sum[:])
	}
	_, blob := p.blob()
	sum := sha256.Sum256(blob)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func colons(sum []byte) string {
	var parts []string
	for _, b := range sum {
		parts = append(parts, hex.EncodeToString([]byte{b}))
	}
	return strings.Join(parts, ":")
}
