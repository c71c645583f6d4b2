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

// arn returns the name of one of this region's resources: vpc/vpc-1.
func (r *Region) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + r.cfg.Name + ":" + r.cfg.Account + ":" + resource
}

// newUUID returns a random UUID (RFC 9562, version 4), which Auto Scaling's ids are.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
