package room

import (
	"strings"
	"unicode/utf8"
)

// MaxTags is how many tags a resource may have; those of AWS itself (aws:autoscaling:groupName) do not count.
const MaxTags = 50

// TagFault is a kind of error in a tag.
type TagFault int

// The limits of https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html, in
// characters. Each service has its own error messages for them.
const (
	TagFits      TagFault = iota
	EmptyKey              // a key has at least one
	LongKey               // and 128 at most
	LongValue             // 256 at most
	ReservedKey           // it begins with aws:, in any case
	DuplicateKey          // the same key twice in one request
)

// CheckTags returns the first tag of a request that exceeds the limits, and how.
func CheckTags[T any](tags []T, of func(T) (key, value *string)) (T, TagFault) {
	seen := map[string]bool{}
	for _, t := range tags {
		key, value := of(t)
		k := Deref(key)
		fault := checkTag(k, Deref(value))
		if fault == TagFits && seen[k] {
			fault = DuplicateKey
		}
		if fault != TagFits {
			return t, fault
		}
		seen[k] = true
	}
	var none T
	return none, TagFits
}

func checkTag(key, value string) TagFault {
	switch {
	case key == "":
		return EmptyKey
	case utf8.RuneCountInString(key) > 128:
		return LongKey
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return ReservedKey
	case utf8.RuneCountInString(value) > 256:
		return LongValue
	}
	return TagFits
}

// OwnTags counts the tags that are the user's.
func OwnTags(tags map[string]string) int {
	n := 0
	for k := range tags {
		if !strings.HasPrefix(k, "aws:") {
			n++
		}
	}
	return n
}
