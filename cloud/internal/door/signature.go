package door

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	isoBasic  = "20060102T150405Z"
)

// signature is a request's signature and its parameters, from the Authorization header or, if presigned, from the
// query.
type signature struct {
	wire.Scope
	headers     []string // signed, lower case, as listed
	signature   string
	date        time.Time
	contentHash string // X-Amz-Content-Sha256
	token       string // X-Amz-Security-Token
	presigned   bool
	expires     time.Duration // of a presigned one
}

// parseSignature reads a request's signature and refuses one that lacks a part.
func parseSignature(r *http.Request) (*signature, *wire.Error) {
	query := r.URL.Query()
	s := &signature{}
	var date string
	var err *wire.Error
	switch {
	case r.Header.Get("Authorization") != "":
		date, err = s.fromHeader(r)
	case query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Signature"):
		date, err = s.fromQuery(query)
	default:
		return nil, &wire.Error{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden}
	}
	if err != nil {
		return nil, err
	}
	scope, ok := wire.ScopeOf(r)
	if !ok {
		return nil, incomplete("Credential must have exactly 5 slash-delimited elements, KEYID/YYYYMMDD/REGION/SERVICE/aws4_request.")
	}
	s.Scope = scope
	return s, s.check(date)
}

// fromHeader reads `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`.
func (s *signature) fromHeader(r *http.Request) (date string, _ *wire.Error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if name != algorithm {
		return "", incomplete(fmt.Sprintf("Authorization header must be signed by %s.", algorithm))
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[k] = v
	}
	for _, k := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[k] == "" {
			return "", incomplete(fmt.Sprintf("Authorization header requires '%s' parameter.", k))
		}
	}
	s.headers, s.signature = strings.Split(parts["SignedHeaders"], ";"), parts["Signature"]
	s.contentHash, s.token = r.Header.Get("X-Amz-Content-Sha256"), r.Header.Get("X-Amz-Security-Token")
	signedDate := "x-amz-date"
	date = r.Header.Get("X-Amz-Date")
	if date == "" {
		signedDate, date = "date", r.Header.Get("Date")
	}
	if date == "" {
		return "", incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if !slices.Contains(s.headers, signedDate) {
		return "", incomplete(fmt.Sprintf("'%s' must be a signed header.", signedDate))
	}
	return date, nil
}

// fromQuery reads the X-Amz- parameters of a presigned URL.
func (s *signature) fromQuery(q url.Values) (date string, _ *wire.Error) {
	if got := q.Get("X-Amz-Algorithm"); got != algorithm {
		return "", incomplete(fmt.Sprintf("X-Amz-Algorithm must be %s.", algorithm))
	}
	for _, k := range []string{"X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date"} {
		if q.Get(k) == "" {
			return "", incomplete(fmt.Sprintf("AWS query-string parameters must include '%s'.", k))
		}
	}
	s.presigned, s.expires = true, presignedDefault
	if text := q.Get("X-Amz-Expires"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > int(presignedLongest.Seconds()) {
			return "", incomplete(fmt.Sprintf("X-Amz-Expires must be a number of seconds from 1 to %d.", int(presignedLongest.Seconds())))
		}
		s.expires = time.Duration(seconds) * time.Second
	}
	s.headers, s.signature = strings.Split(q.Get("X-Amz-SignedHeaders"), ";"), q.Get("X-Amz-Signature")
	s.contentHash, s.token = q.Get("X-Amz-Content-Sha256"), q.Get("X-Amz-Security-Token")
	return q.Get("X-Amz-Date"), nil
}

// check reads the date, and checks that the parts agree.
func (s *signature) check(date string) *wire.Error {
	t, err := time.Parse(isoBasic, date)
	if err != nil {
		t, err = http.ParseTime(date)
	}
	if err != nil {
		return incomplete("Date must be in ISO-8601 'basic format', YYYYMMDD'T'HHMMSS'Z'.")
	}
	s.date = t.UTC()
	if !slices.Contains(s.headers, "host") {
		return incomplete("'host' must be a signed header.")
	}
	if day := s.date.Format("20060102"); day != s.Date {
		e := s.mismatch()
		if s.Service != wire.EC2.SigningName {
			e.Message = fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
				s.Date, day, s.date.Format(isoBasic))
		}
		return e
	}
	return nil
}

// incomplete is the error for a signature that lacks a part.
func incomplete(message string) *wire.Error {
	return &wire.Error{Code: "IncompleteSignature", Message: message}
}

// ec2AuthFailure is EC2's answer to a wrong key and also to a wrong signature.
func ec2AuthFailure() *wire.Error {
	return &wire.Error{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: http.StatusUnauthorized}
}

func (s *signature) unknownKey(message string) *wire.Error {
	if s.Service == wire.EC2.SigningName {
		return ec2AuthFailure()
	}
	switch s.Service {
	case wire.SSM.SigningName, wire.ServiceQuotas.SigningName, wire.ACM.SigningName, wire.ZonalShift.SigningName: // "Common Errors" in their API references
		return &wire.Error{Code: "UnrecognizedClientException", Message: message}
	}
	return &wire.Error{Code: "InvalidClientTokenId", Message: message, Status: http.StatusForbidden}
}

// expiredToken is the answer to a session whose time is over.
func (s *signature) expiredToken() *wire.Error {
	const message = "The security token included in the request is expired"
	switch s.Service {
	case wire.EC2.SigningName:
		return &wire.Error{Code: "RequestExpired", Message: "Request has expired."}
	case wire.SSM.SigningName, wire.ServiceQuotas.SigningName, wire.ACM.SigningName, wire.ZonalShift.SigningName:
		return &wire.Error{Code: "ExpiredTokenException", Message: message}
	}
	return &wire.Error{Code: "ExpiredToken", Message: message, Status: http.StatusForbidden}
}

func (s *signature) mismatch() *wire.Error {
	if s.Service == wire.EC2.SigningName {
		return ec2AuthFailure()
	}
	return &wire.Error{
		Code: "SignatureDoesNotMatch",
		Message: "The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
		Status: http.StatusForbidden,
	}
}

func (s *signature) expired(message string) *wire.Error {
	if s.Service == wire.EC2.SigningName {
		return &wire.Error{Code: "RequestExpired", Message: "Request has expired. " + message}
	}
	return &wire.Error{Code: "SignatureDoesNotMatch", Message: message, Status: http.StatusForbidden}
}
