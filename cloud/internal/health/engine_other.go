//go:build !linux

package health

import (
	"errors"
	"net/netip"
	"syscall"
	"time"
)

// engine exists on Linux only; elsewhere every probe has a goroutine.
type engine struct{}

type limits struct{ connect, reply, connectTCP time.Duration }

func newEngine(limits, func(*checker, result)) (*engine, error) { return nil, errors.ErrUnsupported }

func bindLate(string, string, syscall.RawConn) error { return nil }

func (*engine) start(*checker, netip.Addr, netip.AddrPort, []byte) {}
func (*engine) run() error                                         { return nil }
func (*engine) close() error                                       { return nil }
