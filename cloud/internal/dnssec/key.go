// Package dnssec holds the keys of signed zones and signs record sets with them, by the one algorithm that Route
// 53 has: ECDSA with curve P-256 and SHA-256 (RFC 6605).
//
// It has no clock: the caller passes the time.
package dnssec

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/miekg/dns"
)

// KSK and ZSK are the flags of the keys that sign the keys, and of those that sign everything else (RFC 4034, 2.1.1:
// bit 7 is ZONE; RFC 3757: bit 15 is SEP).
const (
	KSK = dns.ZONE | dns.SEP
	ZSK = dns.ZONE
)

// Key is a key pair. It never changes.
type Key struct {
	private *ecdsa.PrivateKey
	record  dns.DNSKEY // without owner and TTL
	tag     uint16
}

// Generate makes a key pair for these flags.
func Generate(flags uint16) (*Key, error) {
	for {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make a key pair: %w", err)
		}
		// miekg/dns takes the tag 0 for a missing tag; one key in 65,536 has it, and is not used.
		if k, err := newKey(flags, private); err != nil || k.tag != 0 {
			return k, err
		}
	}
}

// Parse reads what Bytes returned.
func Parse(flags uint16, private []byte) (*Key, error) {
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), private)
	if err != nil {
		return nil, fmt.Errorf("read a private key: %w", err)
	}
	return newKey(flags, k)
}

// newKey makes the DNSKEY of a key pair. Its key is the point without the octet 4, which marks an uncompressed point
// (RFC 6605, section 4).
func newKey(flags uint16, private *ecdsa.PrivateKey) (*Key, error) {
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read a public key: %w", err)
	}
	k := &Key{private: private, record: dns.DNSKEY{
		Hdr:   dns.RR_Header{Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET},
		Flags: flags, Protocol: 3, Algorithm: dns.ECDSAP256SHA256, PublicKey: base64.StdEncoding.EncodeToString(point[1:]),
	}}
	k.tag = k.record.KeyTag()
	return k, nil
}

// Bytes is the private key, for Parse.
func (k *Key) Bytes() ([]byte, error) { return k.private.Bytes() }

// Tag is the number by which signatures refer to the key (RFC 4034, appendix B).
func (k *Key) Tag() uint16 { return k.tag }

// PublicKey is the public key in base64, as in DNSKEY records.
func (k *Key) PublicKey() string { return k.record.PublicKey }

// Record is the key's DNSKEY record in a zone. TTL is in seconds.
func (k *Key) Record(zone string, ttl uint32) *dns.DNSKEY {
	r := k.record
	r.Hdr.Name, r.Hdr.Ttl = zone, ttl
	return &r
}

// DS is the record for the zone's parent zone: the key's digest by SHA-256 (RFC 4509).
func (k *Key) DS(zone string, ttl uint32) *dns.DS { return k.Record(zone, ttl).ToDS(dns.SHA256) }

// Keys are those of a signed zone.
type Keys struct {
	// KSKs are the active ones, one or two. Each of them signs the keys.
	KSKs []*Key
	// ZSK signs everything else.
	ZSK *Key
}

// keysTTL is the TTL of the keys in seconds, as Route 53 answers it.
const keysTTL = 3600

// Records are the zone's DNSKEY records.
func (k *Keys) Records(zone string) []dns.RR {
	rrs := make([]dns.RR, 0, len(k.KSKs)+1)
	for _, key := range k.KSKs {
		rrs = append(rrs, key.Record(zone, keysTTL))
	}
	return append(rrs, k.ZSK.Record(zone, keysTTL))
}
