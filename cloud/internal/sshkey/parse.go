package sshkey

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
)

// ErrFormat is a key that is in none of the forms that EC2 takes.
var ErrFormat = errors.New("key is not in valid OpenSSH public key format")

// ErrLength is an RSA key of a length that EC2 does not take.
var ErrLength = errors.New("the RSA key's length is not supported")

// lengths of RSA keys that can be imported (ImportKeyPair in the EC2 user guide), and 3072, which ssh-keygen makes by default.
var lengths = []int{1024, 2048, 3072, 4096}

// Parse reads a public key in one of the forms that EC2 imports: a line of OpenSSH's, RFC 4716, DER in base64, also as PEM.
func Parse(text []byte) (Public, error) {
	text = bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(text, []byte("---- BEGIN SSH2 PUBLIC KEY ----")):
		return parseRFC4716(string(text))
	case bytes.HasPrefix(text, []byte("ssh-")):
		return parseLine(string(text))
	case bytes.HasPrefix(text, []byte("-----BEGIN")):
		block, _ := pem.Decode(text)
		if block == nil {
			return Public{}, ErrFormat
		}
		return parseDER(block.Bytes)
	}
	der, err := decode(string(text))
	if err != nil {
		return Public{}, err
	}
	return parseDER(der)
}

// decode reads base64 that may be broken into lines.
func decode(text string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, ErrFormat
	}
	return b, nil
}

func parseLine(line string) (Public, error) {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return Public{}, ErrFormat
	}
	blob, err := decode(fields[1])
	if err != nil {
		return Public{}, err
	}
	return parseBlob(blob)
}

// parseRFC4716 reads the form of RFC 4716 section 3: headers, whose lines a backslash continues, and then base64.
func parseRFC4716(text string) (Public, error) {
	var body strings.Builder
	header := false
	for _, line := range strings.Split(text, "\n")[1:] {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "---- END") {
			blob, err := decode(body.String())
			if err != nil {
				return Public{}, err
			}
			return parseBlob(blob)
		}
		if header || strings.Contains(line, ":") {
			header = strings.HasSuffix(line, `\`)
			continue
		}
		body.WriteString(line)
	}
	return Public{}, ErrFormat
}

func parseBlob(blob []byte) (Public, error) {
	algorithm, rest, ok := cutBytes(blob)
	if !ok {
		return Public{}, ErrFormat
	}
	first, rest, ok := cutBytes(rest)
	if !ok {
		return Public{}, ErrFormat
	}
	switch string(algorithm) {
	case algorithmEd25519:
		if len(first) == ed25519.PublicKeySize && len(rest) == 0 {
			return Public{key: ed25519.PublicKey(first)}, nil
		}
	case algorithmRSA:
		modulus, rest, ok := cutBytes(rest)
		exponent := new(big.Int).SetBytes(first)
		if ok && len(rest) == 0 && exponent.IsInt64() && exponent.Int64() <= 1<<31-1 {
			return usable(&rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(exponent.Int64())})
		}
	}
	return Public{}, ErrFormat // DSA and ECDSA keys among them
}

func parseDER(der []byte) (Public, error) {
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		if key, ok := key.(*rsa.PublicKey); ok {
			return usable(key)
		}
		return Public{}, ErrFormat
	}
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		return Public{}, ErrFormat
	}
	return usable(key)
}

func usable(key *rsa.PublicKey) (Public, error) {
	if !slices.Contains(lengths, key.N.BitLen()) {
		return Public{}, ErrLength
	}
	return ofRSA(key)
}
