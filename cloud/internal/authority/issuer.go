package authority

import (
	"crypto"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// RootFile is the file in a cloud's folder with the certificate of the authority whose certificates Certificate Manager issues: what
// clients of load balancers trust, as they trust Amazon's on AWS.
const RootFile = "certificates.crt"

// Issuer is the authority whose certificates Certificate Manager issues, for any names. All regions of a cloud have the same.
type Issuer struct{ root }

// OpenIssuer reads a folder's issuer, or makes it, with its certificate beside it in RootFile. Whoever opens it first must be alone.
func OpenIssuer(dir string) (*Issuer, error) {
	r, err := openRoot(filepath.Join(dir, "certificates.pem"), nil)
	if err != nil {
		return nil, fmt.Errorf("open the authority of Certificate Manager: %w", err)
	}
	path := filepath.Join(dir, RootFile)
	if have, err := os.ReadFile(path); err != nil || string(have) != string(r.PEM()) {
		if err := os.WriteFile(path, r.PEM(), 0o644); err != nil {
			return nil, fmt.Errorf("write the root of Certificate Manager: %w", err)
		}
	}
	return &Issuer{r}, nil
}

// Issue certifies a server's key for names, in PEM; the chain is the issuer's own certificate.
func (i *Issuer) Issue(names []string, key crypto.PublicKey, lifetime time.Duration) (certificate, chain []byte, err error) {
	signed, err := i.sign(names, key, time.Now().Add(lifetime))
	if err != nil {
		return nil, nil, err
	}
	return encode(signed), i.PEM(), nil
}
