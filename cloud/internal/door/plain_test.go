package door_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Requests that no SDK makes.

func TestUnsignedRequests(t *testing.T) {
	e := open(t)
	const scope = "Credential=" + keyID + "/20260101/us-east-1/sts/aws4_request"
	for _, c := range []struct {
		name, authorization, path, body string
		status                          int
		want                            string
	}{
		{"nothing", "", "/", "", 403,
			"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>"},
		{"ec2 by its version", "", "/", "Action=DescribeVpcs&Version=2016-11-15", 403, "<Response><Errors><Error><Code>MissingAuthenticationToken</Code>"},
		{"route 53 by its path", "", "/2013-04-01/hostedzone", "", 403, "<ErrorResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"},
		{"another algorithm", "AWS " + keyID + ":sig", "/", "", 400, "<Code>IncompleteSignature</Code>"},
		{"no signature", "AWS4-HMAC-SHA256 " + scope + ", SignedHeaders=host;x-amz-date", "/", "", 400, "requires &#39;Signature&#39; parameter"},
		{"no date", "AWS4-HMAC-SHA256 " + scope + ", SignedHeaders=host, Signature=0", "/", "", 400, "requires existence of either"},
		{"short scope", "AWS4-HMAC-SHA256 Credential=" + keyID + "/20260101/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=0", "/", "", 400,
			"5 slash-delimited elements"},
		{"bad presigned lifetime", "",
			"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-SignedHeaders=host&X-Amz-Signature=0" +
				"&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604801", "", 400, "from 1 to 604800"},
		{"a large body", "", "/", strings.Repeat("a", wire.MaxBody+1), 413, "<Code>RequestEntityTooLarge</Code>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodPost, e.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.authorization != "" {
				req.Header.Set("Authorization", c.authorization)
			}
			if strings.Contains(c.name, "scope") {
				req.Header.Set("X-Amz-Date", "20260101T000000Z")
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.status || !strings.Contains(string(body), c.want) {
				t.Errorf("got %d %s, want %d with %s", resp.StatusCode, body, c.status, c.want)
			}
		})
	}
}
