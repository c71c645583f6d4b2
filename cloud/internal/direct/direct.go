// Package direct receives and sends by system calls that Go's scheduler does not hear of. It is told of every other one, in case it waits;
// where most of the time is spent in short calls, its watchman takes the processor for lost again and again, and looks for another one. None
// of these calls waits: Go's poller does, between them (syscall.RawConn), or package poller.
package direct

import (
	"runtime"
	"syscall"
	"unsafe"
)

// Receive reads what is there. It is syscall.EAGAIN that nothing is; no byte and no error is the end.
func Receive(fd uintptr, p []byte) (int, syscall.Errno) {
	return call(syscall.SYS_RECVFROM, fd, p, syscall.MSG_DONTWAIT)
}

// Peek is Receive of what will be received again.
func Peek(fd uintptr, p []byte) (int, syscall.Errno) {
	return call(syscall.SYS_RECVFROM, fd, p, syscall.MSG_DONTWAIT|syscall.MSG_PEEK)
}

// Send writes all of it, or what there is place for; then it is syscall.EAGAIN.
func Send(fd uintptr, p []byte) (sent int, errno syscall.Errno) {
	for sent < len(p) && errno == 0 {
		var n int
		n, errno = call(syscall.SYS_SENDTO, fd, p[sent:], syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
		sent += n
	}
	return sent, errno
}

// call receives or sends, which takes the same arguments.
func call(number, fd uintptr, p []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		runtime.KeepAlive(p)
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
