package cloud

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/endpoint"
	"github.com/understudy/understudy/cloud/internal/lend"
	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/world"
)

// openInside opens the socket at which the cloud's processes lend listeners inside the cloud to the front door, and who certifies
// the names there. The world waits there until serveInside answers.
func (c *Cloud) openInside() (err error) {
	if c.authority, err = authority.Open(c.dir, endpoint.Domains, endpoint.Certified); err != nil {
		return err
	}
	if c.issuer, err = authority.OpenIssuer(c.dir); err != nil { // before any region, which would make one of its own
		return err
	}
	path := world.APISocket(c.dir)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	if c.inside, err = net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"}); err != nil {
		return err
	}
	c.onClose(c.inside.Close)
	return nil
}

// serveInside has the front door answer at the listeners that are lent.
func (c *Cloud) serveInside(api http.Handler) {
	go func() {
		for {
			conn, err := c.inside.AcceptUnix()
			if err != nil {
				return // closed
			}
			go func() {
				err := lend.Serve(conn, func(l net.Listener, t lend.Terms) (lend.Borrowed, error) { return c.borrow(api, l, t) })
				if err != nil {
					c.log.Warn("answer inside the cloud", "error", err)
				}
			}()
		}
	}()
}

// borrowed is the front door at a lent listener.
type borrowed struct {
	server *http.Server
	way    atomic.Pointer[door.Way]
}

func (c *Cloud) borrow(api http.Handler, l net.Listener, t lend.Terms) (lend.Borrowed, error) {
	b := &borrowed{}
	if err := b.Change(t); err != nil {
		l.Close()
		return nil, err
	}
	b.server = door.ServerOf(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(w, r.WithContext(door.WithWay(r.Context(), *b.way.Load())))
	}), c.log)
	// Instances that hold connections open use up neither the front door's descriptors nor the places of its users on the host.
	l = tls.NewListener(descriptors.Listener(l, descriptors.Process().Inside), c.authority.TLS())
	go func() { _ = b.server.Serve(l) }() // ends at Close
	return b, nil
}

// Change implements lend.Borrowed.
func (b *borrowed) Change(t lend.Terms) error {
	way := &door.Way{Endpoint: t.Endpoint, VPC: t.VPC, Region: t.Region, Service: t.Service}
	if t.Policy != "" {
		d, err := policy.Endpoint(t.Policy)
		if err != nil {
			return fmt.Errorf("the policy of %s: %w", t.Endpoint, err)
		}
		way.Policy = &d
	}
	b.way.Store(way)
	return nil
}

// Close implements lend.Borrowed.
func (b *borrowed) Close() error { return b.server.Close() }
