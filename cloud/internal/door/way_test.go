package door_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/understudy/understudy/cloud/internal/door"
)

// by has all requests come by a way.
func by(e *endpoint, w door.Way) {
	inner := e.Config.Handler
	e.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(rw, r.WithContext(door.WithWay(r.Context(), w)))
	})
}

// An interface endpoint leads to its service in its region, and the internet to all of them; neither shows what monitoring sees.
func TestWaysFromInside(t *testing.T) {
	e := open(t)
	by(e, door.Way{Endpoint: "vpce-1", VPC: "vpc-1", Service: "ec2", Region: "us-east-1"})
	if _, err := ec2.NewFromConfig(e.good("us-east-1")).DescribeVpcs(t.Context(), nil); err != nil {
		t.Error(err)
	}
	_, other := sts.NewFromConfig(e.good("us-east-1")).GetCallerIdentity(t.Context(), nil)
	refused(t, other, 403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'ec2'.")
	_, far := ec2.NewFromConfig(e.good("us-west-2")).DescribeVpcs(t.Context(), nil)
	refused(t, far, 401, "AuthFailure", "The endpoint vpce-1 is in us-east-1.")
	out := open(t)
	by(out, door.Way{})
	if _, err := sts.NewFromConfig(out.good("us-west-2")).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Error(err)
	}
	answer, err := http.Get(out.URL + door.MetricsPath)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusForbidden {
		t.Errorf("metrics: %d %s", answer.StatusCode, text)
	}
}
