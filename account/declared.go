package account

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// TagKeys tells which other tags a declaration has given to a resource, so that one that is no longer declared is taken away, and
// what somebody else has added stays. A value has 256 characters at most ("Tag your Amazon EC2 resources" in the Amazon EC2 User Guide),
// too few for forty keys: each stands there as keyLength characters of its digest.
const TagKeys = "understudy:tags"

const keyLength = 6 // of base64, 36 bits; forty of them have 240 characters

// Declared returns a copy of the tags with those that a declaration gives to everything.
func (t Tags) Declared(tags map[string]string) Tags {
	if len(tags) == 0 {
		return t
	}
	more, kept := maps.Clone(t), ""
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		more[k], kept = tags[k], kept+keyDigest(k)
	}
	more[TagKeys] = kept
	return more
}

func keyDigest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.URLEncoding.EncodeToString(sum[:])[:keyLength]
}

// Keeps tells whether a resource with these other tags has all of these, and none that a declaration has given to it before. The tag
// Name is for people, who may change it.
func (t Tags) Keeps(others map[string]string) bool {
	for k, v := range t {
		if have, ok := others[k]; k != "Name" && (!ok || have != v) {
			return false
		}
	}
	return others[TagKeys] == t[TagKeys]
}

// Stale returns the keys of the others that a declaration has given to their resource and gives no longer.
func (t Tags) Stale(others map[string]string) (keys []string) {
	for _, k := range slices.Sorted(maps.Keys(others)) {
		if _, declared := t[k]; !declared && (k == TagKeys || givenBefore(others, k)) {
			keys = append(keys, k)
		}
	}
	return keys
}

// givenBefore tells whether a declaration has given the tag with this key.
func givenBefore(tags map[string]string, key string) bool {
	for some := range slices.Chunk([]byte(tags[TagKeys]), keyLength) {
		if string(some) == keyDigest(key) {
			return true
		}
	}
	return false
}

// Text renders, of a resource's tags, whether they are the stack's, and those that a declaration gives or has given. The texts of two
// resources are equal where both keep these tags.
func (t Tags) Text(others map[string]string) string {
	for k, v := range t {
		if strings.HasPrefix(k, "understudy:") && k != TagKeys && others[k] != v {
			return "no"
		}
	}
	texts := []string{"yes"}
	for _, k := range slices.Sorted(maps.Keys(others)) {
		if _, declared := t[k]; !strings.HasPrefix(k, "understudy:") && k != "Name" && (declared || givenBefore(others, k)) {
			texts = append(texts, k+"="+quoted(others[k]))
		}
	}
	text := strings.Join(texts, ", ")
	if !t.Keeps(others) && text == t.Text(t) {
		text += ", but for " + TagKeys
	}
	return text
}

// quoted keeps what separates tags apart from what is in them.
func quoted(value string) string {
	if strings.ContainsAny(value, `,"`) {
		return strconv.Quote(value)
	}
	return value
}
