package door

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// How far a request's date may be from the cloud's clock. The query APIs name their 5 minutes in the error's text;
// EC2's list of error codes has 15 minutes for RequestExpired.
const (
	skew    = 5 * time.Minute
	skewEC2 = 15 * time.Minute
)

// A presigned URL is valid for the seconds in X-Amz-Expires, a week at most; SDKs leave it out for their
// default of 15 minutes.
const (
	presignedDefault = 15 * time.Minute
	presignedLongest = 7 * 24 * time.Hour
)

// Verifier verifies SigV4 signatures of the account's own key, and of those that an Identity knows ("Signature Version 4
// signing process", IAM user guide).
type Verifier struct {
	Account           string
	AccessKey, Secret string
	Identity          Identity         // nil where there is the account's own key alone
	Now               func() time.Time // nil for time.Now
}

// Verify returns nil for a request that a key has signed and that is fresh, or the error that the
// service of its credential scope refuses it with. It reads nothing from the request's Body.
func (v *Verifier) Verify(r *http.Request, body []byte) *wire.Error {
	_, err := v.caller(r, body)
	return err
}

// caller verifies a request, and returns who has signed it.
func (v *Verifier) caller(r *http.Request, body []byte) (c Caller, _ *wire.Error) {
	s, err := parseSignature(r)
	if err != nil {
		return c, err
	}
	key, err := v.find(s)
	if err != nil {
		return c, err
	}
	if err := v.fresh(s); err != nil {
		return c, err
	}
	hash, err := s.bodyHash(body)
	if err != nil {
		return c, err
	}
	for _, path := range canonicalPaths(r) {
		want := sign(key.Secret, s, s.canonicalRequest(r, path, hash))
		if subtle.ConstantTimeCompare([]byte(want), []byte(s.signature)) == 1 {
			return key.Caller, nil
		}
	}
	return c, s.mismatch()
}

// find finds the key that a signature names.
func (v *Verifier) find(s *signature) (Key, *wire.Error) {
	const invalid = "The security token included in the request is invalid."
	if subtle.ConstantTimeCompare([]byte(s.AccessKey), []byte(v.AccessKey)) == 1 {
		if s.token != "" {
			return Key{}, s.unknownKey(invalid + " The account's own key has no session token: unset AWS_SESSION_TOKEN.")
		}
		return Key{Secret: v.Secret, Caller: rootCaller(v.Account, v.AccessKey)}, nil
	}
	if v.Identity == nil {
		return Key{}, s.unknownKey(invalid)
	}
	key, state := v.Identity.Find(s.AccessKey, s.token, v.now())
	switch state {
	case GoodKey:
		return key, nil
	case ExpiredKey:
		return Key{}, s.expiredToken()
	}
	return Key{}, s.unknownKey(invalid)
}

func (v *Verifier) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}

// fresh refuses a request that is too old or from the future.
func (v *Verifier) fresh(s *signature) *wire.Error {
	t, window := v.now().UTC(), skew
	if s.Service == wire.EC2.SigningName {
		window = skewEC2
	}
	oldest := window
	if s.presigned {
		oldest = s.expires
	}
	switch {
	case s.date.Before(t.Add(-oldest)):
		return s.expired(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %d min.)",
			s.date.Format(isoBasic), t.Add(-oldest).Format(isoBasic), t.Format(isoBasic), int(oldest.Minutes())))
	case s.date.After(t.Add(window)):
		return s.expired(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %d min.)",
			s.date.Format(isoBasic), t.Add(window).Format(isoBasic), t.Format(isoBasic), int(window.Minutes())))
	}
	return nil
}

// bodyHash returns the hash that the signature must cover: the body's. UNSIGNED-PAYLOAD is no exception, since S3
// alone takes it ("Create a canonical request", IAM user guide) and no local cloud has S3.
func (s *signature) bodyHash(body []byte) (string, *wire.Error) {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	switch s.contentHash {
	case "", hash:
		return hash, nil
	}
	return "", s.mismatch()
}

// sign derives the key of the scope and signs.
func sign(secret string, s *signature, canonicalRequest string) string {
	sum := sha256.Sum256([]byte(canonicalRequest))
	scope := s.Date + "/" + s.Region + "/" + s.Service + "/aws4_request"
	toSign := algorithm + "\n" + s.date.Format(isoBasic) + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.Date, s.Region, s.Service, "aws4_request"} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, toSign))
}

func mac(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}
