package drill

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// Request is one request as a user saw it.
type Request struct {
	Client  int
	Start   time.Time
	End     time.Time
	Address netip.Addr // the zero value where the name did not resolve
	Region  string     // "" where nothing answered
	Err     error      // nil where the user got a 2xx or 3xx
}

// client is one user: a cache of one DNS answer, and a request again and again.
type client struct {
	id     int
	target *url.URL
	port   int            // to connect to, which on a local cloud is not the URL's
	trusts *x509.CertPool // whose certificates it takes; nil is the system's
	lookup func(context.Context, string) (Answer, error)
	region func(netip.Addr) string
	looked func(Look) // hears of each new answer

	timeout time.Duration // of one request with all its attempts
	every   time.Duration // from one request's start to the next one's

	cached  Answer
	expires time.Time
}

// run sends requests until the context ends. A request that this end interrupts is not reported.
func (c *client) run(ctx context.Context, tell func(Request)) {
	// Users do not send at the same time: each starts at a random moment within the first interval.
	timer := time.NewTimer(rand.N(c.every))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		start := time.Now()
		r := c.ask(ctx, start)
		if ctx.Err() != nil {
			return
		}
		tell(r)
		timer.Reset(max(0, c.every-time.Since(start)))
	}
}

func (c *client) ask(ctx context.Context, start time.Time) Request {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r := Request{Client: c.id, Start: start}
	r.Address, r.Err = c.get(ctx)
	r.End = time.Now()
	if r.Err == nil {
		r.Region = c.region(r.Address)
	}
	return r
}

// get tries the answer's addresses in turn until one connects, as browsers and curl do.
func (c *client) get(ctx context.Context) (netip.Addr, error) {
	if err := c.resolve(ctx); err != nil {
		return netip.Addr{}, err
	}
	var errs []error
	first := rand.IntN(len(c.cached.Addresses))
	for i := range c.cached.Addresses {
		addr := c.cached.Addresses[(first+i)%len(c.cached.Addresses)]
		err := c.getFrom(ctx, addr)
		var dial *net.OpError
		if err == nil || !errors.As(err, &dial) || dial.Op != "dial" {
			return addr, err
		}
		errs = append(errs, err)
	}
	return c.cached.Addresses[first], errors.Join(errs...)
}

// resolve keeps an answer for exactly its TTL. An expired answer is not used, even if there is no new one: serving
// stale answers (RFC 8767) would make the measured downtime too short.
func (c *client) resolve(ctx context.Context) error {
	if time.Now().Before(c.expires) {
		return nil
	}
	asked := time.Now()
	a, err := c.lookup(ctx, c.target.Hostname())
	if err != nil {
		return err
	}
	kept := a.TTL
	if c.expires.IsZero() && kept > 0 {
		// The first answer counts as one that a resolver has kept for a random time, so that users who begin
		// at the same time do not ask again at the same time.
		kept = rand.N(kept)
	}
	c.cached, c.expires = a, asked.Add(kept)
	c.looked(Look{Client: c.id, At: time.Now(), Until: c.expires, Region: a.region(c.region)})
	return nil
}

// getFrom sends a request to one address over a new connection, and closes it afterwards: each request finds what a
// new user would find.
func (c *client) getFrom(ctx context.Context, addr netip.Addr) error {
	dialer := net.Dialer{}
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: c.trusts}, // with the URL's name, which the certificate must have
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, net.JoinHostPort(addr.String(), strconv.Itoa(c.port)))
		},
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.target.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "understudy-drill")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}
