package resolvers

import (
	"fmt"
	"strings"
)

// unboundServer is the part of the configuration that does not depend on whom it asks. All that concerns how long answers are kept is unbound's default
// (unbound.conf(5)). Users alone on this machine are answered, and names of the zone alone: else unbound has zones of its own, "test" among them.
// It validates nothing, having no anchor.
const unboundServer = `server:
  interface: 127.0.0.1@%d
  access-control: 0.0.0.0/0 refuse
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "/"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "%s." transparent
remote-control:
  control-enable: no
`

// unbound is its command line and its configuration. The root is one of its name servers, too, so that it never asks the Internet's.
func unbound(port int, up Upstream) (args []string, input string, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, unboundServer, port, up.Zone)
	server, err := addressOf(up.Server)
	if err != nil {
		return nil, "", err
	}
	at := func(address string) string { return strings.Replace(address, "#", "@", 1) }
	stub := func(zone string) { fmt.Fprintf(&b, "stub-zone:\n  name: \"%s.\"\n  stub-addr: %s\n", zone, at(server)) }
	stub(up.Zone)
	if len(up.Others) == 0 {
		stub("")
	} else {
		b.WriteString("forward-zone:\n  name: \".\"\n")
	}
	for _, o := range up.Others {
		other, err := addressOf(o)
		if err != nil {
			return nil, "", err
		}
		fmt.Fprintf(&b, "  forward-addr: %s\n", at(other))
	}
	return []string{"-d", "-p", "-c", "/dev/stdin"}, b.String(), nil
}
