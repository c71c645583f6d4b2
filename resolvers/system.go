package resolvers

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/miekg/dns"
)

// System is host:port of the resolvers that this machine asks, of those that have an IPv4 address.
func System() (all []string, err error) {
	const file = "/etc/resolv.conf"
	conf, err := dns.ClientConfigFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("find this machine's resolvers: %w", err)
	}
	for _, s := range conf.Servers {
		if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
			all = append(all, net.JoinHostPort(s, conf.Port))
		}
	}
	if len(all) == 0 {
		return nil, errors.New("find this machine's resolvers: " + file + " names none with an IPv4 address")
	}
	return all, nil
}
