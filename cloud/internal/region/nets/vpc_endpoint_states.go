package nets

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/endpoint"
	"github.com/understudy/understudy/cloud/internal/lend"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/store"
)

// tendEndpoint is the worker of one interface endpoint, from its creation or the region's start until it is deleted.
func (r *Room) tendEndpoint(id string) {
	watch := r.Watch(r.endpoints.Row(id))
	defer watch.Stop()
	for {
		next := watch.Next()
		row, ok := r.endpoints.Get(id)
		if !ok || r.Context().Err() != nil {
			return
		}
		var later <-chan time.Time
		if err := r.stepEndpoint(row); err != nil {
			r.Log.Error("tend VPC endpoint", "endpoint", id, "state", row.State, "err", err)
			later, next = time.After(retryPause), nil
		}
		select {
		case <-next:
		case <-later:
		case <-r.Context().Done():
			return
		}
	}
}

// stepEndpoint moves an interface endpoint to its next state. After an error, the same again goes on where it stopped.
func (r *Room) stepEndpoint(row endpointRow) error {
	switch row.State {
	case endpointPending:
		if err := r.Sync(row.VPC); err != nil {
			return err
		}
		return r.Update(func(tx *store.Tx) error {
			now, ok := r.endpoints.GetTx(tx, row.ID)
			if !ok || now.State != row.State {
				return nil
			}
			now.State = endpointAvailable
			return r.endpoints.Put(tx, now.ID, now)
		})
	case endpointDeleting:
		err := r.Update(func(tx *store.Tx) error {
			for _, i := range r.interfacesFor(tx, row.ID) {
				if err := r.RemoveInterface(tx, i.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := r.Sync(row.VPC); err != nil {
			return err
		}
		return r.Update(func(tx *store.Tx) error { return r.Remove(tx, row.ID, r.endpoints.Delete) })
	}
	return nil
}

// Loan is a listener that the front door has; *lend.Loan is one.
type Loan interface {
	Change(lend.Terms) error
	Close() error
}

var _ Loan = (*lend.Loan)(nil)

// lent is where an interface of an endpoint is lent, and on which terms.
type lent struct {
	Loan
	vpc   string
	terms lend.Terms
}

// endpointPort is where AWS's services answer.
const endpointPort = 443

// takeBack ends the loans of a VPC's interfaces that are no longer there: before the fabric removes them, whose namespaces would be kept by
// the listeners.
func (r *Room) takeBack(vpc string) {
	for id, l := range r.loans {
		if _, there := r.interfaces.Get(id); l.vpc == vpc && !there {
			_ = l.Close() // it is gone, whatever it says
			delete(r.loans, id)
		}
	}
}

// lend has the front door answer at the interfaces of a VPC's endpoints.
func (r *Room) lend(vpc string) error {
	if r.cfg.Lend == nil || r.Context().Err() != nil {
		return nil
	}
	for _, i := range r.interfaces.All() {
		if i.VPC != vpc || i.Endpoint == "" {
			continue
		}
		err := r.lendInterface(i)
		if errors.Is(err, network.ErrNotFound) {
			continue // it came since the network was applied, and is lent when it is there
		}
		if err != nil {
			return fmt.Errorf("have the API answer at %s: %w", i.ID, err)
		}
	}
	return nil
}

func (r *Room) lendInterface(i Interface) error {
	row, _ := r.endpoints.Get(i.Endpoint)
	service, err := r.endpointService(row.Service)
	if err != nil || service.to == nil || service.closed {
		return err
	}
	terms := lend.Terms{Endpoint: row.ID, VPC: row.VPC, Region: r.Region, Service: service.to.SigningName, Policy: row.Policy}
	now, there := r.loans[i.ID]
	switch {
	case there && now.terms == terms:
		return nil
	case there:
		if err := now.Change(terms); err != nil {
			return err
		}
		now.terms = terms
		r.loans[i.ID] = now
		return nil
	}
	within, err := r.cfg.Fabric.Interface(i.ID)
	if err != nil {
		return err
	}
	l, err := within.Listen("tcp", netip.AddrPortFrom(i.Address, endpointPort).String())
	if err != nil {
		return err
	}
	defer l.Close() // the front door has a descriptor of its own
	loan, err := r.cfg.Lend(l, terms)
	if err != nil {
		return err
	}
	r.loans[i.ID] = lent{loan, i.VPC, terms}
	return nil
}

// privateNames answers for the names of AWS's services that interface endpoints of a VPC have taken over.
func (r *Room) privateNames(vpc, name string, q dns.Question) ([]dns.RR, bool) {
	if !endpoint.Public(name) || r.privateZonesOf(vpc) == "" {
		return nil, false
	}
	for _, e := range r.endpoints.All() {
		service, err := r.endpointService(e.Service)
		if err == nil && e.VPC == vpc && e.PrivateDNS && e.State == endpointAvailable && name == endpoint.InRegion(service.to, r.Region) {
			return r.endpointRecords(e, "", q), true
		}
	}
	return nil, false
}

// ownEndpointNames answers for the names that interface endpoints have of their own, which everybody may ask for.
func (r *Room) ownEndpointNames(name string, q dns.Question) ([]dns.RR, bool) {
	for _, e := range r.endpoints.All() {
		service, err := r.endpointService(e.Service)
		if err != nil || service.to == nil || e.State != endpointAvailable {
			continue
		}
		own, domain := e.ID+"-"+e.Label, "."+endpoint.Private(service.to, r.Region)
		if name == own+domain {
			return r.endpointRecords(e, "", q), true
		}
		for _, i := range r.interfacesFor(nil, e.ID) {
			if name == own+"-"+i.Zone+domain {
				return r.endpointRecords(e, i.Zone, q), true
			}
		}
	}
	return nil, false
}

// endpointRecords are the addresses of an endpoint, in one zone or, where that is empty, in all.
func (r *Room) endpointRecords(e endpointRow, zone string, q dns.Question) (rrs []dns.RR) {
	for _, i := range r.interfacesFor(nil, e.ID) {
		if zone == "" || i.Zone == zone {
			rrs = append(rrs, r.ownRecords(q, dns.TypeA, &dns.A{A: net.IP(i.Address.AsSlice())})...)
		}
	}
	return rrs
}
