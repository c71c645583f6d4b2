package nets

import "net/netip"

// maxPublishedPorts is the widest range of a rule whose ports get loopback twins: a rule that opens
// everything would ask for 65,536 listeners.
const maxPublishedPorts = 16

// PublicPorts returns the TCP ports of instances' public addresses that security groups open to anybody at all.
func (r *Room) PublicPorts() (ports []netip.AddrPort) {
	for _, i := range r.interfaces.All() {
		if i.Instance == "" || !i.hasPublic() {
			continue
		}
		open := r.openPorts(i.Groups)
		for _, a := range i.Addresses() {
			for _, port := range open {
				if a.Public.IsValid() {
					ports = append(ports, netip.AddrPortFrom(a.Public, port))
				}
			}
		}
	}
	return ports
}

// openPorts are the TCP ports that the rules of security groups name.
func (r *Room) openPorts(groups []string) (ports []uint16) {
	for _, id := range groups {
		g, _ := r.groups.Get(id)
		for _, x := range g.Rules {
			if x.Egress || x.Protocol != "tcp" || x.To-x.From >= maxPublishedPorts {
				continue
			}
			for port := max(x.From, 1); port <= x.To; port++ {
				ports = append(ports, uint16(port))
			}
		}
	}
	return ports
}
