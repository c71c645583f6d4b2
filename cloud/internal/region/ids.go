package region

import (
	"crypto/rand"
	"fmt"
)

// newMAC returns a locally administered hardware address, which AWS's also are.
func newMAC() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("0a:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4])
}
