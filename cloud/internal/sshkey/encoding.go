package sshkey

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"math/big"
)

// writer writes SSH's data types (RFC 4251 section 5).
type writer []byte

func (w *writer) uint32(n uint32) { *w = binary.BigEndian.AppendUint32(*w, n) }

func (w *writer) bytes(b []byte) {
	w.uint32(uint32(len(b)))
	*w = append(*w, b...)
}

func (w *writer) text(s string) { w.bytes([]byte(s)) }

// number writes a positive number: with a zero octet first where its highest bit would be taken for a sign.
func (w *writer) number(n *big.Int) {
	b := n.Bytes()
	if len(b) > 0 && b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	w.bytes(b)
}

// cutBytes reads a string of SSH's encoding.
func cutBytes(from []byte) (value, rest []byte, ok bool) {
	if len(from) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(from)
	if uint64(len(from)) < 4+uint64(n) {
		return nil, nil, false
	}
	return from[4 : 4+n], from[4+n:], true
}

// openSSH writes a private key without a passphrase in OpenSSH's format (PROTOCOL.key of its source).
func openSSH(public ed25519.PublicKey, private ed25519.PrivateKey) []byte {
	var check [4]byte
	_, _ = rand.Read(check[:]) // never fails since Go 1.24
	var secret writer
	for range 2 { // the same number twice tells that a passphrase was right
		secret = append(secret, check[:]...)
	}
	secret.text(algorithmEd25519)
	secret.bytes(public)
	secret.bytes(private)
	secret.text("") // the comment
	for pad := byte(1); len(secret)%8 != 0; pad++ {
		secret = append(secret, pad)
	}
	_, blob := Public{key: public}.blob()
	out := writer("openssh-key-v1\x00")
	out.text("none") // cipher
	out.text("none") // key derivation
	out.text("")     // its options
	out.uint32(1)    // keys
	out.bytes(blob)
	out.bytes(secret)
	return out
}
