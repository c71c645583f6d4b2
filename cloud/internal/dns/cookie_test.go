package dns

import (
	"encoding/hex"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// The vector of SipHash's paper, appendix A: a message of 15 bytes, 0 to 14, under the key 0 to 15.
func TestSipHash(t *testing.T) {
	var key [16]byte
	var msg [15]byte
	for i := range key {
		key[i] = byte(i)
	}
	for i := range msg {
		msg[i] = byte(i)
	}
	if got := sipHash(&key, msg[:]); got != 0xa129ca6149be45e5 {
		t.Errorf("%x", got)
	}
}

// RFC 9018, appendix A.
func TestCookiesOfTheRFC(t *testing.T) {
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const first = "e5e973e5a6b2a43f48e7dc849e37bfcf"
	for _, c := range []struct {
		what, secret, from string
		at                 int64
		theirs, ours       string
		proven             bool
	}{
		{"A.1, a new one", first, "198.51.100.100", 1559731985,
			"2464c4abcf10c957", "2464c4abcf10c957010000005cf79f111f8130c3eee29480", false},
		{"shown again at once", first, "198.51.100.100", 1559731990,
			"2464c4abcf10c957010000005cf79f111f8130c3eee29480", "2464c4abcf10c957010000005cf79f111f8130c3eee29480", true},
		{"A.2, renewed", first, "198.51.100.100", 1559734385,
			"2464c4abcf10c957010000005cf79f111f8130c3eee29480", "2464c4abcf10c957010000005cf7a871d4a564a1442aca77", true},
		{"A.3, reserved bits are set", first, "203.0.113.203", 1559734700,
			"fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e", false}, // and it is two hours old
		{"A.4, IPv6", "445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961,
			"22681ab97d52c298", "22681ab97d52c298010000005cf7c609a6bb79d16625507a", false},
		{"of another address", first, "198.51.100.101", 1559731990, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", "", false},
		{"too old", first, "198.51.100.100", 1559731985 + 3601, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", "", false},
		{"of the future", first, "198.51.100.100", 1559731985 - 301, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", "", false},
		{"of another version", first, "198.51.100.100", 1559731990, "2464c4abcf10c957020000005cf79f111f8130c3eee29480", "", false},
		{"longer than any of ours", first, "198.51.100.100", 1559731990, "2464c4abcf10c957010000005cf79f111f8130c3eee2948000", "", false},
	} {
		s := new(cookies)
		s.current.Store(&secret{day: c.at / 86400, key: [16]byte(unhex(c.secret))})
		ours, proven := s.answer(unhex(c.theirs), netip.MustParseAddr(c.from), time.Unix(c.at, 0))
		if got := hex.EncodeToString(ours[:]); c.ours != "" && got != c.ours || proven != c.proven {
			t.Errorf("%s: %s %v, want %s %v", c.what, got, proven, c.ours, c.proven)
		}
	}
}

// A change of secrets goes unseen: a cookie is checked by the secret of the day that made it.
func TestSecretsChange(t *testing.T) {
	s := newCookies()
	midnight := time.Unix(86400*20000, 0)
	before, _ := s.answer(make([]byte, clientCookieSize), somebody, midnight.Add(-time.Minute))
	if _, proven := s.answer(before[:], somebody, midnight.Add(time.Minute)); !proven {
		t.Error("yesterday's cookie is not believed")
	}
	if *s.key(midnight.Add(-1)) == *s.key(midnight) {
		t.Error("two days have one secret")
	}
	if _, proven := newCookies().answer(before[:], somebody, midnight); proven {
		t.Error("another server's cookie is believed")
	}
}

func TestCookiesInAnswers(t *testing.T) {
	a := newAsker(helloServer(Config{}), false)
	ask := func(cookie string) string {
		q := new(dns.Msg).SetQuestion("hello.test.", dns.TypeA)
		q.SetEdns0(1232, false).IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: cookie}}
		m := a.ask(t, q)
		if len(m.Answer) != 1 || m.Rcode != dns.RcodeSuccess {
			t.Errorf("cookie %s: %v", cookie, m)
		}
		return m.IsEdns0().Option[0].(*dns.EDNS0_COOKIE).Cookie
	}
	first := ask("0102030405060708")
	if len(first) != 2*cookieSize || first[:16] != "0102030405060708" {
		t.Errorf("cookie %s", first)
	}
	if again := ask(first); again != first {
		t.Errorf("cookie %s became %s", first, again)
	}
	if other := ask(first[:46] + "00"); other != first {
		t.Errorf("a forged cookie was answered with %s, not a new one", other)
	}
}
