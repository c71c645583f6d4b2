package door

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Verifier checks signatures of one pair of keys, by AWS Signature Version 4
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request).
type Verifier struct {
	AccessKey, Secret string
	Now               func() time.Time
}

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	// skew is how far a client's clock may be off.
	skew = 5 * time.Minute
	// longest is how long a presigned request may be good for.
	longest = 7 * 24 * time.Hour
)

// signature is what a request says of its own signing.
type signature struct {
	scope     wire.Scope
	headers   []string // signed, lower case, sorted
	value     string   // hexadecimal
	time      time.Time
	presigned bool
	expires   time.Duration
}

// Verify returns nil where the signature is good, and else what AWS answers. Body is the request's, whole.
func (v Verifier) Verify(r *http.Request, body []byte) *wire.Error {
	s, e := parse(r)
	if e != nil {
		return e
	}
	if subtle.ConstantTimeCompare([]byte(s.scope.AccessKey), []byte(v.AccessKey)) != 1 {
		return denied("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if r.Header.Get("X-Amz-Security-Token") != "" || r.URL.Query().Get("X-Amz-Security-Token") != "" {
		return denied("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if e := v.timely(s); e != nil {
		return e
	}
	hash, e := payloadHash(r, body)
	if e != nil {
		return e
	}
	if !slices.Contains(s.headers, "host") {
		return denied("SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	want := v.sign(s, canonicalRequest(r, s, hash))
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.value)) != 1 {
		return denied("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

func denied(code, message string) *wire.Error {
	return &wire.Error{Code: code, Message: message, Status: http.StatusForbidden}
}

// spelled gives EC2 its own code: it says AuthFailure where the others tell key and signature apart.
func spelled(s *wire.Service, e *wire.Error) *wire.Error {
	if s != wire.EC2 || e.Code != "InvalidClientTokenId" && e.Code != "SignatureDoesNotMatch" {
		return e
	}
	return &wire.Error{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: http.StatusUnauthorized}
}

func parse(r *http.Request) (signature, *wire.Error) {
	header := r.Header.Get("Authorization")
	if header == "" && r.URL.Query().Has("X-Amz-Signature") {
		return parsePresigned(r)
	}
	if header == "" {
		return signature{}, denied("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return signature{}, denied("IncompleteSignature", "Unsupported signing algorithm: want "+algorithm)
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		k, val, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[k] = val
	}
	when := r.Header.Get("X-Amz-Date")
	if when == "" {
		when = r.Header.Get("Date")
	}
	return assemble(r, fields["SignedHeaders"], fields["Signature"], when)
}

func parsePresigned(r *http.Request) (signature, *wire.Error) {
	q := r.URL.Query()
	if q.Get("X-Amz-Algorithm") != algorithm {
		return signature{}, denied("IncompleteSignature", "Unsupported signing algorithm: want "+algorithm)
	}
	seconds, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || seconds < 0 || time.Duration(seconds)*time.Second > longest {
		return signature{}, denied("IncompleteSignature", "X-Amz-Expires must be between 0 and 604800 seconds")
	}
	s, e := assemble(r, q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Signature"), q.Get("X-Amz-Date"))
	s.presigned, s.expires = true, time.Duration(seconds)*time.Second
	return s, e
}

func assemble(r *http.Request, headers, value, when string) (signature, *wire.Error) {
	scope, ok := wire.ScopeOf(r)
	if !ok || headers == "" || value == "" {
		return signature{}, denied("IncompleteSignature", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")
	}
	at, err := time.Parse(timeFormat, when)
	if err != nil {
		return signature{}, denied("IncompleteSignature", "Date must be in ISO-8601 'basic format'. Got '"+when+"'.")
	}
	if at.Format("20060102") != scope.Date {
		return signature{}, denied("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
	}
	return signature{scope: scope, headers: strings.Split(headers, ";"), value: value, time: at}, nil
}

func (v Verifier) timely(s signature) *wire.Error {
	now := v.Now()
	oldest, newest := now.Add(-skew), now.Add(skew)
	if s.presigned {
		oldest = now.Add(-s.expires)
	}
	if s.time.Before(oldest) {
		return denied("SignatureDoesNotMatch", "Signature expired: "+s.time.Format(timeFormat)+" is now earlier than "+oldest.UTC().Format(timeFormat))
	}
	if s.time.After(newest) {
		return denied("SignatureDoesNotMatch", "Signature not yet current: "+s.time.Format(timeFormat)+" is still later than "+newest.UTC().Format(timeFormat))
	}
	return nil
}

const unsigned = "UNSIGNED-PAYLOAD"

// payloadHash is the body's hash as it was signed. A client that names the hash in a header must be
// right about it.
func payloadHash(r *http.Request, body []byte) (string, *wire.Error) {
	sum := sha256.Sum256(body)
	actual := hex.EncodeToString(sum[:])
	claimed := r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case claimed == unsigned:
		return unsigned, nil
	case claimed != "" && claimed != actual:
		return "", denied("SignatureDoesNotMatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return actual, nil
}

func canonicalRequest(r *http.Request, s signature, hash string) string {
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	var b strings.Builder
	for _, part := range []string{r.Method, canonicalPath(path), canonicalQuery(r.URL.Query(), s.presigned)} {
		b.WriteString(part + "\n")
	}
	for _, name := range s.headers {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + hash)
	return b.String()
}

// canonicalPath encodes each segment once more, as every service but S3 has it; what the client sent is
// encoded already.
func canonicalPath(escaped string) string {
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		segments[i] = encode(s)
	}
	return strings.Join(segments, "/")
}

func canonicalQuery(q url.Values, presigned bool) string {
	var pairs []string
	for k, values := range q {
		if presigned && k == "X-Amz-Signature" {
			continue
		}
		for _, v := range values {
			pairs = append(pairs, encode(k)+"="+encode(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// encode is RFC 3986's percent-encoding of all but unreserved characters.
func encode(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}

// headerValue joins a header's values, trimmed and with inner runs of spaces made one.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length": // net/http keeps it apart
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

func (v Verifier) sign(s signature, canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	scope := strings.Join([]string{s.scope.Date, s.scope.Region, s.scope.Service, "aws4_request"}, "/")
	text := strings.Join([]string{algorithm, s.time.Format(timeFormat), scope, hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + v.Secret)
	for _, part := range []string{s.scope.Date, s.scope.Region, s.scope.Service, "aws4_request"} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
