//go:build linux

package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/store"
)

// The environment variables with a role's Config and, for a region, its name and its place in the address plan. None is secret.
const (
	envConfig = "UNDERSTUDY_CONFIG"
	envName   = "UNDERSTUDY_NAME"
	envIndex  = "UNDERSTUDY_INDEX"
)

// Descriptors that a role inherits.
const (
	fdControl = 3 // the world's socket to the front door
	fdReady   = 3 // where any other role says that it serves
	fdNames   = 4 // the first of the name servers' sockets
)

// Main runs the role that argv[0] names, and does not return; if it names none, Main returns at once.
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
	// Files are readable by other roles, whatever the user's umask is; their folder is private.
	syscall.Umask(0o022)
	watchHeap()
	if err := run(role); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
		if os.Args[0] != RoleWorld && !isReady.Load() {
			json.NewEncoder(os.NewFile(fdReady, "ready")).Encode(failure(err))
		}
		os.Exit(1)
	}
	os.Exit(0)
}

// failure is the message of a role that cannot serve.
func failure(err error) Event { return Failure(os.Getenv(envName), err) }

// Failure is the message of a part of a cloud that cannot serve.
func Failure(name string, err error) Event {
	e := Event{Name: name, State: Down, Error: err.Error()}
	var refused *store.Error
	if !errors.As(err, &refused) {
		return e
	}
	e.State, e.Error = Refused, refused.Error()
	switch {
	case !refused.Damaged:
	case refused.Kept.IsZero():
		e.Hint = fmt.Sprintf("there is no copy to go back to; `understudy cloud restore %s --empty` begins with nothing", name)
	default:
		e.Hint = fmt.Sprintf("`understudy cloud restore %s` goes back to the copy of %s", name, refused.Kept.UTC().Format(time.DateTime+" MST"))
	}
	return e
}

func run(role func(Config) error) error {
	var cfg Config
	if err := json.Unmarshal([]byte(os.Getenv(envConfig)), &cfg); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	return role(cfg)
}

// isReady is set when the descriptor fdReady is closed and may be another file's.
var isReady atomic.Bool

// ready reports to the world that a role serves, with its process id on the host: /proc is still the
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
