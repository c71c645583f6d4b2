package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/rootfs"
)

// Role is the argv[0] under which the program is executed again for an instance.
const Role = "understudy-instance"

// Descriptors the child inherits beside the standard ones.
const (
	configFD = 3
	reportFD = 4
)

// bootConfig is the child's configuration.
type bootConfig struct {
	ID, Hostname, Address, Domain string
	Resolvers                     []netip.Addr
	Base, Dir                     string
	Layers                        []string
	UserData                      []byte
	PublicKey                     string
	Service                       *rootfs.Service
	Volumes                       []Volume
	Memory                        int64
	Trusted                       []byte
}

// Main does the work of an instance's process and never returns when the program was executed as one;
// otherwise it returns false. Call it before anything else in main and in TestMain.
func Main() bool {
	if len(os.Args) < 2 || os.Args[0] != Role {
		return false
	}
	switch os.Args[1] {
	case "boot":
		tell(boot().Error())
		os.Exit(1)
	case "terminate":
		terminateAll()
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, Role+": unknown order", os.Args[1])
	os.Exit(2)
	return true
}

// boot turns this process into the instance's first. It returns only with an error. Capabilities and
// the like belong to a thread: the goroutine stays on one up to the exec.
func boot() error {
	runtime.LockOSThread()
	unix.Umask(0o022) // the caller's may be stricter, and others than root must find their way inside
	config, err := configure()
	if err != nil {
		return err
	}
	if err := dieFirst(); err != nil {
		return err
	}
	overlays, err := openOverlays(config)
	if err != nil {
		return err
	}
	volumes, err := openVolumes(config.Volumes)
	if err != nil {
		return err
	}
	if err := becomeRoot(); err != nil {
		return err
	}
	if err := enterRoot(config, overlays, volumes); err != nil {
		return err
	}
	reader, err := attachConsole()
	if err != nil {
		return err
	}
	if err := tell(reportConsole, reader); err != nil {
		return err
	}
	unix.Close(reader)
	if err := furnish(config); err != nil {
		return err
	}
	if err := limit(config.Memory); err != nil {
		return err
	}
	if err := confine(); err != nil {
		return err
	}
	return begin(config)
}

// configure tells the region this process's number on the host, which /proc still has, for it to be given its ids,
// and returns the configuration that then comes.
func configure() (config bootConfig, err error) {
	self, err := os.Readlink("/proc/self")
	if err != nil {
		return config, err
	}
	if err := tell(reportPID + self); err != nil {
		return config, err
	}
	f := os.NewFile(configFD, "config")
	defer f.Close()
	if err := json.NewDecoder(f).Decode(&config); err != nil {
		return config, fmt.Errorf("read configuration: %w", err)
	}
	return config, nil
}

var bootEnvironment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"}

// begin starts the boot script, and the image's service where nothing else is asked for, and then replaces itself, the first
// process, by a sleep. Beside a service it stays, to tell how that ends, and in an image that has no sleep.
func begin(config bootConfig) error {
	bootEnvironment = append(bootEnvironment, trustVariables...)
	if err := startScript(config.ID, len(config.UserData) > 0); err != nil {
		return err
	}
	service := 0
	if config.Service != nil && len(config.UserData) == 0 {
		service = startService(config.Service)
	}
	if err := tell(reportReady); err != nil {
		return err
	}
	if service == 0 && isProgram("/bin/sleep") {
		err := becomeSleep()
		return fmt.Errorf("exec /bin/sleep: %w", err)
	}
	unix.Close(reportFD)
	return attendService(service, config.Service)
}

// startScript starts the boot script. In an image without a shell nothing can run it, and no other script.
func startScript(id string, wanted bool) error {
	if !isProgram("/bin/sh") {
		if wanted {
			fmt.Println("understudy: the user data cannot run: the image has no /bin/sh")
		}
		return nil
	}
	script := &exec.Cmd{
		Path: "/bin/sh", Args: []string{"sh", bootScriptPath, id}, Env: bootEnvironment, Dir: "/",
		Stdout: os.Stdout, Stderr: os.Stderr, SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := script.Start(); err != nil {
		return fmt.Errorf("run boot script: %w", err)
	}
	return nil
}

// isProgram tells whether a path of the instance is a program.
func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// becomeSleep replaces this process. SIGCHLD is ignored, also after the exec, so that the kernel itself reaps the orphans of the
// first process.
func becomeSleep() error {
	signal.Ignore(syscall.SIGCHLD)
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil) // what ended before
		if pid <= 0 && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	return syscall.Exec("/bin/sleep", []string{"sleep", "infinity"}, bootEnvironment)
}

// terminateAll runs inside an instance's PID namespace: SIGTERM to everyone but the first process and
// itself, which is what kill(-1) means, and then it waits until the two are alone.
func terminateAll() {
	if unix.Kill(-1, unix.SIGTERM) != nil {
		return
	}
	for unix.Kill(-1, 0) == nil {
		time.Sleep(2 * time.Millisecond)
	}
}

// topFolders are the folders of the host's root that an instance sees, each as an overlay of its own:
// an overlay over the whole root is refused where the host has mounts below it.
// Not among them is /boot, which has no use here and often such a mount.
var topFolders = []string{"bin", "etc", "lib", "lib32", "lib64", "libx32", "opt", "sbin", "srv", "usr", "var"}

// ownFolders begin empty: an instance has homes, but not the host's.
var ownFolders = []string{"home", "root"}

// rootLayer is the name of a layer's folder for files in the root itself.
const rootLayer = "@root"

func upperOf(dir, name string) string { return filepath.Join(upperDir(dir), name) }
