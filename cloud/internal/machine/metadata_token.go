package machine

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

const (
	tokenHeader     = "X-Aws-Ec2-Metadata-Token"
	ttlHeader       = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	maxTokenSeconds = 21600 // six hours
)

// tokens issues and checks session tokens without storing them: a token is a nonce, its expiry, and a keyed
// hash over both and the instance, so that no other instance can use it.
type tokens struct {
	key [32]byte
}

const (
	nonceSize = 16
	endSize   = 8 // Unix nanoseconds
)

func newTokens() tokens {
	var t tokens
	rand.Read(t.key[:])
	return t
}

func (t *tokens) issue(instance string, ttl time.Duration) string {
	token := make([]byte, nonceSize+endSize)
	rand.Read(token[:nonceSize])
	binary.BigEndian.PutUint64(token[nonceSize:], uint64(time.Now().Add(ttl).UnixNano()))
	return base64.URLEncoding.EncodeToString(append(token, t.sum(instance, token)...))
}

// check returns how long a token is still valid for the instance.
func (t *tokens) check(instance, token string) (left time.Duration, ok bool) {
	raw, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(raw) != nonceSize+endSize+sha256.Size {
		return 0, false
	}
	body, sum := raw[:nonceSize+endSize], raw[nonceSize+endSize:]
	if !hmac.Equal(sum, t.sum(instance, body)) {
		return 0, false
	}
	left = time.Until(time.Unix(0, int64(binary.BigEndian.Uint64(body[nonceSize:]))))
	return left, left > 0
}

func (t *tokens) sum(instance string, body []byte) []byte {
	h := hmac.New(sha256.New, t.key[:])
	h.Write(body)
	h.Write([]byte(instance))
	return h.Sum(nil)
}
