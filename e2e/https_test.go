package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/internal/judge"
)

const secure = "../examples/two-tier/understudy.yaml"

// Users of two tiers connect with HTTPS, and those of HTTP are sent on. Each setting changes in place, to HTTP and back too.
func TestHTTPSFromItsFirstPageToItsEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	declared, arns := s.certified(variant(t, secure, "hello -addr :8081", "hello -addr :8081 -zone api"))
	s.must("up", "-f", declared, "--yes")
	s.servesHTTPS("301")
	if said := s.must("doctor", "-f", declared); strings.Contains(said, "certificate") {
		t.Errorf("doctor finds something about the certificates:\n%s", said)
	}
	s.servesTheAPI()
	s.drillsSecurely(declared)

	other := variant(t, declared, "https:\n", "https:\n  policy: ELBSecurityPolicy-TLS13-1-3-2021-06\n  redirect: temporary\n")
	said := s.must("plan", "-f", other)
	for _, part := range []string{"change primary/listener", "change secondary/listener", "change primary/redirect", "change secondary/redirect"} {
		if !strings.Contains(said, part) {
			t.Errorf("another policy and another redirect are no %s:\n%s", part, said)
		}
	}
	kept := s.secureListener(secondary)
	for _, file := range []string{other, s.plainly(declared), declared} {
		s.must("up", "-f", file, "--yes")
		s.asDeclared(file)
		s.must("parity", "-f", file)
		s.readsBack(file)
		if file == other {
			s.servesHTTPS("302")
		}
	}
	s.servesHTTPS("301")
	if now := s.secureListener(secondary); now != kept {
		t.Errorf("the listener %s with the switch was made anew: %s", kept, now)
	}
	s.must("failover", "-f", declared)
	s.until("the page is the standby's", func() bool { return strings.Contains(s.securePage(), secondary) })
	s.must("down", "-f", declared, "--yes", "--zone")
	s.uncertified(arns)
	s.nothingIsLeft()
}

// servesTheAPI holds that the second tier is at a port of its own, and at its name.
func (s *stage) servesTheAPI() {
	s.t.Helper()
	for what, page := range map[string]result{"at its port": s.curl("https", 9443), "by its name": s.curl("https", 443, "-H", "Host: api.hello.test")} {
		if !strings.Contains(page.stdout, `"zone":"api"`) {
			s.t.Errorf("the API %s is:\n%s", what, page.stdout)
		}
	}
	if page := s.securePage(); strings.Contains(page, `"zone":"api"`) {
		s.t.Errorf("the pages are the API's:\n%s", page)
	}
}

// drillsSecurely holds that the ledger of what was measured has the cause of all that failed after the fault, and that outside of the outage, from the
// fault to the predicted end, nothing failed but for users' own time-outs: neither before it nor on the way back, which begins after that end.
func (s *stage) drillsSecurely(declared string) {
	s.t.Helper()
	var r demoReport
	out := s.must("drill", "-f", declared, "--fault", "region", "--json", "-", "--abort-after", lenience, "--patience", lenience, "--force", busy, "--hold", "20s",
		"--clients", "cache=50%,http2=15%,pool=15%,retry=10%,floor60=10%")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	r.outage.addsUp(s.t, "HTTPS")
	r.Back.addsUp(s.t, "HTTPS, on the way back")
	r.failsInItsWindow(s.t)
	if r.Failed == 0 || r.ServedBy[secondary] == 0 {
		s.t.Errorf("%d requests failed, and users were served by %v", r.Failed, r.ServedBy)
	}
}

// failsInItsWindow holds that outside of the predicted window no connection was refused or broken off, no handshake failed, and no answer was wrong. What
// this machine may have failed is logged, and not judged.
func (r *demoReport) failsInItsWindow(t *testing.T) {
	t.Helper()
	t.Logf("fault at %.0f ms, predicted end at %.0f, repair at %.0f, back after %.0f: %d requests failed, %d outside of the window",
		r.FaultMS, r.FaultMS+r.PredictedMS, r.RepairMS, r.FailbackMS, r.Failed, r.FailedOutside)
	total := 0
	for _, f := range r.Failures {
		total += f.Failed
		for _, one := range f.First {
			say := t.Errorf
			if f.How == drill.HowTimeout && !r.prompt(one) || r.late(one) {
				say = t.Logf
			}
			say("%s at %.0f to %.0f ms: a user of %s, by %q of %q, kept %v: %s", f.How, one.MS, one.EndedMS, one.Kind, one.Address, one.Region, one.Kept, one.Text)
		}
	}
	if total != r.Failed {
		t.Errorf("%d requests failed, of which %d are told: %+v", r.Failed, total, r.Failures)
	}
}

