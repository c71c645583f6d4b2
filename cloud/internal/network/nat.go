package network

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// The source ports of a NAT gateway (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html).
const natPortFirst, natPortLast = 1024, 65535

// translate makes the interface's namespace a NAT gateway for what comes from inside the VPC. A packet that its subnet's
// route table sends here is routed once more by the router, as one of the gateway's own: so the route table and the network
// ACL of the gateway's subnet, and its public address, apply to it.
func (l *link) translate(ranges []netip.Prefix, n NAT) error {
	err := l.namespace.Do(func() error {
		if err := l.writeTranslation(ranges, n.Sources); err != nil {
			return err
		}
		return forgetIdle(n.Idle)
	})
	if err != nil {
		return fmt.Errorf("make a NAT gateway: %w", err)
	}
	return nil
}

// writeTranslation writes the gateway's packet filter anew in the calling thread's namespace.
func (l *link) writeTranslation(ranges []netip.Prefix, sources []netip.Addr) error {
	return transact(nil, func(conn *nftables.Conn) error {
		r := newRuleset(conn, "nat", 32, nil)
		r.begin()
		r.base("closed", nftables.ChainTypeFilter, nftables.ChainHookInput, 0, nftables.ChainPolicyDrop) // nothing here answers, not even to ping
		r.outward(ranges)
		r.masquerade(sources)
		return nil
	})
}

// outward lets connections of TCP, UDP and ICMP out, and their packets both ways. Inside the VPC a connection that is
// forgotten is answered with a reset, and never with FIN.
func (r *ruleset) outward(ranges []netip.Prefix) {
	c := r.base("outward", nftables.ChainTypeFilter, nftables.ChainHookForward, 0, nftables.ChainPolicyDrop)
	r.rule(c, expr.VerdictAccept, matchState(expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED))
	for _, own := range ranges {
		r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: append(
			append(matchPrefix(source, own), append(matchState(expr.CtStateBitINVALID), matchProtocol(unix.IPPROTO_TCP)...)...),
			&expr.Reject{Type: unix.NFT_REJECT_TCP_RST})})
		for _, p := range []byte{unix.IPPROTO_TCP, unix.IPPROTO_UDP, unix.IPPROTO_ICMP} {
			r.rule(c, expr.VerdictAccept, matchPrefix(source, own), matchState(expr.CtStateBitNEW), matchProtocol(p))
		}
	}
}

// masquerade gives what goes out one of the gateway's addresses by chance, each as likely as the others, and a port of its range.
func (r *ruleset) masquerade(sources []netip.Addr) {
	c := r.base("masquerade", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, 100, nftables.ChainPolicyAccept)
	for n, own := range sources {
		r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: append(oneIn(len(sources)-n),
			&expr.Immediate{Register: 1, Data: own.AsSlice()},
			&expr.Immediate{Register: 2, Data: binaryutil.BigEndian.PutUint16(natPortFirst)},
			&expr.Immediate{Register: 3, Data: binaryutil.BigEndian.PutUint16(natPortLast)},
			&expr.NAT{Type: expr.NATTypeSourceNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: 1, RegProtoMin: 2, RegProtoMax: 3},
		)})
	}
}

// oneIn matches one in so many connections, by chance.
func oneIn(many int) []expr.Any {
	if many <= 1 {
		return nil
	}
	return []expr.Any{
		&expr.Numgen{Register: 1, Modulus: uint32(many), Type: unix.NFT_NG_RANDOM},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(0)},
	}
}

// forgetIdle has the calling thread's namespace forget connections that were silent for a time, and not pick them up
// again. The settings exist once the packet filter tracks connections.
func forgetIdle(after time.Duration) error {
	seconds := strconv.Itoa(max(1, int(after.Seconds())))
	for _, s := range [][2]string{
		{"netfilter/nf_conntrack_tcp_timeout_established", seconds},
		{"netfilter/nf_conntrack_udp_timeout_stream", seconds},
		{"netfilter/nf_conntrack_udp_timeout", seconds},
		{"netfilter/nf_conntrack_icmp_timeout", seconds},
		{"netfilter/nf_conntrack_tcp_loose", "0"},
	} {
		if err := setSysctl(s[0], s[1]); err != nil {
			return err
		}
	}
	return nil
}
