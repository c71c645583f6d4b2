package drill

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Request is one request as a user saw it.
type Request struct {
	Client  int
	Start   time.Time
	End     time.Time
	Address netip.Addr // the zero value where the name did not resolve
	Asked   string     // the address's region
	Region  string     // the same where the user was served, "" otherwise
	Err     error      // nil where the user got a 2xx or 3xx
	Paused  []span     // between one attempt and the next
	Kept    bool       // it went over a connection that was there before

	Late time.Duration // it began so much later than it was due: the machine was busy, or the user's last request had not ended
}

// client is one user: a cache of one DNS answer, and a request again and again.
type client struct {
	id     int
	kind   *UserKind
	target *url.URL
	port   int            // to connect to, which on a local cloud is not the URL's
	trusts *x509.CertPool // whose certificates it takes; nil is the system's
	lookup func(context.Context, string) (Answer, error)
	region func(netip.Addr) string
	looked func(Look) // hears of each new answer

	timeout  time.Duration // of one request with all its attempts
	every    time.Duration // from one request's start to the next one's
	openLoop bool          // it does so whether or not the last one has ended

	settings Settings // only the speed, for what a kind keeps longer

	asking  turn // requests that are under way at the same time share what follows
	cached  Answer
	expires time.Time // of what the resolver has
	own     time.Time // of what the user's runtime has
	again   bool      // the resolver has answered with what had expired
	seen    string    // the region that the last answer led to
	until   time.Time // when that ends, as was told last
	kept    *http.Transport
	socket  socket
}

// run sends requests until the context ends. A request that this end interrupts is not reported.
func (c *client) run(ctx context.Context, tell func(Request)) {
	c.begin()
	var underWay sync.WaitGroup
	defer c.close()
	defer underWay.Wait()
	// Users do not send at the same time: each starts at a random moment within the first interval.
	due := time.Now().Add(rand.N(c.every))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		start, was := time.Now(), due
		if c.openLoop {
			underWay.Go(func() { c.send(ctx, start, was, tell) })
		} else {
			c.send(ctx, start, was, tell)
		}
		// Times are counted from what was due, not from what was: else the rate would sink by what each timer is late. Who waits for an answer
		// does not make up for what it did not ask meanwhile.
		if due = due.Add(c.every); !c.openLoop && time.Since(due) > c.every {
			due = time.Now()
		}
		timer.Reset(time.Until(due))
	}
}

// begin has a user ready for its first request.
func (c *client) begin() {
	c.asking, c.socket.turn = newTurn(), newTurn()
	if c.kind.Keeps && !c.kind.WebSocket {
		c.kept = c.keeping()
	}
}

// send sends a request that was due at a moment.
func (c *client) send(ctx context.Context, start, due time.Time, tell func(Request)) {
	r := c.ask(ctx, start)
	if ctx.Err() != nil {
		return
	}
	r.Late = start.Sub(due)
	tell(r)
}