// prompt tells whether a request failed before the fault, where no answer took half of a user's time-out: this machine was quick enough, so that a
// time-out is the service's.
func (r *demoReport) prompt(one drill.Failure) bool {
	return one.EndedMS < r.FaultMS && r.AnswerMS.Max <= drill.Milliseconds(drill.UserTimeout)/2
}

// late tells whether a request failed while its user waited for an answer of the name servers that came later than predicted. How late it came is this
// machine's, as it is that a user who gets no turn within two seconds gives up what nobody has failed.
func (r *demoReport) late(one drill.Failure) bool {
	by := max(0, r.AnswerChangedMS-r.PredictedDetectMS)
	for _, k := range r.Kinds {
		if k.Kind == one.Kind && by > 0 && one.Region == primary {
			return one.MS >= r.FaultMS && one.MS <= r.FaultMS+k.PredictedMS+by
		}
	}
	return false
}

// certified imports a certificate into each region, and writes a declaration that names them.
func (s *stage) certified(of string) (file string, arns map[string]string) {
	s.t.Helper()
	folder := selfSigned(s.t, "www.hello.test")
	certificate, key := filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	s.env["UNDERSTUDY_CERTIFICATES"] = certificate // it is its own authority
	file, arns = of, map[string]string{}
	for i, region := range []string{primary, secondary} {
		arns[region] = s.aws(region, "acm", "import-certificate", "--certificate", "fileb://"+certificate, "--private-key", "fileb://"+key)
		file = variant(s.t, file, fmt.Sprintf(certificateOf, region, i+1), arns[region])
	}
	return file, arns
}

// uncertified deletes them.
func (s *stage) uncertified(arns map[string]string) {
	for region, arn := range arns {
		s.aws(region, "acm", "delete-certificate", "--certificate-arn", arn)
	}
}

// plainly is a declaration without HTTPS.
func (s *stage) plainly(of string) string {
	s.t.Helper()
	b, err := os.ReadFile(of)
	if err != nil {
		s.t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(b), "https:\n")
	path := filepath.Join(s.t.TempDir(), "understudy.yaml")
	if err := os.WriteFile(path, []byte(before), 0o644); err != nil || !ok {
		s.t.Fatal(ok, err)
	}
	return path
}

// servesHTTPS holds that the page is there by HTTPS, with a certificate that curl takes, and that HTTP redirects to it.
func (s *stage) servesHTTPS(code string) {
	s.t.Helper()
	s.until("the page is the primary's", func() bool { return strings.Contains(s.securePage(), primary) })
	head := s.curl("http", 80, "-i", "-o", "-").stdout
	if !regexp.MustCompile(`^HTTP/1.1 ` + code + ` (?s:.*)\r\n[Ll]ocation: https://www\.hello\.test(:443)?/`).MatchString(head) {
		s.t.Errorf("at port 80 is no redirect %s:\n%s", code, head)
	}
}

func (s *stage) securePage() string { return s.curl("https", 443).stdout }

// curl asks for the page at the first address of the failover name, by that name.
func (s *stage) curl(scheme string, port int, more ...string) result {
	s.t.Helper()
	address, _, _ := strings.Cut(s.dig("www.hello.test"), "\n")
	return s.run(judge.Need(s.t, "curl"), append([]string{"-s", "--max-time", "5", "--http1.1", "--cacert", s.env["UNDERSTUDY_CERTIFICATES"],
		"-H", "Accept: application/json", "--connect-to", fmt.Sprintf("::%s:%d", address, s.port(port)), scheme + "://www.hello.test/"}, more...)...)
}

// secureListener is the ARN of a region's listener at which users connect with HTTPS.
func (s *stage) secureListener(region string) string {
	s.t.Helper()
	balancer := s.aws(region, "elbv2", "describe-load-balancers", "--query", "LoadBalancers[0].LoadBalancerArn")
	return s.aws(region, "elbv2", "describe-listeners", "--load-balancer-arn", balancer, "--query", "Listeners[?Port==`443`].ListenerArn")
}
