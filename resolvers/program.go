package resolvers

import (
	"errors"
	"fmt"
	"os/exec"
)

// Program is a resolver that others wrote.
type Program struct {
	Name    string
	Package string // of Debian's that has it
	// arguments are the command line and what is written to its standard input, of one that listens on a port.
	arguments func(port int, up Upstream) (args []string, input string, err error)
	started   string // what it says, before its version, when it listens
}

// Programs is the table of them.
var Programs = []Program{
	{Name: "unbound", Package: "unbound", arguments: unbound, started: "start of service (unbound "},
	{Name: "dnsmasq", Package: "dnsmasq-base", arguments: dnsmasq, started: "started, version "},
}

// Upstream is whom a resolver asks.
type Upstream struct {
	Zone   string // whose names it is asked for
	Server string // host:port of a name server of the zone
	// Others are host:port of those that know all other names, to which a CNAME may lead; without any nothing else is asked for.
	Others []string
}

// ErrMissing means that a program is not installed.
var ErrMissing = errors.New("not installed")

// Named returns the program with a name.
func Named(name string) (Program, error) {
	for _, p := range Programs {
		if p.Name == name {
			return p, nil
		}
	}
	return Program{}, fmt.Errorf("no resolver is named %q", name)
}

// Path is where the program is. It also looks where Debian keeps servers, which an unprivileged user's PATH leaves out. It fails with ErrMissing.
func (p Program) Path() (string, error) {
	for _, name := range []string{p.Name, "/usr/sbin/" + p.Name} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is %w: the Debian package %s has it", p.Name, ErrMissing, p.Package)
}
