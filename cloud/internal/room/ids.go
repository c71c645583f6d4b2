package room

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// NewSerial returns random lower-case hexadecimal digits, as most of AWS's ids end with.
func NewSerial(digits int) string {
	b := make([]byte, (digits+1)/2)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)[:digits]
}

// NewUUID returns a random UUID (RFC 9562, version 4), as the ids of Auto Scaling, health checks and clusters are.
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
