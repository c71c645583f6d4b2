package webhook_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/webhook"
)

// TestPostsToLoopback posts through the socket of a front door.
func TestPostsToLoopback(t *testing.T) {
	var got string
	status := http.StatusAccepted
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("X-Amz-Sns-Message-Type") + " " + string(b)
		w.Header().Set("Location", "http://192.0.2.1/")
		w.WriteHeader(status)
	}))
	defer hook.Close()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	door := &http.Server{Handler: webhook.Handler()}
	defer door.Close()
	go door.Serve(l)
	client := webhook.Client{Socket: l.Addr().String()}
	m := webhook.Message{URL: hook.URL + "/in", Header: map[string]string{"x-amz-sns-message-type": "Notification"}, Body: "hello"}
	for _, status = range []int{http.StatusAccepted, http.StatusFound, http.StatusInternalServerError} { // a redirection is not followed
		if s, err := client.Post(t.Context(), m); s != status || err != nil || got != "POST /in Notification hello" {
			t.Errorf("%d: %d, %v, %q", status, s, err, got)
		}
	}
	m.URL = strings.Replace(m.URL, "127.0.0.1", "localhost", 1)
	if _, err := client.Post(t.Context(), m); err != nil {
		t.Error(err)
	}
	m.URL = "http://192.0.2.1/"
	if _, err := client.Post(t.Context(), m); err == nil || !strings.Contains(err.Error(), "loopback addresses only") {
		t.Errorf("beyond loopback: %v", err)
	}
}

func TestEndpointsThatAreRefused(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://127.0.0.1:80/hook": "", "http://127.1.2.3": "", "http://[::1]:8000/": "", "http://localhost:8000/a?b=c": "", "http://[::ffff:127.0.0.1]/": "",
		"https://127.0.0.1/": "by http and not by https", "http://10.0.0.1/": "10.0.0.1 is none", "http://example.com/": "example.com is none",
		"http://localhost.example.com/": "is none", "http://0.0.0.0/": "0.0.0.0 is none", "http://[::ffff:10.0.0.1]/": "is none", "http://127.1/": "is none",
		"http:///": "no URL", "": "no URL", "127.0.0.1:80": "no URL", "http:127.0.0.1": "no URL", "http://2130706433/": "is none",
	} {
		err := webhook.Check(endpoint)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", endpoint, err, want)
		}
	}
}
