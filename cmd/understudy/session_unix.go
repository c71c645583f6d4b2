//go:build unix

package main

import "syscall"

// ownSession takes a daemon out of its starter's session, so that neither Ctrl-C nor a closed terminal
// ends it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
