package cloud

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/publish"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/world"
	"golang.org/x/sync/errgroup"
)

func runRole() { world.Main() }

// Cloud is a running local cloud.
type Cloud struct {
	dir       string
	temporary bool
	settings  settings
	keys      credentials
	log       *slog.Logger

	lock    *os.File
	closers []func() error // in the order of opening; closed in reverse
	world   *exec.Cmd
	control *net.UnixConn

	mu      sync.Mutex
	states  map[string]world.Event // the newest of each process; the world's own under ""
	changed chan struct{}
	ended   chan struct{} // closed when the world is no more
	waited  error         // how it ended
	closing sync.Once
	closed  error
}

// Start starts a cloud and returns when its API answers. The context bounds the start alone. It fails
// with ErrInUse where the folder's cloud runs already, and where the kernel or its settings do not allow
// what a cloud needs, the error says what and how to allow it.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Cloud{log: o.Log, states: map[string]world.Event{}, changed: make(chan struct{}), ended: make(chan struct{})}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if err := c.start(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("start cloud: %w", err), c.Close())
	}
	return c, nil
}

func (c *Cloud) start(ctx context.Context, o Options) error {
	if err := c.takeFolder(o); err != nil {
		return err
	}
	listener, names, err := c.claim()
	if err != nil {
		return err
	}
	defer closeAll(names)
	if err := c.servePublishing(); err != nil {
		return err
	}
	if err := c.startWorld(names); err != nil {
		return err
	}
	if err := c.serveControl(); err != nil {
		return err
	}
	if err := c.serveAPI(listener, o.Listen); err != nil {
		return err
	}
	return c.startProcesses(ctx)
}

// takeFolder makes and locks the folder, and reads what it keeps.
func (c *Cloud) takeFolder(o Options) (err error) {
	c.dir = o.Dir
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp("", "understudy-*"); err != nil {
			return err
		}
		c.temporary = true
	}
	if c.dir, err = filepath.Abs(c.dir); err != nil {
		return err
	}
	for _, sub := range []string{"", "run", "log", "regions", "route53"} {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o700); err != nil {
			return err
		}
	}
	if c.lock, err = lockFolder(c.dir); err != nil {
		return err
	}
	if c.settings, err = loadSettings(c.dir, o); err != nil {
		return err
	}
	c.keys, err = loadCredentials(c.dir, o.Credentials)
	return err
}

// lockFolder holds the folder for this process. The kernel lets go of it when the process ends.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		pid, _ := io.ReadAll(f)
		return nil, fmt.Errorf("%w: %s, process %s", ErrInUse, dir, bytes.TrimSpace(pid))
	}
	// Written over the last one's, of the same length, for which a full disk has room.
	if _, err := fmt.Fprintf(f, "%10d\n", os.Getpid()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// claim takes a number, and so the endpoint and the name servers' addresses, and keeps it with the folder.
func (c *Cloud) claim() (listener net.Listener, names []*os.File, err error) {
	c.settings.Number, listener, err = claimNumber(c.settings.Number, func(number int) (err error) {
		names, err = openNameServers(number)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	c.onClose(listener.Close)
	if err := c.settings.save(c.dir); err != nil {
		return nil, nil, errors.Join(err, closeAll(names))
	}
	return listener, names, nil
}

func (c *Cloud) onClose(f func() error) { c.closers = append(c.closers, f) }

// openNameServers opens the loopback twins of the name servers' addresses: the datagram sockets first.
func openNameServers(number int) ([]*os.File, error) {
	var datagram, stream []*os.File
	for _, a := range address.NameServers {
		twin, _ := address.Twin(number, a)
		at := net.JoinHostPort(twin.String(), strconv.Itoa(address.HostPort(53)))
		p, err := net.ListenPacket("udp4", at)
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		f, err := p.(*net.UDPConn).File()
		p.Close()
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		datagram = append(datagram, f)
		l, err := net.Listen("tcp4", at)
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		f, err = l.(*net.TCPListener).File()
		l.Close()
		if err != nil {
			return nil, errors.Join(err, closeAll(append(datagram, stream...)))
		}
		stream = append(stream, f)
	}
	return append(datagram, stream...), nil
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// servePublishing opens loopback addresses for the processes inside, who have no host's network.
func (c *Cloud) servePublishing() error {
	l, err := c.listenUnix(world.DoorSocket(c.dir))
	if err != nil {
		return err
	}
	broker := publish.NewBroker(c.settings.Number, c.log)
	go func() {
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return // closed
			}
			go func() {
				if err := broker.Serve(conn); err != nil {
					c.log.Warn("publish", "error", err)
				}
			}()
		}
	}()
	return nil
}

func (c *Cloud) listenUnix(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	c.onClose(l.Close)
	return l, nil
}

// serveAPI opens the front door.
func (c *Cloud) serveAPI(listener net.Listener, further string) error {
	listeners := []net.Listener{listener}
	if further != "" {
		l, err := net.Listen("tcp", further)
		if err != nil {
			return fmt.Errorf("listen at %s: %w", further, err)
		}
		c.onClose(l.Close)
		listeners = append(listeners, l)
	}
	server := &http.Server{
		Handler: door.New(door.Config{
			Account: c.settings.Account, AccessKey: c.keys.ID, Secret: c.keys.Secret,
			Regions: c.settings.Regions, Socket: func(name string) string { return world.Socket(c.dir, name) }, Log: c.log,
		}),
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	c.onClose(server.Close)
	for _, l := range listeners {
		go server.Serve(l)
	}
	return nil
}

// startWorld executes the world in its namespaces, with the control socket and the name servers' sockets.
func (c *Cloud) startWorld(names []*os.File) error {
	ours, theirs, err := socketPair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	c.control = ours
	config, err := json.Marshal(world.Config{
		Dir: c.dir, Cloud: c.settings.Number, Account: c.settings.Account, Regions: c.settings.Regions,
		Speed: tempo.Speed(c.settings.Speed), Temporary: c.temporary, NameServers: len(names) / 2,
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

// withoutKeys leaves out of an environment what AWS clients read, keys above all: no process inside is one.
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

// listen keeps the newest word of each process until the world is no more.
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

func (c *Cloud) order(do, name string) error {
	return json.NewEncoder(c.control).Encode(world.Order{Do: do, Name: name})
}

// startTimeout bounds the start of each process, far above what it takes.
const startTimeout = 30 * time.Second

// startProcesses starts route53 and all regions at once.
func (c *Cloud) startProcesses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.await(ctx, "", world.Up); err != nil {
		return errors.Join(err, network.Check())
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, name := range append([]string{world.Route53}, c.settings.Regions...) {
		if err := c.order("start", name); err != nil {
			return err
		}
		all.Go(func() error { return c.await(ctx, name, world.Up) })
	}
	return all.Wait()
}
