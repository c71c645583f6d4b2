package balancer

import "sync/atomic"

// FlowTraffic is what a network load balancer's node has done since it was last asked.
type FlowTraffic struct {
	TCP, TLS, UDP                         ProtocolTraffic
	ClientResets, TargetResets, OwnResets uint64 // of TCP
	ClientTLSErrors, TargetTLSErrors      uint64
	PortErrors, UnhealthyRouting          uint64
}

// ProtocolTraffic is that of one protocol.
type ProtocolTraffic struct {
	Active     int // flows there are
	New, Bytes uint64
}

// flowCounters are a node's, which flows add to side by side.
type flowCounters struct {
	tcp, tls, udp                                                  protocolCounters
	clientResets, targetResets, ownResets                          atomic.Uint64
	clientTLSErrors, targetTLSErrors, portErrors, unhealthyRouting atomic.Uint64
}

type protocolCounters struct {
	active      atomic.Int64
	made, bytes atomic.Uint64
}

// of are the counters of a listener's connections.
func (c *flowCounters) of(p Protocol) *protocolCounters {
	if p == TLSTCP {
		return &c.tls
	}
	return &c.tcp
}

func (c *protocolCounters) take() ProtocolTraffic {
	return ProtocolTraffic{int(c.active.Load()), c.made.Swap(0), c.bytes.Swap(0)}
}

// take empties the counters.
func (c *flowCounters) take() FlowTraffic {
	return FlowTraffic{
		TCP: c.tcp.take(), TLS: c.tls.take(), UDP: c.udp.take(),
		ClientResets: c.clientResets.Swap(0), TargetResets: c.targetResets.Swap(0), OwnResets: c.ownResets.Swap(0),
		ClientTLSErrors: c.clientTLSErrors.Swap(0), TargetTLSErrors: c.targetTLSErrors.Swap(0),
		PortErrors: c.portErrors.Swap(0), UnhealthyRouting: c.unhealthyRouting.Swap(0),
	}
}
