package cloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/world"
)

// KillRegion kills a region as an outage would: by SIGKILL of its process, and with it of its control
// plane, its load balancers and its instances. What it had acknowledged is on disk.
func (c *Cloud) KillRegion(ctx context.Context, name string) error {
	if err := c.knows(name); err != nil {
		return err
	}
	if c.state(name) == world.Refused {
		return nil // it is not there
	}
	return c.endRegion(ctx, name)
}

// endRegion kills a region's process, where there is one.
func (c *Cloud) endRegion(ctx context.Context, name string) error {
	if err := c.order(world.Order{Do: "kill", Name: name}); err != nil {
		return fmt.Errorf("kill region %s: %w", name, err)
	}
	for {
		c.mu.Lock()
		state, changed := c.states[name].State, c.changed
		c.mu.Unlock()
		if state == world.Down {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.ended:
			return errors.New("the cloud has ended")
		case <-changed:
		}
	}
}

func (c *Cloud) state(name string) world.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.states[name].State
}

// StartRegion starts a lost region, or one of AWS's that the cloud did not have, and returns when its API answers; its instances
// may start later.
func (c *Cloud) StartRegion(ctx context.Context, name string) error {
	if c.knows(name) != nil {
		return c.regions.Ask(ctx, name)
	}
	if err := c.startProcess(ctx, name, c.regions.index(name)); err != nil {
		return fmt.Errorf("start region %s: %w", name, err)
	}
	return nil
}

func (c *Cloud) startProcess(ctx context.Context, name string, index int) error {
	if name == world.Identity {
		return c.openIdentity()
	}
	c.mu.Lock()
	if e := c.states[name]; e.State != world.Up {
		delete(c.states, name) // its old reason is not the new one's
	}
	c.mu.Unlock()
	if err := c.order(world.Order{Do: "start", Name: name, Index: index}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return c.await(ctx, name, world.Up)
}

func (c *Cloud) knows(region string) error {
	if c.regions.index(region) == 0 {
		return unknownRegion(region, c.regions.List())
	}
	return nil
}

// Status returns the state of the cloud and of its processes.
func (c *Cloud) Status() Status {
	s := Status{
		Endpoint: c.Endpoint(), Resolver: c.Resolver(), Dir: c.dir, Account: c.settings.Account,
		Speed: c.settings.Speed, Regions: c.regions.List(), Faults: c.Faults(),
		Processes: []Process{
			measured(Process{Name: "front door", State: string(world.Up), PID: os.Getpid()}),
			measured(Process{Name: "world", State: string(world.Up), PID: c.world.Process.Pid}),
		},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	names := append([]string{world.Route53}, s.Regions...)
	if c.states[world.Identity].State != world.Up { // it has no process of its own to tell of
		names = append(names, world.Identity)
	}
	for _, name := range names {
		e := c.states[name]
		p := Process{Name: name, State: string(world.Down), Reason: e.Error, Hint: e.Hint}
		if e.State == world.Up || e.State == world.Refused {
			p.State, p.PID = string(e.State), e.PID
		}
		s.Processes = append(s.Processes, measured(p))
	}
	return s
}

// measured reads a process's memory, if the host allows it.
func measured(p Process) Process {
	if p.PID == 0 {
		return p
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.PID))
	if err != nil {
		return p
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		kilobytes, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			continue
		}
		switch f[0] {
		case "Rss:":
			p.RSS = kilobytes << 10
		case "Pss:":
			p.PSS = kilobytes << 10
		}
	}
	return p
}

// closeTimeout is how long the world may take to end by itself before it is killed.
const closeTimeout = 10 * time.Second

// Close ends the cloud and returns when all its processes have ended. A temporary folder is removed, another one is
// kept. Further calls do nothing and return the same error.
func (c *Cloud) Close() error {
	c.closing.Do(func() { c.closed = c.close() })
	return c.closed
}

func (c *Cloud) close() error {
	var errs []error
	if c.world != nil {
		errs = append(errs, c.endWorld())
	}
	c.regions.close()
	for _, f := range slices.Backward(c.closers) {
		if err := f(); err != nil && !isClosed(err) {
			errs = append(errs, err)
		}
	}
	if c.temporary || c.remove.Load() {
		errs = append(errs, removeAll(c.dir))
	}
	if c.lock != nil {
		errs = append(errs, unlockFolder(c.lock))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop cloud: %w", err)
	}
	return nil
}

// removeAll removes a folder. Instances, which are root in it, may have left folders whose modes this process's user,
// their owner, must change first.
func removeAll(dir string) error {
	err := os.RemoveAll(dir)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(path, 0o700)
		}
		return err
	})
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// endWorld asks the world to end, and kills it if it does not.
func (c *Cloud) endWorld() error {
	c.order(world.Order{Do: "stop"}) // a world that is gone already has ended, too
	late := time.AfterFunc(closeTimeout, func() { c.world.Process.Kill() })
	defer late.Stop()
	<-c.ended
	return c.control.Close()
}

// Ended is closed when the cloud's world has ended, by Close or otherwise.
func (c *Cloud) Ended() <-chan struct{} { return c.ended }
