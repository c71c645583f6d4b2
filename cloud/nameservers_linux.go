package cloud

import (
	"errors"
	"net"
	"os"
	"strconv"

	"github.com/understudy/understudy/cloud/internal/address"
)

// openNameServers opens the loopback twins of the name servers' addresses: the datagram sockets first.
func openNameServers(number int) ([]*os.File, error) {
	var datagram, stream []*os.File
	for _, a := range address.NameServers {
		twin, _ := address.Twin(number, a)
		at := net.JoinHostPort(twin.String(), strconv.Itoa(address.HostPort(53)))
		p, err := net.ListenPacket("udp4", at)
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		f, err := p.(*net.UDPConn).File()
		p.Close()
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		datagram = append(datagram, f)
		l, err := net.Listen("tcp4", at)
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		f, err = l.(*net.TCPListener).File()
		l.Close()
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		stream = append(stream, f)
	}
	return append(datagram, stream...), nil
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
