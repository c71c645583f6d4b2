//go:build linux

package world

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/lend"
	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/network"
	"golang.org/x/sys/unix"
)

// stopGrace is how long a process may take to end after SIGTERM.
const stopGrace = 3 * time.Second

// world is the running PID 1.
type world struct {
	cfg     Config
	names   []*os.File // the name servers' sockets, kept for a route53 that is started again
	control net.Conn
	api     *lend.Loan // of the API's address, as long as the world runs

	mu      sync.Mutex // guards running, and writes to control
	running map[string]*process
	served  sync.Map // names of the processes that were up once

	starting sync.Mutex // held while a process is started; guards ending
	ending   bool       // no process shall start any more
}

// process is one child.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
}

func runWorld(cfg Config) error {
	// A terminal's Ctrl-C signals the whole group; only the front door decides what to do.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM)
	control, err := controlSocket()
	if err != nil {
		return err
	}
	w := &world{cfg: cfg, control: control, running: map[string]*process{}}
	for i := range 2 * cfg.NameServers {
		fd := fdNames + i
		unix.CloseOnExec(fd)
		w.names = append(w.names, os.NewFile(uintptr(fd), "name server"))
	}
	if err := w.prepare(); err != nil {
		w.tell(Event{State: Down, Error: err.Error()})
		return err
	}
	w.tell(Event{State: Up})
	w.obey()
	w.end()
	return nil
}

func controlSocket() (net.Conn, error) {
	f := os.NewFile(fdControl, "control")
	defer f.Close()
	return net.FileConn(f)
}

// prepare sets up the namespaces and the folder that regions share, and has the front door answer on the internet.
func (w *world) prepare() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := machine.EmptyHost(hostFolder(w.cfg.Dir)); err != nil {
		return err
	}
	if err := network.PrepareInternet(); err != nil {
		return err
	}
	l, err := net.Listen("tcp4", address.String(address.API, 443))
	if err != nil {
		return err
	}
	defer l.Close() // the front door has a descriptor of its own
	w.api, err = lend.Lend(APISocket(w.cfg.Dir), l, lend.Terms{})
	return err
}

// obey carries out orders until the front door closes the socket or ends.
func (w *world) obey() {
	orders := bufio.NewScanner(w.control)
	for orders.Scan() {
		var o Order
		if err := json.Unmarshal(orders.Bytes(), &o); err != nil {
			slog.Error("unintelligible order", "error", err)
			continue
		}
		switch o.Do {
		case "start":
			w.start(o)
		case "kill":
			w.kill(o.Name)
		case "stop":
			w.stopAll()
			return
		}
	}
}

func (w *world) tell(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := json.NewEncoder(w.control).Encode(e); err != nil && !errors.Is(err, syscall.EPIPE) {
		slog.Error("tell the front door", "error", err)
	}
}

// start starts a process and reports when it serves, or why it does not.
func (w *world) start(o Order) {
	name := o.Name
	w.starting.Lock()
	defer w.starting.Unlock()
	if w.ending {
		return
	}
	w.mu.Lock()
	_, runs := w.running[name]
	w.mu.Unlock()
	if runs {
		w.tell(Event{Name: name, State: Up})
		return
	}
	p, ready, err := w.launch(o)
	if err != nil {
		w.tell(Event{Name: name, State: Down, Error: err.Error()})
		return
	}
	w.mu.Lock()
	w.running[name] = p
	w.mu.Unlock()
	go w.attend(p, ready)
}

// attend reports when a process serves and when it has ended. A lost region is an outage and stays lost
// until the front door orders its start. Route 53 is different: once it has served, it is started again whenever it
// ends, as long as the world runs.
func (w *world) attend(p *process, ready *os.File) {
	defer ready.Close()
	again := time.Now().Add(restartPause)
	var e Event
	if json.NewDecoder(ready).Decode(&e) == nil && e.State == Up {
		e.Name = p.name
		w.tell(e)
		w.served.Store(p.name, true)
	}
	ended := Event{Name: p.name, State: Down, Error: reason(p.cmd.Wait())}
	if e.State != Up && e.Error != "" { // it said why it could not serve
		ended.State, ended.Error, ended.Hint = e.State, e.Error, e.Hint
	}
	w.mu.Lock()
	delete(w.running, p.name)
	w.mu.Unlock()
	close(p.done)
	w.tell(ended)
	if _, served := w.served.Load(p.name); p.name != Route53 || !served || ended.State == Refused {
		return
	}
	time.AfterFunc(time.Until(again), func() { w.start(Order{Name: p.name}) })
}

// restartPause is the least time between two starts of a process that ends repeatedly.
const restartPause = time.Second

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// launch executes a role with its log, its ready pipe and its namespaces.
func (w *world) launch(o Order) (*process, *os.File, error) {
	name := o.Name
	log, err := openLog(filepath.Join(w.cfg.Dir, "log", name+".log"))
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer readyW.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{RoleRegion, name, w.cfg.Dir}
	cmd.Env = append(os.Environ(), envName+"="+name, envIndex+"="+strconv.Itoa(o.Index))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{readyW}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if name == Route53 {
		cmd.Args[0] = RoleRoute53
		cmd.ExtraFiles = append(cmd.ExtraFiles, w.names...)
	} else {
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWPID | unix.CLONE_NEWNS
	}
	if err := cmd.Start(); err != nil {
		readyR.Close()
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &process{name: name, cmd: cmd, done: make(chan struct{})}, readyR, nil
}

// maxLog is the size in bytes from which a log is renamed, and a new one begun, when its process starts.
const maxLog = 10 << 20

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// kill ends a process by SIGKILL, and with it everything in its namespaces.
func (w *world) kill(name string) {
	w.mu.Lock()
	p := w.running[name]
	w.mu.Unlock()
	if p == nil {
		w.tell(Event{Name: name, State: Down})
		return
	}
	p.cmd.Process.Kill()
	<-p.done
}

// last returns the running processes, and prevents that others start.
func (w *world) last() (all []*process) {
	w.starting.Lock()
	w.ending = true
	w.starting.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.running {
		all = append(all, p)
	}
	return all
}

// stopAll ends every process by SIGTERM, and kills those that take longer than stopGrace.
func (w *world) stopAll() {
	all := w.last()
	for _, p := range all {
		p.cmd.Process.Signal(syscall.SIGTERM)
	}
	late := time.AfterFunc(stopGrace, func() {
		for _, p := range all {
			p.cmd.Process.Kill()
		}
	})
	defer late.Stop()
	for _, p := range all {
		<-p.done
	}
}

// end kills what is left and removes a temporary folder. Only the world's root can do that: instances leave files in it
// that the host's user has no right to remove.
func (w *world) end() {
	for _, p := range w.last() {
		p.cmd.Process.Kill()
		<-p.done
	}
	if w.cfg.Temporary {
		_ = unix.Unmount(hostFolder(w.cfg.Dir), unix.MNT_DETACH) // a folder on which something is mounted cannot be removed; EINVAL where nothing is
		if err := os.RemoveAll(w.cfg.Dir); err != nil {
			slog.Error("remove the cloud's folder", "error", err)
		}
	}
}
