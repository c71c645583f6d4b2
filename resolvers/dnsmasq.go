package resolvers

import "strconv"

// dnsmasq is its command line: no file, no uplink, and the user that it is. It leads on no name to which a CNAME of another zone leads: that is for
// whom it asks (dnsmasq(8)).
func dnsmasq(port int, up Upstream) (args []string, input string, err error) {
	server, err := addressOf(up.Server)
	return []string{
		"--conf-file=/dev/null", "--keep-in-foreground", "--log-facility=-", "--pid-file=", "--user=", "--group=",
		"--no-resolv", "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--port=" + strconv.Itoa(port),
		"--server=/" + up.Zone + "/" + server,
	}, "", err
}
