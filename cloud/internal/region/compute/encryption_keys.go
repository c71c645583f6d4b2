package compute

import (
	"strings"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// defaultKey is the alias of the key that AWS manages for EBS, which an account has in each region without making it.
const defaultKey = "alias/aws/ebs"

// checkKey checks the key that something is to be encrypted by: a key that is named requires encryption (EC2 API reference,
// EbsBlockDevice), and there is no other than the default one, since there is no KMS here.
func checkKey(encrypted bool, key *string) error {
	switch {
	case key == nil:
		return nil
	case !encrypted:
		return wire.Errorf("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	case *key != defaultKey && !strings.HasSuffix(*key, ":"+defaultKey):
		return wire.Errorf("UnsupportedOperation", "The key '%s' is not supported here, where there is no KMS: leave KmsKeyId out, or name %s.", *key, defaultKey)
	}
	return nil
}
