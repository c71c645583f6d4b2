//go:build !linux

package lock

import "os"

// thisProcess describes the running process. That it has ended is not recognised on other systems: its lock then ends
// by itself.
func thisProcess() process { return process{PID: os.Getpid()} }

func ended(int, string) bool { return false }
