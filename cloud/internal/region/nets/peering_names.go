package nets

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/socket"
)

// peerAddress returns the private address that a public name of an interface means in a VPC that is connected to the
// interface's, where that side lets its peer know
// (https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-dns.html).
func (r *Room) peerAddress(vpc, name string) (netip.Addr, bool) {
	if !strings.HasPrefix(name, "ec2-") {
		return netip.Addr{}, false
	}
	for _, row := range r.peerings.All() {
		if peer := row.peerOf(vpc); row.of(vpc) && row.State == peeringActive && peer.Resolves && strings.HasSuffix(name, publicDomain(peer.Region)) {
			if a, ok := r.addressOf(row.ID, peer, name); ok {
				return a, true
			}
		}
	}
	return netip.Addr{}, false
}

// addressOf returns the private address behind a public name of one side of a connection.
func (r *Room) addressOf(connection string, side peeringSide, name string) (netip.Addr, bool) {
	if side.Region != r.Region {
		a, err := r.askName(connection, side.Region, name)
		if err != nil {
			r.Log.Debug("resolve a peer's name", "name", name, "err", err)
		}
		return a, err == nil && a.IsValid()
	}
	for _, i := range r.interfaces.All() {
		if i.VPC != side.VPC {
			continue
		}
		for _, a := range i.Addresses() {
			if name == r.PublicName(i.VPC, a.Public) {
				return a.Private, true
			}
		}
	}
	return netip.Addr{}, false
}

// serveName tells a connected region what a public name of this one means. It asks the row again what may be told.
func (r *Room) serveName(w http.ResponseWriter, q *http.Request) {
	row, _ := r.peerings.Get(q.PathValue("id"))
	mine := row.Requester
	if mine.Region != r.Region {
		mine = row.Accepter
	}
	var a netip.Addr
	if row.State == peeringActive && mine.Region == r.Region && mine.Resolves {
		a, _ = r.addressOf(row.ID, mine, q.PathValue("name"))
	}
	_ = json.NewEncoder(w).Encode(a) // the peer has gone away
}

func (r *Room) askName(connection, region, name string) (a netip.Addr, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second) // clients of the resolver ask again after five
	defer cancel()
	path, err := r.cfg.Peer.Find(ctx, region)
	if err != nil {
		return a, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+region+peeringPath+"/"+connection+"/"+url.PathEscape(name), nil)
	if err != nil {
		return a, err
	}
	answer, err := socket.Client(path).Do(q)
	if err != nil {
		return a, err
	}
	defer answer.Body.Close()
	return a, json.NewDecoder(answer.Body).Decode(&a)
}
