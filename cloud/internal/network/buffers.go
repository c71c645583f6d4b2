package network

import "github.com/mdlayher/netlink"

// netlinkBuffer is asked for each direction of a packet filter's transaction: the kernel acknowledges
// every message, at about 800 bytes each, only once it has seen them all. Without privileges over the
// machine it gives at most net.core.rmem_max.
const netlinkBuffer = 4 << 20

func setBuffers(c *netlink.Conn) error {
	if err := c.SetReadBuffer(netlinkBuffer); err != nil {
		return err
	}
	return c.SetWriteBuffer(netlinkBuffer)
}
