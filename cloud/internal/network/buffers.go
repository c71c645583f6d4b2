package network

import "github.com/mdlayher/netlink"

// netlinkBuffer is the size, in bytes, of the socket buffers for a packet filter's transaction: the kernel acknowledges
// every message, with about 800 bytes each, only after it has read all of them. Without privileges on the
// machine it gives at most net.core.rmem_max.
const netlinkBuffer = 4 << 20

func setBuffers(c *netlink.Conn) error {
	if err := c.SetReadBuffer(netlinkBuffer); err != nil {
		return err
	}
	return c.SetWriteBuffer(netlinkBuffer)
}
