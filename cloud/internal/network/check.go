package network

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Facts are the facts about the kernel and its settings that Check uses.
type Facts struct {
	Clone        error  // of starting a process in new user, network, mount and PID namespaces
	AppArmor     string // kernel.apparmor_restrict_unprivileged_userns; "" where the kernel has no such setting, as below
	UsernsClone  string // kernel.unprivileged_userns_clone
	MaxUserns    string // user.max_user_namespaces
	Root         bool
	Container    bool // this process is in a container, whose runtime filters system calls
	NoNamespaces bool // the kernel is built without user or network namespaces
}

// Check returns an error if this machine does not let the calling user make a local cloud's namespaces. The error
// says what forbids it and, in one sentence, how to allow it.
func Check() error { return Explain(Probe()) }

// Explain returns Check's error for these facts.
func Explain(f Facts) error {
	switch {
	case f.Clone == nil:
		return nil
	case f.NoNamespaces:
		return errors.New("the kernel has no user or network namespaces: use one built with CONFIG_USER_NS and CONFIG_NET_NS")
	case f.MaxUserns == "0":
		return errors.New("user namespaces are turned off by user.max_user_namespaces=0: allow them with `sudo sysctl -w user.max_user_namespaces=10000`")
	case errors.Is(f.Clone, syscall.ENOSPC):
		return errors.New(
			"the limit of user or network namespaces is reached: raise it with `sudo sysctl -w user.max_user_namespaces=10000 user.max_net_namespaces=10000`",
		)
	case f.Container:
		return errors.New("the container's runtime forbids namespaces (" + f.Clone.Error() +
			"): start the container with `--privileged`, " +
			"or with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`")
	case !f.Root && f.UsernsClone == "0":
		return errors.New(
			"unprivileged user namespaces are turned off by kernel.unprivileged_userns_clone=0: allow them with `sudo sysctl -w kernel.unprivileged_userns_clone=1`",
		)
	case !f.Root && f.AppArmor == "1":
		return errors.New("AppArmor restricts unprivileged user namespaces (kernel.apparmor_restrict_unprivileged_userns=1): " +
			"allow them with `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or start the cloud as root")
	}
	return errors.New("this machine refuses new namespaces (" + f.Clone.Error() + "): allow them, or start the cloud as root")
}

// Probe finds out the facts. It starts one process, which ends at once.
func Probe() Facts {
	return Facts{
		Clone:        tryClone(),
		AppArmor:     setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
		UsernsClone:  setting("/proc/sys/kernel/unprivileged_userns_clone"),
		MaxUserns:    setting("/proc/sys/user/max_user_namespaces"),
		Root:         os.Geteuid() == 0,
		Container:    exists("/.dockerenv") || exists("/run/.containerenv"),
		NoNamespaces: !exists("/proc/self/ns/user") || !exists("/proc/self/ns/net"),
	}
}

// tryClone starts a process in new namespaces. AppArmor's restriction shows only after the clone, when
// the new namespace has no capabilities: so a network namespace is asked for from inside the user
// namespace, which needs one.
func tryClone() error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"understudy-check"}
	cmd.Env = []string{checking + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); exited && len(out) > 0 {
		return errors.New(strings.TrimSpace(string(out)))
	}
	return err
}

func setting(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
