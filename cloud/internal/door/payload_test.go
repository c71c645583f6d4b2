package door

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A signature without the body would let anyone who sees it send another.
func TestUnsignedPayloadIsRefused(t *testing.T) {
	for service, code := range map[string]string{"ec2": "AuthFailure", "sts": "SignatureDoesNotMatch", "route53": "SignatureDoesNotMatch"} {
		body := []byte("Action=X")
		const hash = "UNSIGNED-PAYLOAD"
		r := httptest.NewRequest(http.MethodPost, "http://127.1.0.1:4790/", bytes.NewReader(body))
		r.Header.Set("X-Amz-Content-Sha256", hash)
		keys := aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret}
		if err := v4.NewSigner().SignHTTP(t.Context(), keys, r, hash, service, "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Header.Get("Authorization"), "x-amz-content-sha256") {
			t.Fatal("the SDK has not signed the header")
		}
		v := &Verifier{AccessKey: suiteKey, Secret: suiteSecret}
		if err := v.Verify(r, body); err == nil || err.Code != code {
			t.Errorf("%s: got %v, want %s", service, err, code)
		}
	}
}
