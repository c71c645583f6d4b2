//go:build unix

package main

import "syscall"

// ownSession gives a daemon its own session, so that neither Ctrl-C nor a closed terminal of the process
// that started it ends it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
