package request

import (
	"crypto/rand"
	"strings"
)

// Endpoint is where AWS says that a resource it made is; clients do not follow it.
const Endpoint = "https://route53.amazonaws.com/2013-04-01"

const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// NewID makes an id of the shape of Route 53's: a letter for the kind and 20 capitals and digits.
func NewID(kind string) string {
	b := make([]byte, 20)
	rand.Read(b)
	for i, c := range b {
		b[i] = idAlphabet[int(c)%len(idAlphabet)]
	}
	return kind + string(b)
}

// Bare strips the kind that ids are answered with: /hostedzone/Z1 becomes Z1.
func Bare(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
