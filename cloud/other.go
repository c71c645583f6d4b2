//go:build !linux

package cloud

import (
	"context"
	"os"
)

func runRole() {}

// Cloud is a running local cloud, which only Linux has.
type Cloud struct {
	dir      string
	settings settings
	keys     credentials
}

// Start returns ErrLinux.
func Start(context.Context, Options) (*Cloud, error) { return nil, ErrLinux }

// KillRegion returns ErrLinux.
func (c *Cloud) KillRegion(context.Context, string) error { return ErrLinux }

// StartRegion returns ErrLinux.
func (c *Cloud) StartRegion(context.Context, string) error { return ErrLinux }

// Status is empty.
func (c *Cloud) Status() Status { return Status{} }

// Close does nothing.
func (c *Cloud) Close() error { return nil }

// AddFault returns ErrLinux.
func (c *Cloud) AddFault(f Fault) (Fault, error) { return f, ErrLinux }

// RemoveFaults returns ErrLinux.
func (c *Cloud) RemoveFaults(...string) error { return ErrLinux }

// Faults is empty.
func (c *Cloud) Faults() []InForce { return nil }

// Calls is empty.
func (c *Cloud) Calls() []Call { return nil }

// ForgetCalls does nothing.
func (c *Cloud) ForgetCalls() {}

// ExportImage returns ErrLinux.
func (c *Cloud) ExportImage(context.Context, string, string, string) (ExportedImage, error) {
	return ExportedImage{}, ErrLinux
}

// ImportImage returns ErrLinux.
func (c *Cloud) ImportImage(context.Context, string, Image) (ImportedImage, error) {
	return ImportedImage{}, ErrLinux
}

// Ended is never closed.
func (c *Cloud) Ended() <-chan struct{} { return nil }

// Restore returns ErrLinux.
func Restore(context.Context, string, string, bool) ([]Restored, error) { return nil, ErrLinux }

func awaitEnd(context.Context, string, *os.Process) error { return ErrLinux }
