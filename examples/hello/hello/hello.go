// Package hello is an example service: a page that says which region, zone and instance served it, and a
// health endpoint that can be told to fail.
package hello

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// drainTime is how long requests under way have to finish after SIGTERM.
const drainTime = 3 * time.Second

// Main runs the service with the given arguments, without the program's name, until SIGTERM or SIGINT. It returns
// the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	options, err := parse(args, os.Getenv, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	listener, err := net.Listen("tcp", options.addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		return 1
	}
	if options.secure {
		if listener, err = secured(listener); err != nil {
			fmt.Fprintln(os.Stderr, "hello:", err)
			return 1
		}
	}
	if err := serve(ctx, listener, options, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		return 1
	}
	return 0
}

type options struct {
	addr     string
	secure   bool   // with a certificate of its own
	metadata string // base URL of the metadata service
	failFile string
	place    Place // what was given; the metadata service is not asked when it has a region
}

func parse(args []string, env func(string) string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("hello", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", ":8080", "address to listen on")
	flags.BoolVar(&o.secure, "tls", false, "serve HTTPS and HTTP/2 too, at the same port, with a certificate that it makes for itself")
	flags.StringVar(&o.metadata, "metadata", "http://169.254.169.254", "base URL of the instance metadata service")
	flags.StringVar(&o.failFile, "fail-file", "/run/hello-fail", "the service is unhealthy while this file exists")
	flags.StringVar(&o.place.Region, "region", env("HELLO_REGION"), "region to show, in place of asking the metadata service (HELLO_REGION)")
	flags.StringVar(&o.place.Zone, "zone", env("HELLO_ZONE"), "zone to show (HELLO_ZONE)")
	flags.StringVar(&o.place.Instance, "instance", env("HELLO_INSTANCE"), "instance to show (HELLO_INSTANCE)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", flags.Arg(0))
		fmt.Fprintln(stderr, "hello:", err)
		return o, err
	}
	return o, nil
}

// serve answers on the listener until the context ends. It learns where it is meanwhile.
func serve(ctx context.Context, listener net.Listener, o options, log *slog.Logger) error {
	s := newServer(o.failFile)
	go func() {
		place := o.place
		if place.Region == "" {
			var err error
			if place, err = learn(ctx, o.metadata, place); err != nil {
				log.Warn("the metadata service does not answer", "error", err)
			}
		}
		s.settle(place.orElse(listener.Addr()))
	}()
	server := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: 75 * time.Second, MaxHeaderBytes: 64 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	log.Info("serving", "address", listener.Addr().String())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	return server.Shutdown(drain)
}
