package compute

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// defaultKey is the alias of the key that AWS manages for EBS, which an account has in each region without making it.
const defaultKey = "alias/aws/ebs"

// keyARN is that of the key that the alias means, as answers name it ("The ARN of the KMS key", EC2 API reference, Volume). It is the same
// for ever in a region of an account.
func (r *Room) keyARN() string { return r.keyNamed("key/" + r.keyID()) }

func (r *Room) keyNamed(name string) string {
	return "arn:aws:kms:" + r.Region + ":" + r.Account + ":" + name
}

func (r *Room) keyID() string {
	of := sha256.Sum256([]byte(r.keyNamed(defaultKey)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", of[:4], of[4:6], of[6:8], of[8:10], of[10:16])
}

// keyOf is what an answer names as the key of something, nil where it is not encrypted.
func (r *Room) keyOf(encrypted bool) *string {
	if !encrypted {
		return nil
	}
	return new(r.keyARN())
}

// checkKey checks the key that something is to be encrypted by, in any of the four forms that AWS takes: a key that is named requires
// encryption (EC2 API reference, EbsBlockDevice), and there is no other than the default one. AWS takes any name and lets the volume fail
// later; since there is no KMS here, in which it could exist, it is refused at once.
func (r *Room) checkKey(encrypted bool, key *string) error {
	switch {
	case key == nil:
		return nil
	case !encrypted:
		return wire.Errorf("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	case !slices.Contains([]string{defaultKey, r.keyNamed(defaultKey), r.keyID(), r.keyARN()}, *key):
		return wire.Errorf("UnsupportedOperation", "The key '%s' is not supported here, where there is no KMS: leave KmsKeyId out, or name %s.", *key, defaultKey)
	}
	return nil
}
