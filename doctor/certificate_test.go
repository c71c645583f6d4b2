package doctor

import (
	"testing"
	"time"

	"github.com/understudy/understudy"
)

func TestCertificates(t *testing.T) {
	secured := func(d *understudy.Declaration) {
		d.HTTPS.Certificates = map[understudy.Side]string{understudy.Primary: "arn:p", understudy.Secondary: "arn:s"}
	}
	with := func(standbys fact[certificate]) func(*facts) {
		return func(f *facts) {
			good := certificate{"ISSUED", []string{"*." + declared().Domain, declared().Host()}, 90 * 24 * time.Hour}
			primary(f, func(r *region) { r.secured.value = good })
			secondary(f, func(r *region) { r.secured = standbys })
		}
	}
	long := 90 * 24 * time.Hour
	for _, j := range []judged{
		{name: "gone", facts: with(fact[certificate]{err: coded("ResourceNotFoundException")}), severity: Blocker, says: "has no certificate arn:s"},
		{name: "unread", facts: with(fact[certificate]{err: coded("InternalFailure")}), severity: Unchecked, says: "acm:DescribeCertificate"},
		{name: "refused", facts: with(fact[certificate]{err: coded("AccessDenied")}), severity: Unchecked, says: "may not call acm:DescribeCertificate"},
		{name: "pending", facts: with(fact[certificate]{value: certificate{status: "PENDING_VALIDATION"}}), severity: Blocker, says: "is PENDING_VALIDATION"},
		{name: "another name", facts: with(fact[certificate]{value: certificate{"ISSUED", []string{"other.test"}, long}}),
			severity: Warning, says: "names other.test"},
		{name: "near its end", facts: with(fact[certificate]{value: certificate{"ISSUED", []string{declared().Host()}, 29 * 24 * time.Hour}}),
			severity: Warning, says: "ends in 29 days"},
	} {
		j.check, j.side, j.declared = CheckCertificate, understudy.Secondary, secured
		t.Run(j.name, j.run)
	}
}

func TestAStarStandsForOneLabel(t *testing.T) {
	for name, want := range map[string]bool{"*.hello.test": true, "WWW.hello.test": true, "hello.test": false, "*.test": false, "*.www.hello.test": false} {
		if names(name, "www.hello.test") != want {
			t.Errorf("%s names www.hello.test: %v", name, !want)
		}
	}
}
