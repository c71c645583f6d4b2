//go:build linux

package world

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/machine"
)

// The environment variable that carries a role's Config, and for a region its name. Neither is secret.
const (
	envConfig = "UNDERSTUDY_CONFIG"
	envName   = "UNDERSTUDY_NAME"
)

// Descriptors that a role inherits.
const (
	fdControl = 3 // the world's socket to the front door
	fdReady   = 3 // where any other role says that it serves
	fdNames   = 4 // the first of the name servers' sockets
)

// Main runs the role that argv[0] names, and does not return; where it names none, Main returns at once.
func Main() {
	if machine.Main() {
		os.Exit(0)
	}
	var role func(Config) error
	switch os.Args[0] {
	case RoleWorld:
		role = runWorld
	case RoleRoute53:
		role = runRoute53
	case RoleRegion:
		role = runRegion
	default:
		return
	}
	// What a role writes is for other roles, whatever the user's mask: the folder around it is private.
	syscall.Umask(0o022)
	// These processes are many and mostly idle: a smaller heap is worth the collector's extra work.
	debug.SetGCPercent(40)
	if err := run(role); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
		if os.Args[0] != RoleWorld && !isReady.Load() {
			json.NewEncoder(os.NewFile(fdReady, "ready")).Encode(Event{State: Down, Error: err.Error()})
		}
		os.Exit(1)
	}
	os.Exit(0)
}

func run(role func(Config) error) error {
	var cfg Config
	if err := json.Unmarshal([]byte(os.Getenv(envConfig)), &cfg); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	return role(cfg)
}

// isReady is set once the descriptor fdReady is no more, or is another file's.
var isReady atomic.Bool

// ready tells the world that a role serves, with its process id as the host sees it: /proc is still the
// host's.
func ready() error {
	self, err := os.Readlink("/proc/self")
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(self)
	if err != nil {
		return err
	}
	isReady.Store(true)
	pipe := os.NewFile(fdReady, "ready")
	defer pipe.Close()
	return json.NewEncoder(pipe).Encode(Event{State: Up, PID: pid})
}
