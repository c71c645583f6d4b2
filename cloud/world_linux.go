package cloud

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/world"
)

// startWorld executes the world in its namespaces, with the control socket and the name servers' sockets.
func (c *Cloud) startWorld(names []*os.File) error {
	ours, theirs, err := socketPair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	c.control = ours
	config, err := json.Marshal(world.Config{
		Dir: c.dir, Cloud: c.settings.Number, Account: c.settings.Account, Endpoint: c.Endpoint(),
		Pace:      tempo.Pace{Speed: tempo.Speed(c.settings.Speed), LeastTimeout: c.settings.LeastTimeout},
		Temporary: c.temporary, NameServers: len(names) / 2, DefaultVPC: c.defaultVPC, Quotas: c.quotas,
		Authority: string(c.authority.PEM()) + string(c.issuer.PEM()),
	})
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(c.dir, "log", "world.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{world.RoleWorld, c.dir}
	cmd.Dir = "/"
	cmd.Env = append(withoutKeys(os.Environ()), "UNDERSTUDY_CONFIG="+string(config))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = append([]*os.File{theirs}, names...)
	if cmd.SysProcAttr, err = world.Namespaces(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("make the cloud's namespaces: %w", err), network.Check())
	}
	c.world = cmd
	go c.listen()
	return nil
}

// withoutKeys removes the variables of AWS clients, above all keys, from an environment: no process inside needs them.
func withoutKeys(environment []string) []string {
	return slices.DeleteFunc(environment, func(v string) bool { return strings.HasPrefix(v, "AWS_") })
}

func socketPair() (ours *net.UnixConn, theirs *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fds[0]), "control")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		syscall.Close(fds[1])
		return nil, nil, err
	}
	return conn.(*net.UnixConn), os.NewFile(uintptr(fds[1]), "control"), nil
}

// listen keeps the newest report of each process until the world has ended.
func (c *Cloud) listen() {
	words := bufio.NewScanner(c.control)
	for words.Scan() {
		var e world.Event
		if err := json.Unmarshal(words.Bytes(), &e); err != nil {
			c.log.Error("unintelligible word of the world", "error", err)
			continue
		}
		c.log.Info("process", "name", e.Name, "state", e.State, "pid", e.PID, "reason", e.Error)
		c.learn(e)
	}
	c.waited = c.world.Wait()
	close(c.ended)
}

func (c *Cloud) learn(e world.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states[e.Name] = e
	close(c.changed)
	c.changed = make(chan struct{})
}

// await waits until a process is in a state.
func (c *Cloud) await(ctx context.Context, name string, state world.State) error {
	for {
		c.mu.Lock()
		e, known := c.states[name]
		changed := c.changed
		c.mu.Unlock()
		if known && e.State == state {
			return nil
		}
		if known && e.State == world.Refused {
			return &refusal{e}
		}
		if known && e.State == world.Down && e.Error != "" {
			if name == "" {
				name = "world"
			}
			return fmt.Errorf("%s ended: %s; its log is %s", name, e.Error, filepath.Join(c.dir, "log", name+".log"))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to be %s: %w", name, state, context.Cause(ctx))
		case <-c.ended:
			return fmt.Errorf("the world ended (%w); its log is %s", c.waited, filepath.Join(c.dir, "log", "world.log"))
		case <-changed:
		}
	}
}

// refusal is the error of a process that refuses its state.
type refusal struct{ world.Event }

func (r *refusal) Error() string {
	if r.Hint == "" {
		return r.Name + ": " + r.Event.Error
	}
	return r.Name + ": " + r.Event.Error + "\nhint: " + r.Hint
}

func (c *Cloud) order(o world.Order) error { return json.NewEncoder(c.control).Encode(o) }
