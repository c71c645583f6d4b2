package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
)

// parseAll reads certificates in PEM, with nothing else between them.
func parseAll(text []byte) (all []*x509.Certificate, err error) {
	for len(strings.TrimSpace(string(text))) > 0 {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil || block.Type != "CERTIFICATE" {
			return nil, errors.New("it is not in PEM")
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// algorithmOf is a public key's algorithm and size in ACM's words; empty for one that cannot be imported
// ("Prerequisites for importing ACM certificates").
func algorithmOf(key crypto.PublicKey) acmtypes.KeyAlgorithm {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return map[int]acmtypes.KeyAlgorithm{
			1024: acmtypes.KeyAlgorithmRsa1024, 2048: acmtypes.KeyAlgorithmRsa2048, 3072: acmtypes.KeyAlgorithmRsa3072, 4096: acmtypes.KeyAlgorithmRsa4096,
		}[key.N.BitLen()]
	case *ecdsa.PublicKey:
		return map[string]acmtypes.KeyAlgorithm{
			"P-256": acmtypes.KeyAlgorithmEcPrime256v1, "P-384": acmtypes.KeyAlgorithmEcSecp384r1, "P-521": acmtypes.KeyAlgorithmEcSecp521r1,
		}[key.Curve.Params().Name]
	}
	return ""
}

// checkImport holds what is imported against ACM's prerequisites, and returns the certificate.
func checkImport(body, chain, key []byte) (*x509.Certificate, error) {
	leaves, err := parseAll(body)
	switch {
	case err != nil || len(leaves) == 0:
		return nil, invalid("The certificate body provided is not in a valid PEM format.")
	case len(leaves) > 1:
		return nil, invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field.")
	}
	leaf := leaves[0]
	if err := checkKey(leaf, body, key); err != nil {
		return nil, err
	}
	switch now := time.Now(); {
	case now.Before(leaf.NotBefore):
		return nil, invalid("The certificate is not yet valid.")
	case now.After(leaf.NotAfter):
		return nil, invalid("The certificate has expired.")
	}
	return leaf, checkChain(leaf, chain)
}

func checkKey(leaf *x509.Certificate, body, key []byte) error {
	block, _ := pem.Decode(key)
	switch {
	case block == nil:
		return invalid("The private key is not in a valid PEM format.")
	case block.Headers["DEK-Info"] != "" || block.Type == "ENCRYPTED PRIVATE KEY":
		return invalid("The private key must be unencrypted.")
	case algorithmOf(leaf.PublicKey) == "":
		return invalid("The private key is not supported.")
	}
	if _, err := tls.X509KeyPair(body, key); err != nil {
		return invalid("The private key does not match the certificate's public key.")
	}
	return nil
}

// checkChain demands that each certificate certifies the one before it, as far as the chain goes.
func checkChain(leaf *x509.Certificate, chain []byte) error {
	if len(chain) == 0 {
		if leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) != nil {
			return invalid("Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.")
		}
		return nil
	}
	all, err := parseAll(chain)
	if err != nil {
		return invalid("The certificate chain provided is not in a valid PEM format.")
	}
	for _, issuer := range all {
		if leaf.CheckSignatureFrom(issuer) != nil {
			return invalid("Could not validate the certificate with the certificate chain.")
		}
		leaf = issuer
	}
	return nil
}

// namesOf are a certificate's names, the one of its subject first.
func namesOf(c *x509.Certificate) []string {
	first := strings.ToLower(c.Subject.CommonName)
	if first == "" && len(c.DNSNames) > 0 {
		first = strings.ToLower(c.DNSNames[0])
	}
	return unique(append([]string{first}, c.DNSNames...))
}

// unique are names in lower case, each once, in their order.
func unique(all []string) (names []string) {
	seen := map[string]bool{"": true}
	for _, name := range all {
		if name = strings.ToLower(name); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

func dotted(name string) bool { return strings.Contains(strings.Trim(name, "."), ".") }
