package resolvers

import "syscall"

// endsWithStarter has the kernel end a process when the thread that started it ends, as when all of its starter is killed.
func endsWithStarter() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
