//go:build !linux

package resolvers

import "syscall"

// endsWithStarter is for a starter that ends them itself: other systems have no such promise of the kernel.
func endsWithStarter() *syscall.SysProcAttr { return nil }
