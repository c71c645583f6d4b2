package parameters

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// defaultKey is the account's own key. There is no KMS here, so that there are no others.
const defaultKey = "alias/aws/ssm"

// checkKey refuses keys that do not exist, in KMS's words.
func (r *Room) checkKey(id string) error {
	arn := "arn:aws:kms:" + r.Region + ":" + r.Account + ":"
	id = strings.TrimPrefix(id, arn)
	switch name, alias := strings.CutPrefix(id, "alias/"); {
	case id == defaultKey:
		return nil
	case alias:
		return wire.Errorf("InvalidKeyId", "Alias %salias/%s is not found.", arn, name)
	default:
		return wire.Errorf("InvalidKeyId", "Key '%skey/%s' does not exist", arn, strings.TrimPrefix(id, "key/"))
	}
}

// seal encrypts a secret for its parameter, whose ARN is bound to it as in KMS's encryption context PARAMETER_ARN
// (https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html). The key is made for the first secret.
func (r *Room) seal(tx *store.Tx, arn, value string) (string, error) {
	secret, ok := r.keys.GetTx(tx, defaultKey)
	if !ok {
		secret = make([]byte, 32)
		_, _ = rand.Read(secret) // never fails since Go 1.24
		if err := r.keys.Put(tx, defaultKey, secret); err != nil {
			return "", err
		}
	}
	gcm, err := cipherOf(secret)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(gcm.Seal(nil, nil, []byte(value), []byte(arn))), nil
}

// reveal decrypts a secret.
func (r *Room) reveal(arn, sealed string) (string, error) {
	secret, _ := r.keys.Get(defaultKey)
	gcm, err := cipherOf(secret)
	if err != nil {
		return "", err
	}
	text, err := base64.StdEncoding.DecodeString(sealed)
	if err == nil {
		text, err = gcm.Open(nil, nil, text, []byte(arn))
	}
	if err != nil {
		return "", fmt.Errorf("decrypt %s: %w", arn, errors.New("it was not sealed with this key"))
	}
	return string(text), nil
}

func cipherOf(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// shown is a version's value as an answer has it: without decryption, a secret is what it is sealed as.
func (r *Room) shown(p parameterRow, v versionRow, decrypt *bool) (string, error) {
	if v.Type != ssmtypes.ParameterTypeSecureString || decrypt == nil || !*decrypt {
		return v.Value, nil
	}
	return r.reveal(r.arn(p), v.Value)
}
