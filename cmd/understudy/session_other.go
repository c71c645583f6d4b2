//go:build !unix

package main

import "syscall"

// ownSession has nothing to give: no cloud starts on such a system.
func ownSession() *syscall.SysProcAttr { return nil }
