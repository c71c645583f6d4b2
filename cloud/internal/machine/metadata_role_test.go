package machine

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/profile"
)

// What SDKs read of a role's credentials ("Retrieve security credentials from instance metadata", EC2 user guide), and what there
// is where a role, a profile or IAM itself is in trouble.
func TestRoleInMetadata(t *testing.T) {
	at := time.Date(2026, 11, 27, 1, 2, 3, 0, time.UTC)
	good := profile.Credentials{Code: profile.Success, Role: "web-role", Key: "ASIA1", Secret: "s/+", Token: "t==", Issued: at, Expires: at.Add(6 * time.Hour)}
	const info, credentials = "/latest/meta-data/iam/info", "/latest/meta-data/iam/security-credentials/"
	doc := func(pairs ...string) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, c := range []struct {
		what, path string
		made       profile.Credentials
		err        error
		status     int
		plain      string
		want       map[string]any
	}{
		{"folder", "/latest/meta-data/iam/", good, nil, 200, "info\nsecurity-credentials/", nil},
		{"name", credentials, good, nil, 200, "web-role", nil},
		{"info", info, good, nil, 200, "",
			doc("Code", "Success", "LastUpdated", "2026-11-27T01:02:03Z", "InstanceProfileArn", "arn:p", "InstanceProfileId", "AIPA1")},
		{"keys", credentials + "web-role", good, nil, 200, "", doc(
			"Code", "Success", "LastUpdated", "2026-11-27T01:02:03Z", "Type", "AWS-HMAC", "AccessKeyId", "ASIA1", "SecretAccessKey", "s/+",
			"Token", "t==", "Expiration", "2026-11-27T07:02:03Z")},
		{"another role's", credentials + "other", good, nil, 404, "", nil},
		{"untrusted", credentials + "web-role", profile.Credentials{Code: profile.NotAuthorized, Role: "web-role", Issued: at}, nil, 200, "", doc(
			"Code", "AssumeRoleUnauthorizedAccess", "LastUpdated", "2026-11-27T01:02:03Z",
			"Message", "EC2 cannot assume the role web-role: its trust policy does not allow ec2.amazonaws.com to.")},
		{"no profile, its info", info, profile.Credentials{}, profile.ErrMissing, 200, "", doc("Code", "InstanceProfileNotFound",
			"Message", "Instance Profile with Id AIPA1 cannot be found, or has no role.", "InstanceProfileArn", "arn:p", "InstanceProfileId", "AIPA1")},
		{"no profile, its role", credentials, profile.Credentials{}, profile.ErrMissing, 404, "", nil},
		{"no IAM", credentials, profile.Credentials{}, errors.New("no answer"), 503, "", nil},
	} {
		handler := NewMetadata(func(netip.Addr) (Document, bool) {
			return Document{ProfileARN: "arn:p", ProfileID: "AIPA1", Credentials: func() (profile.Credentials, error) { return c.made, c.err }}, true
		})
		r, w := httptest.NewRequest("GET", c.path, nil), httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.status || c.plain != "" && w.Body.String() != c.plain {
			t.Errorf("%s: %d %s", c.what, w.Code, w.Body)
		}
		if c.want == nil {
			continue
		}
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Errorf("%s: %v: %s", c.what, err, w.Body)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.what, diff)
		}
	}
}
