package routing

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// Parse reads one value of a record set as Route 53 writes it: the presentation form of RFC 1035, but with octal
// escapes. TTL is in seconds.
func Parse(name, rtype string, ttl uint32, value string) (dns.RR, error) {
	if strings.ContainsAny(value, "\n\r") {
		return nil, fmt.Errorf("a %s value has a line break", rtype)
	}
	if strings.Contains(value, `\`) {
		value = unescape(value)
	}
	// Read under a plain name, which a record's own need not be, and named after.
	p := dns.NewZoneParser(strings.NewReader(fmt.Sprintf("x. %d IN %s %s\n", ttl, rtype, value)), ".", "")
	rr, ok := p.Next()
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("a %s value %q cannot be read: %w", rtype, value, err)
	}
	if !ok || dns.TypeToString[rr.Header().Rrtype] != rtype {
		return nil, fmt.Errorf("a %s value %q cannot be read", rtype, value)
	}
	rr.Header().Name = fold(name)
	return rr, nil
}
