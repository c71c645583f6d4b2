package room

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/understudy/understudy/cloud/internal/store"
)

// Vault seals secrets with a key that its table keeps, by an alias. The key is made for the first secret.
type Vault struct {
	Keys  *store.Table[[]byte]
	Alias string
}

// Seal encrypts a secret for what it belongs to, which is bound to it as in KMS's encryption context.
func (v Vault) Seal(tx *store.Tx, of, secret string) (string, error) {
	key, ok := v.Keys.GetTx(tx, v.Alias)
	if !ok {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails since Go 1.24
		if err := v.Keys.Put(tx, v.Alias, key); err != nil {
			return "", err
		}
	}
	gcm, err := cipherOf(key)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(gcm.Seal(nil, nil, []byte(secret), []byte(of))), nil
}

// Reveal decrypts a secret.
func (v Vault) Reveal(tx *store.Tx, of, sealed string) (string, error) {
	key, _ := v.Keys.GetTx(tx, v.Alias)
	gcm, err := cipherOf(key)
	if err != nil {
		return "", err
	}
	text, err := base64.StdEncoding.DecodeString(sealed)
	if err == nil {
		text, err = gcm.Open(nil, nil, text, []byte(of))
	}
	if err != nil {
		return "", fmt.Errorf("decrypt %s: %w", of, errors.New("it was not sealed with this key"))
	}
	return string(text), nil
}

func cipherOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
