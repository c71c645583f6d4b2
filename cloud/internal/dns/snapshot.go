// Package dns is Route 53's data plane: which record wins, and the server that answers.
//
// Health to answer is one pure function with no clock and no socket. A [Snapshot] of zones, health and load
// balancers is compiled to [Answers], which never change; a [Server] swaps them as a whole.
package dns

import (
	"net/netip"
	"strconv"
	"strings"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/beacon"
)

// Zone is a hosted zone with its record sets, named as Route 53 lists them: lower case, a dot at the end,
// and odd characters as octal escapes.
type Zone struct {
	ID, Name string
	Records  []r53types.ResourceRecordSet
}

// Snapshot is all that an answer depends on.
type Snapshot struct {
	Zones []Zone
	// Health is each health check's state. A record whose check is not among them counts as healthy, as
	// where a check was deleted.
	Health    map[string]bool
	Balancers []beacon.LoadBalancer
	// NameServers are the zones' own name servers: ns-1.awsdns-01.com. and its address.
	NameServers map[string]netip.Addr
}

// Side is where a question comes from.
type Side int

// Inside, addresses are as they are; on the Host, each has a twin on loopback.
const (
	Inside Side = iota
	Host
)

// Reply is the content of an answer.
type Reply struct {
	Rcode     int
	Answer    []dns.RR
	Authority []dns.RR
}

// fold brings a name to the form in which names are compared: lower case, a dot at the end, and octal
// escapes of printable characters undone, so that \052 is *.
func fold(name string) string {
	name = dns.CanonicalName(name)
	if !strings.Contains(name, `\`) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '\\' && i+3 < len(name) {
			if n, err := strconv.ParseUint(name[i+1:i+4], 8, 8); err == nil && n > ' ' && n < 0x7f && n != '.' && n != '\\' {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}
