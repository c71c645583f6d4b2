package wire_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Classic load balancers have an API of the same name and another version, whose operations bear the same names; a version that nobody
// knows is refused.
func TestAnotherVersionOfAnAPIIsRefusedByName(t *testing.T) {
	var in *elb.DescribeLoadBalancersInput
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	wire.Handle(mux, wire.ELBv2, "DescribeLoadBalancers", echo(&in, &elb.DescribeLoadBalancersOutput{}))
	for version, want := range map[string]string{
		"": "", "&Version=2015-12-01": "", "&Version=2012-06-01": "DescribeLoadBalancers", "&Version=2011-01-01": "2011-01-01",
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader("Action=DescribeLoadBalancers"+version))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if body := w.Body.String(); (w.Code == 200) != (want == "") || !strings.Contains(body, want) ||
			want != "" && !strings.Contains(body, "<Code>UnsupportedOperation</Code>") {
			t.Errorf("%q: %d %s", version, w.Code, body)
		}
	}
}
