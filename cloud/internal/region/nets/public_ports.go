package nets

import "net/netip"

// maxPublishedPorts is the widest range of a rule whose ports get loopback twins: a rule that opens
// everything would ask for 65,536 listeners.
const maxPublishedPorts = 16

// PublicPorts returns the TCP ports of instances' public addresses that security groups open to anybody at all.
func (r *Room) PublicPorts() (ports []netip.AddrPort) {
	for _, i := range r.interfaces.All() {
		if i.Instance == "" || !i.Public.IsValid() {
			continue
		}
		for _, id := range i.Groups {
			g, _ := r.groups.Get(id)
			for _, x := range g.Rules {
				if x.Egress || x.Protocol != "tcp" || x.To-x.From >= maxPublishedPorts {
					continue
				}
				for port := max(x.From, 1); port <= x.To; port++ {
					ports = append(ports, netip.AddrPortFrom(i.Public, uint16(port)))
				}
			}
		}
	}
	return ports
}
