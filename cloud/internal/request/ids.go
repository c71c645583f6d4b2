package request

import (
	"crypto/rand"
	"strings"
)

// Endpoint is the base of the URLs of new resources in AWS's answers; clients do not use them.
const Endpoint = "https://route53.amazonaws.com/2013-04-01"

const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// NewID makes an id of the form of Route 53's: a letter for the kind, and 20 capitals and digits.
func NewID(kind string) string {
	b := make([]byte, 20)
	rand.Read(b)
	for i, c := range b {
		b[i] = idAlphabet[int(c)%len(idAlphabet)]
	}
	return kind + string(b)
}

// Bare removes the kind that ids have in answers: /hostedzone/Z1 becomes Z1.
func Bare(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
