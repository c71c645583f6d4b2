package resolvers

import (
	"errors"
	"fmt"
	"net"
)

// addressOf is a server's IPv4 address and port as dnsmasq writes them: neither program takes the name of one.
func addressOf(server string) (string, error) {
	found, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		return "", fmt.Errorf("find the name server %s: %w", server, err)
	}
	return fmt.Sprintf("%s#%d", found.IP, found.Port), nil
}

// ports is how often another port is tried where somebody else has taken the one that was free.
const ports = 5

// freePort is a port of loopback that nobody listens on, neither by UDP nor by TCP.
func freePort() (int, error) {
	for range ports {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		l.Close()
		if err == nil {
			return port, u.Close()
		}
	}
	return 0, errors.New("no port is free by UDP and by TCP")
}
