package hello

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/internal/patience"
)

var here = Place{Region: "us-east-1", Zone: "us-east-1a", Instance: "i-1", Address: "10.0.1.23"}

func get(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPageAndJSONSayWhoServed(t *testing.T) {
	s := newServer("")
	s.settle(here)
	h := s.routes()
	w := get(t, h, "GET", "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<h1>us-east-1</h1>") || w.Header().Get("X-Served-By-Zone") != "us-east-1a" {
		t.Errorf("page: %d %v\n%s", w.Code, w.Header(), w.Body)
	}
	for _, w := range []*httptest.ResponseRecorder{get(t, h, "GET", "/?format=json"), get(t, h, "GET", "/", "Accept", "application/json")} {
		var v view
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || v.Place != here || v.Requests < 2 || !v.Healthy {
			t.Errorf("json: %s, %v", w.Body, err)
		}
	}
	if w := get(t, h, "GET", "/else"); w.Code != 404 || w.Header().Get("X-Served-By-Instance") != "i-1" {
		t.Errorf("an unknown page: %d %v", w.Code, w.Header())
	}
}

func TestHealthCanBeToldToFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "fail")
		s := newServer(file)
		h := s.routes()
		expect := func(when string, want int) {
			t.Helper()
			if w := get(t, h, "GET", "/healthz"); w.Code != want {
				t.Errorf("%s: got %d %s", when, w.Code, w.Body)
			}
		}
		expect("before it knows where it is", 503)
		s.settle(here)
		expect("settled", 200)
		get(t, h, "POST", "/healthz/fail?for=30s")
		<-time.After(29 * time.Second)
		expect("within the 30 s", 503)
		<-time.After(2 * time.Second)
		expect("after the 30 s", 200)
		get(t, h, "POST", "/healthz/fail")
		<-time.After(time.Hour)
		expect("failing for good", 503)
		get(t, h, "POST", "/healthz/pass")
		expect("told to pass", 200)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		expect("while the file is there", 503)
		if w := get(t, h, "POST", "/healthz/fail?for=soon"); w.Code != 400 {
			t.Errorf("a wrong duration: %d", w.Code)
		}
		if w := get(t, h, "GET", "/healthz/fail"); w.Code != 405 {
			t.Errorf("a link must not make it fail: %d", w.Code)
		}
	})
}

// TestServeLearnsAndDrains runs the whole service against a metadata service that demands tokens.
func TestServeLearnsAndDrains(t *testing.T) {
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "PUT" && r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") != "":
			io.WriteString(w, "token")
		case r.Header.Get("X-aws-ec2-metadata-token") != "token":
			w.WriteHeader(401)
		default:
			io.WriteString(w, map[string]string{
				"/latest/meta-data/placement/region": "us-west-2", "/latest/meta-data/placement/availability-zone": "us-west-2b",
				"/latest/meta-data/instance-id": "i-2", "/latest/meta-data/local-ipv4": "10.1.0.4"}[r.URL.Path])
		}
	}))
	defer metadata.Close()
	o, err := parse([]string{"-metadata", metadata.URL, "-fail-file", ""}, func(string) string { return "" }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, o, slog.New(slog.DiscardHandler)) }()
	url := "http://" + listener.Addr().String()
	for deadline := patience.Deadline(); ; {
		response, err := http.Get(url + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode == 200 {
			if got := response.Header.Get("X-Served-By-Region"); got != "us-west-2" {
				t.Errorf("served by %q", got)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("never healthy")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("shut down: %v", err)
	}
}

func TestGivesUpOnMetadata(t *testing.T) {
	refused := httptest.NewServer(nil)
	refused.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	place, err := learn(ctx, refused.URL, Place{Zone: "given"})
	if err == nil {
		t.Errorf("learnt %v from nobody", place)
	}
	place = place.orElse(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	if place.Region != "unknown" || place.Zone != "given" || place.Address != "127.0.0.1" {
		t.Errorf("got %+v", place)
	}
}

func TestRegionsDifferInColour(t *testing.T) {
	a, b := hue("us-east-1"), hue("us-west-2")
	if d := (a - b + 360) % 360; d < 40 || d > 320 {
		t.Errorf("us-east-1 is %d, us-west-2 %d: too near", a, b)
	}
}

func TestServiceOfTLSSpeaksBothVersionsOfHTTP(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := secured(plain)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, options{place: here}, slog.New(slog.DiscardHandler)) }()
	w, err := (&http.Client{Timeout: patience.Limit}).Get("http://" + plain.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if w.StatusCode != http.StatusOK {
		t.Errorf("without TLS: %s", w.Status)
	}
	for _, two := range []bool{false, true} {
		c := &http.Client{Timeout: patience.Limit, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: two, DisableKeepAlives: true}}
		answer, err := c.Get("https://" + plain.Addr().String() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || (answer.ProtoMajor == 2) != two {
			t.Errorf("with HTTP/2 %v: %s %s", two, answer.Proto, answer.Status)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
