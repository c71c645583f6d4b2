package direct

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Events asks an epoll instance what has happened, as far as there is place for it (epoll_wait(2) without a time-out).
func Events(epoll uintptr, events []unix.EpollEvent) int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, epoll, uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno != 0 { // a signal came
		return 0
	}
	return int(n)
}