func (c *client) ask(ctx context.Context, start time.Time) Request {
	r := Request{Client: c.id, Start: start}
	for _, pause := range append(slices.Clone(c.kind.Tries), -1) {
		r.Address, r.Kept, r.Err = c.once(ctx)
		r.End = time.Now()
		if r.Err == nil || pause < 0 || ctx.Err() != nil {
			break
		}
		sleep(ctx, pause)
		r.Paused = append(r.Paused, span{r.End, time.Now()})
	}
	if r.Address.IsValid() {
		r.Asked = c.region(r.Address)
	}
	if r.Err == nil {
		r.Region = r.Asked
	}
	return r
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// once is one attempt.
func (c *client) once(ctx context.Context) (addr netip.Addr, kept bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if c.kind.WebSocket {
		return c.ping(ctx)
	}
	if c.kind.Keeps {
		return c.getKept(ctx)
	}
	addr, err = c.get(ctx)
	return addr, false, err
}

// get tries the answer's addresses in turn until one connects, as browsers and curl do.
func (c *client) get(ctx context.Context) (netip.Addr, error) {
	all, err := c.addresses(ctx)
	if err != nil {
		return netip.Addr{}, err
	}
	if c.kind.Addresses {
		return c.race(ctx, alternating(all))
	}
	var errs []error
	for _, addr := range all {
		err := c.getFrom(ctx, addr)
		var dial *net.OpError
		if err == nil || !errors.As(err, &dial) || dial.Op != "dial" {
			return addr, err
		}
		errs = append(errs, err)
	}
	return all[0], errors.Join(errs...)
}

// addresses are those that the user has, from a random one on.
func (c *client) addresses(ctx context.Context) ([]netip.Addr, error) {
	if err := c.asking.take(ctx); err != nil {
		return nil, err
	}
	defer c.asking.leave()
	if err := c.resolve(ctx); err != nil {
		return nil, unresolved{err}
	}
	all := c.cached.Addresses
	if len(all) == 1 {
		return all, nil
	}
	first := rand.IntN(len(all))
	return slices.Concat(all[first:], all[:first]), nil
}

// resolve keeps an answer for exactly its TTL, or as the user's kind does. An expired answer is otherwise not used, even if there is no new one.
func (c *client) resolve(ctx context.Context) error {
	now, k := time.Now(), c.kind
	if k.Program != "" {
		return c.askProgram(ctx, now)
	}
	asked := !c.expires.IsZero()
	switch {
	case asked && k.Forever, now.Before(c.own), !k.Fresh && k.Runtime == 0 && now.Before(c.expires):
		return nil
	case asked && k.Stale > 0 && !c.again:
		c.again, c.expires = true, now.Add(c.settings.divide(k.Stale))
		c.tell(now, c.expires)
		return nil
	case k.Runtime > 0 && now.Before(c.expires): // the resolver's answer, once more for the runtime
	default:
		if err := c.lookUp(ctx, now); err != nil {
			return err
		}
	}
	until := c.expires
	switch {
	case k.Runtime > 0:
		c.own = now.Add(c.spread(c.settings.divide(k.Runtime), asked))
		until = c.own
	case k.Forever:
		until = now.Add(never)
	case k.Fresh:
		until = now
	}
	c.tell(now, until)
	return nil
}

// never is longer than any drill.
const never = 10 * 365 * 24 * time.Hour

// lookUp asks the name servers.
func (c *client) lookUp(ctx context.Context, now time.Time) error {
	a, err := c.lookup(ctx, c.target.Hostname())
	if err != nil {
		return err
	}
	kept := max(a.TTL, c.settings.divide(c.kind.Floor))
	c.cached, c.again, c.expires = a, false, now.Add(c.spread(kept, !c.expires.IsZero()))
	return nil
}

// askProgram asks a resolver that others wrote, which keeps answers itself. Such a program counts whole seconds: of an answer that it has, what it
// says is left does not change within one.
func (c *client) askProgram(ctx context.Context, now time.Time) error {
	a, err := c.lookup(ctx, c.target.Hostname())
	if err != nil {
		return err
	}
	c.cached = a
	c.tell(now, now.Add(a.TTL+c.kind.Past-time.Duration(now.Nanosecond())))
	return nil
}

// spread makes the first answer one that a resolver has kept for a random time, so that users who begin at the same time do not ask again at
// the same time.
func (c *client) spread(kept time.Duration, asked bool) time.Duration {
	if asked || kept <= 0 {
		return kept
	}
	return rand.N(kept)
}

// tell says what the user has, if that is another answer or another time than before.
func (c *client) tell(at, until time.Time) {
	region := c.cached.region(c.region)
	if region == c.seen && region != "" && (c.kind.Fresh || c.kind.Program != "" && until.Equal(c.until)) {
		return // it asks each time
	}
	c.seen, c.until = region, until
	c.looked(Look{Client: c.id, At: at, Until: until, Region: region})
}

// dialing is a transport of one request, over a connection that is made so.
func (c *client) dialing(connect func(context.Context) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: c.trusts}, // with the URL's name, which the certificate must have
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return connect(ctx) },
	}
}

func (c *client) dial(ctx context.Context, addr netip.Addr) (net.Conn, error) {
	dialer := net.Dialer{Timeout: c.timeout}
	conn, err := dialer.DialTCP(ctx, "tcp", netip.AddrPort{}, netip.AddrPortFrom(addr, uint16(c.port)))
	if err != nil { // and not a nil pointer that is no nil interface
		return nil, err
	}
	return conn, nil
}

// agent is what users call themselves.
const agent = "understudy-drill"

// request sends one over the transport that is kept.
func (c *client) request(ctx context.Context, transport *http.Transport) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.target.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", agent)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	return served(resp)
}

// served tells what users take for no service.
func served(resp *http.Response) error {
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		return badStatus(resp.StatusCode)
	}
	return nil
}
