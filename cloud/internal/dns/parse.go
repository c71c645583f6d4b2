package dns

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// Parse reads one value of a record set as Route 53 writes it, which is the presentation form of RFC 1035.
// TTL is in seconds.
func Parse(name, rtype string, ttl uint32, value string) (dns.RR, error) {
	if strings.ContainsAny(value, "\n\r") {
		return nil, fmt.Errorf("a %s value has a line break", rtype)
	}
	p := dns.NewZoneParser(strings.NewReader(fmt.Sprintf("%s %d IN %s %s\n", name, ttl, rtype, value)), ".", "")
	rr, ok := p.Next()
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("a %s value %q cannot be read: %w", rtype, value, err)
	}
	if !ok || dns.TypeToString[rr.Header().Rrtype] != rtype {
		return nil, fmt.Errorf("a %s value %q cannot be read", rtype, value)
	}
	return rr, nil
}
