//go:build !unix

package console

import "syscall"

func apart() *syscall.SysProcAttr { return nil }
