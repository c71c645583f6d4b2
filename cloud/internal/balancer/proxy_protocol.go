package balancer

import (
	"encoding/binary"
	"net/netip"
)

// proxySignature begins each header of the proxy protocol's version 2 (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, 2.2).
const proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

// Version 2 in the upper half of a byte, and the command in the lower.
const proxyLocal, proxyProxy = 0x20, 0x21

// Families and transports: none, TCP over IPv4, TCP over IPv6.
const proxyUnspecified, proxyTCP4, proxyTCP6 = 0x00, 0x11, 0x21

// proxyHeader tells a target who its client is and where the client has connected to; without a client it is that of a connection of the
// load balancer's own.
func proxyHeader(client, to netip.AddrPort) []byte {
	header := []byte(proxySignature)
	if !client.IsValid() {
		return binary.BigEndian.AppendUint16(append(header, proxyLocal, proxyUnspecified), 0)
	}
	family := byte(proxyTCP4)
	if client.Addr().Is6() {
		family = proxyTCP6
	}
	addresses := append(client.Addr().AsSlice(), to.Addr().AsSlice()...)
	addresses = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(addresses, client.Port()), to.Port())
	header = binary.BigEndian.AppendUint16(append(header, proxyProxy, family), uint16(len(addresses)))
	return append(header, addresses...)
}
