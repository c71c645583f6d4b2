package cloud_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud"
)

// Monitoring reads the name servers' counts at the endpoint, without keys.
func TestNameServersAreCounted(t *testing.T) {
	t.Parallel()
	c := start(t, cloud.Options{})
	if _, err := dns.Exchange(new(dns.Msg).SetQuestion("nobody.test.", dns.TypeA), c.Resolver()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(c.Endpoint() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("%s %s, %v", resp.Status, resp.Header, err)
	}
	if !strings.Contains(string(b), `rcode="REFUSED"`) {
		t.Errorf("no refused question is counted in\n%s", b)
	}
}
