//go:build unix

package console

import "syscall"

// apart keeps Ctrl-C on the console's terminal from its commands: the console asks them to end itself, and waits.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
