package dnssec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func generate(t testing.TB, flags uint16) *Key {
	t.Helper()
	k, err := Generate(flags)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func address(name string, n int) []dns.RR {
	rr, err := dns.NewRR(fmt.Sprintf("%s 60 IN A 198.51.100.%d", name, n))
	if err != nil {
		panic(err)
	}
	return []dns.RR{rr}
}

// TestDigest computes the example of RFC 6605, section 6.1, from its private key.
func TestDigest(t *testing.T) {
	private := "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ="
	k, err := Parse(KSK, decode(t, private))
	if err != nil {
		t.Fatal(err)
	}
	if want := "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=="; k.PublicKey() != want {
		t.Errorf("public key %s, want %s", k.PublicKey(), want)
	}
	ds := k.DS("example.net.", 3600)
	if ds.KeyTag != 55648 || ds.Digest != "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17" {
		t.Errorf("DS %v", ds)
	}
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	k := dns.DNSKEY{PublicKey: text}
	b := make([]byte, 512)
	n, err := dns.PackRR(&k, b, 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return b[n-32 : n]
}

// TestSignaturesOutliveRecords looks at every hour of days on end: a signature is valid then, for longer than any
// record may be cached, and is the same all day.
func TestSignaturesOutliveRecords(t *testing.T) {
	zsk, s := generate(t, ZSK), NewSigner()
	set := address("www.example.com.", 1)
	begin := time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC)
	var before *dns.RRSIG
	for h := range 24 * 4 {
		now := begin.Add(time.Duration(h) * time.Hour)
		for _, at := range []time.Time{now, Fresh(now).Add(-time.Second)} {
			sig, err := s.Sign("example.com.", zsk, set, at)
			if err != nil {
				t.Fatal(err)
			}
			if err := sig.Verify(zsk.Record("example.com.", 0), set); err != nil {
				t.Error(err)
			}
			for _, when := range []time.Time{at.Add(-skew), at, at.Add(MaxTTL * time.Second)} {
				if !sig.ValidityPeriod(when) {
					t.Errorf("made at %v, not valid at %v", at, when)
				}
			}
			if now.Hour() != 0 && sig != before {
				t.Errorf("signed again at %v", at)
			}
			before = sig
		}
	}
}

// TestSignaturesDependOnAll changes each thing that a signature is of.
func TestSignaturesDependOnAll(t *testing.T) {
	zsk, other, s := generate(t, ZSK), generate(t, ZSK), NewSigner()
	now := time.Date(2026, 2, 27, 12, 0, 0, 0, time.UTC)
	seen := map[string]string{}
	sign := func(what, zone string, k *Key, set []dns.RR, now time.Time) {
		sig, err := s.Sign(zone, k, set, now)
		if err != nil {
			t.Fatal(err)
		}
		if before := seen[sig.Signature]; before != "" {
			t.Errorf("%s has the signature of %s", what, before)
		}
		seen[sig.Signature] = what
	}
	sign("the first", "example.com.", zsk, address("www.example.com.", 1), now)
	sign("another zone", "com.", zsk, address("www.example.com.", 1), now)
	sign("another key", "example.com.", other, address("www.example.com.", 1), now)
	sign("another address", "example.com.", zsk, address("www.example.com.", 2), now)
	sign("another name", "example.com.", zsk, address("w.example.com.", 1), now)
	sign("another day", "example.com.", zsk, address("www.example.com.", 1), now.Add(day))
	sign("two addresses", "example.com.", zsk, append(address("www.example.com.", 1), address("www.example.com.", 2)...), now)
}

// TestKeptSignaturesAreBounded signs more than is kept.
func TestKeptSignaturesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("signs thousands of times")
	}
	zsk, s := generate(t, ZSK), NewSigner()
	now := time.Date(2026, 2, 27, 12, 0, 0, 0, time.UTC)
	for i := range 2*keptSignatures + 10 {
		if _, err := s.Sign("example.com.", zsk, address(fmt.Sprintf("n%d.example.com.", i), 1), now); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.kept) + len(s.before); n > 2*keptSignatures {
		t.Errorf("%d signatures are kept", n)
	}
}

func TestKeysSurvive(t *testing.T) {
	k := generate(t, KSK)
	b, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(KSK, b)
	if err != nil || again.Tag() != k.Tag() || again.PublicKey() != k.PublicKey() {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := Parse(KSK, []byte("short")); err == nil || !strings.Contains(err.Error(), "private key") {
		t.Errorf("nonsense is a key: %v", err)
	}
}

func BenchmarkSign(b *testing.B) {
	zsk := generate(b, ZSK)
	now := time.Date(2026, 2, 27, 12, 0, 0, 0, time.UTC)
	b.Run("new", func(b *testing.B) {
		s := NewSigner()
		for i := 0; b.Loop(); i++ {
			s.Sign("example.com.", zsk, address("www.example.com.", 1), now.Add(time.Duration(i)*day))
		}
	})
	b.Run("kept", func(b *testing.B) {
		s, set := NewSigner(), address("www.example.com.", 1)
		for b.Loop() {
			s.Sign("example.com.", zsk, set, now)
		}
	})
}
