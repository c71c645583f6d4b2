package hello

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// either is a listener of HTTP and of HTTPS at one port: the first byte of a connection tells which it is.
type either struct {
	net.Listener
	config *tls.Config
	ready  chan net.Conn
	ended  chan struct{}
	end    sync.Once
	cause  error
}

// secured returns a listener that takes TLS beside plain HTTP. Its certificate is signed by itself: a load balancer takes any of a
// target's ("Target groups for your Application Load Balancers" in its User Guide).
func secured(l net.Listener) (net.Listener, error) {
	c, err := certificate(time.Now())
	if err != nil {
		return nil, err
	}
	e := &either{
		Listener: l, config: &tls.Config{Certificates: []tls.Certificate{c}, NextProtos: []string{"h2", "http/1.1"}},
		ready: make(chan net.Conn), ended: make(chan struct{}),
	}
	go e.accept()
	return e, nil
}

func (e *either) accept() {
	for {
		c, err := e.Listener.Accept()
		if err != nil {
			e.close(err)
			return
		}
		go e.sort(c)
	}
}

// firstByte is how long a client may take to begin.
const firstByte = 10 * time.Second

// recordOfHandshake is the first byte of TLS (RFC 8446, section 5.1), with which no request begins.
const recordOfHandshake = 22

// sort waits for a connection's first byte, and hands the connection on as what it is.
func (e *either) sort(c net.Conn) {
	_ = c.SetReadDeadline(time.Now().Add(firstByte))
	b := bufio.NewReader(c)
	first, err := b.Peek(1)
	if err != nil {
		c.Close()
		return
	}
	_ = c.SetReadDeadline(time.Time{})
	c = begun{c, b}
	if first[0] == recordOfHandshake {
		c = tls.Server(c, e.config)
	}
	select {
	case e.ready <- c:
	case <-e.ended:
		c.Close()
	}
}

func (e *either) close(cause error) {
	e.end.Do(func() {
		e.cause = cause
		close(e.ended)
	})
}

// Accept returns the next connection whose first byte is there.
func (e *either) Accept() (net.Conn, error) {
	select {
	case c := <-e.ready:
		return c, nil
	case <-e.ended:
		return nil, e.cause
	}
}

// Close ends the listener.
func (e *either) Close() error {
	e.close(net.ErrClosed)
	return e.Listener.Close()
}

// begun is a connection of which something was read.
type begun struct {
	net.Conn
	b *bufio.Reader
}

func (c begun) Read(p []byte) (int, error) { return c.b.Read(p) }

func certificate(now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "hello"}, DNSNames: []string{"hello"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
