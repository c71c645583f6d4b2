package door

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// FuzzAgainstTheSDK has the SDK sign any request and changes one byte of its body: the first must be
// taken and the second refused.
func FuzzAgainstTheSDK(f *testing.F) {
	f.Add("/2013-04-01/hostedzone/Z1", "name", "value", "text/plain", []byte("Action=X"))
	f.Add("/a b/ü/%2F//..", "q+&=", "a b~", "  two  words ", []byte{})
	f.Fuzz(func(t *testing.T, path, name, value, header string, body []byte) {
		if strings.ContainsFunc(header, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // not a header's value
		}
		u := &url.URL{Scheme: "http", Host: "127.1.0.1:4790", Path: "/" + path, RawQuery: url.Values{name: {value}, "Action": {"X"}}.Encode()}
		if strings.HasPrefix(u.Path, "//") {
			return // the SDK takes what follows for a host
		}
		out, err := http.NewRequest(http.MethodPost, u.String(), bytes.NewReader(body))
		if err != nil {
			return // not a URL
		}
		out.Header.Set("X-Test", header)
		sum := sha256.Sum256(body)
		now := time.Now()
		err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret}, out,
			hex.EncodeToString(sum[:]), "sts", "us-east-1", now)
		if err != nil {
			t.Fatal(err)
		}
		in := httptest.NewRequest(out.Method, out.URL.String(), bytes.NewReader(body))
		in.Header = out.Header
		v := &Verifier{AccessKey: suiteKey, Secret: suiteSecret}
		if err := v.Verify(in, body); err != nil {
			t.Errorf("%s refused: %v", out.URL, err)
		}
		if err := v.Verify(in, append(bytes.Clone(body), 0)); err == nil {
			t.Error("another body is taken")
		}
	})
}
