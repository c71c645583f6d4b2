// Package webhook posts messages to HTTP endpoints of users' programs on the host. Regions have no way out of the cloud: they give their
// messages to the front door over a unix socket, and it posts them. It connects to loopback addresses only, whatever it is asked.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Message is what is posted.
type Message struct {
	URL    string
	Header map[string]string
	Body   string
}

// Patience is how long an endpoint may take to answer ("HTTP/HTTPS notifications", Amazon SNS Developer Guide: 15 seconds).
const Patience = 15 * time.Second

// Check refuses the URL of an endpoint that is not of HTTP and on loopback, and says why. A name is none but localhost: where another
// one leads is not known before it is asked for, and asking would leave the machine.
func Check(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return errors.New("it is no URL of an HTTP endpoint")
	case u.Scheme != "http":
		return fmt.Errorf("this cloud posts by http and not by %s", u.Scheme)
	case !onLoopback(u.Hostname()):
		return fmt.Errorf("this cloud connects to loopback addresses only, and %s is none", u.Hostname())
	}
	return nil
}

func onLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// Post posts a message and returns the status of the answer.
func Post(ctx context.Context, m Message) (status int, err error) {
	if err := Check(m.URL); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, strings.NewReader(m.Body))
	if err != nil {
		return 0, err
	}
	for k, v := range m.Header {
		r.Header.Set(k, v)
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // what it says is of no interest, and an endpoint that is cut off may take it for an error
	return answer.StatusCode, nil
}

// client follows no redirection, asks no proxy and no name server.
var client = http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport: &http.Transport{
		DisableKeepAlives: true, // a program that is asked once in a while should not have to hold a connection
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			if strings.EqualFold(host, "localhost") {
				host = "127.0.0.1"
			}
			return dialer.DialContext(ctx, network, net.JoinHostPort(host, port))
		},
	},
}

// dialer looks at the address once more that is really connected to.
var dialer = net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is no loopback address", address)
	}
	return nil
}}
