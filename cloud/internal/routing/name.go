package routing

import (
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// fold returns a name in the form in which names are compared: in lower case, with a dot at the end, and with RFC 1035's
// escapes, where they are needed, in place of Route 53's octal ones (Developer Guide, DomainNameFormat). So \052 is *, and a
// name from a DNS message has the same form.
func fold(name string) string {
	name = dns.CanonicalName(name)
	if !strings.Contains(name, `\`) {
		return name
	}
	return strings.ToLower(unescape(name))
}

// unescape rewrites Route 53's escapes, \ooo in octal, as those of RFC 1035, \DDD in decimal.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if n, ok := octal(s[i+1:]); ok {
			writeOctet(&b, n)
			i += 3
			continue
		}
		b.WriteString(s[i : i+2])
		i++
	}
	return b.String()
}

// octal reads three octal digits.
func octal(s string) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:3], 8, 8)
	return byte(n), err == nil
}

// writeOctet writes an octet as miekg/dns reads a name's from the wire.
func writeOctet(b *strings.Builder, c byte) {
	switch {
	case strings.IndexByte(`.\"`, c) >= 0 || strings.IndexByte(` '@;()`, c) >= 0:
		b.WriteByte('\\')
		b.WriteByte(c)
	case c < ' ' || c > '~':
		b.WriteString(`\` + pad(c))
	default:
		b.WriteByte(c)
	}
}

func pad(c byte) string {
	s := strconv.Itoa(int(c))
	return "000"[:3-len(s)] + s
}

// parents calls f with a name and all above it, the name first, until f says no more or the root is next.
func parents(name string, f func(string) bool) {
	for off, end := 0, false; !end; off, end = dns.NextLabel(name, off) {
		if !f(name[off:]) {
			return
		}
	}
}
