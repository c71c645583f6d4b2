package dns

import (
	"net/netip"

	"github.com/miekg/dns"
)

type client struct {
	addr   netip.Addr
	subnet netip.Prefix
	roll   uint64
}

type result struct {
	Reply
	Additional []dns.RR
	Scope      uint8
	zoneID     string
}

func (a *Answers) answer(q dns.Question, side Side, c client) result {
	r := a.Answer(q, side)
	return result{Reply: r}
}
