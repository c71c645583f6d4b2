package region

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/cloud/internal/wire"
)

var anyone = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")

// serveHTTP answers over HTTP for the region that is open at the time: clients outlive its reopening.
func serveHTTP(t *testing.T, current func() *Region) *string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mux := wire.NewMux(slog.New(slog.DiscardHandler))
		current().Operations(mux)
		mux.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return &server.URL
}

// reopen closes the region and opens it on what it has stored.
func (s *site) reopen() {
	s.t.Helper()
	if err := s.r.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.r = openWired(s.t, s.dir, s.w)
}

// scalingOf is the SDK's client of the Auto Scaling of the region that is open at the time.
func scalingOf(t *testing.T, current func() *Region) *autoscaling.Client {
	return autoscaling.New(autoscaling.Options{Region: "us-east-1", BaseEndpoint: serveHTTP(t, current), Credentials: anyone})
}

func (s *stage) client() *autoscaling.Client { return scalingOf(s.t, func() *Region { return s.r }) }

// reopen closes the region and opens it on what it has stored.
func (s *stage) reopen() {
	s.t.Helper()
	if err := s.r.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}
