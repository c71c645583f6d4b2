package nets

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/understudy/understudy/cloud/internal/descriptors"
)

// serve opens the metadata service and the resolver of a VPC once its router is there.
func (r *Room) serve(v VPC) error {
	if _, ok := r.serving[v.ID]; ok || r.Context().Err() != nil {
		return nil
	}
	router, err := r.cfg.Fabric.Router(v.ID)
	if err != nil {
		return err
	}
	resolver := netip.AddrPortFrom(v.Resolver(), 53).String()
	web, err := router.Listen("tcp", "169.254.169.254:80")
	if err != nil {
		return err
	}
	tcp, err := router.Listen("tcp", resolver)
	if err != nil {
		return errors.Join(err, web.Close())
	}
	udp, err := router.ListenPacket("udp", resolver)
	if err != nil {
		return errors.Join(err, web.Close(), tcp.Close())
	}
	// Instances that hold connections open use up neither the region's descriptors nor, for long, others' places.
	web, tcp = descriptors.Listener(web, descriptors.Process().Inside), descriptors.Listener(tcp, descriptors.Process().Inside)
	server := &http.Server{
		Handler: r.cfg.Metadata(v.ID), ReadTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(r.Log.Handler(), slog.LevelDebug),
	}
	r.serving[v.ID] = []interface{ Close() error }{web, tcp, udp, server}
	r.Spawn(func() { _ = server.Serve(web) }) // ends with the listener
	r.resolve(v.ID, tcp, udp)
	return nil
}

func (r *Room) closeServers(vpc string) {
	for _, c := range r.serving[vpc] {
		_ = c.Close() // listeners of a network that goes away
	}
	delete(r.serving, vpc)
}
