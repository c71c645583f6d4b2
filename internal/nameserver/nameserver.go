// Package nameserver has name servers for tests that need one of their own.
package nameserver

import (
	"net"
	"testing"

	"github.com/miekg/dns"
)

// Serve has a handler answer over UDP on loopback until the test ends, and returns host:port of it.
func Serve(t testing.TB, answer dns.HandlerFunc) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: answer}
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	return conn.LocalAddr().String()
}
