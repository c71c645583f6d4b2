package nets

import (
	"strings"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// described are the characters of groups' names and descriptions, and of their rules' descriptions: up to 255 of them
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html).
const described = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"

func isDescription(text string) bool {
	return len(text) <= 255 && !strings.ContainsFunc(text, func(c rune) bool {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		return !letter && !strings.ContainsRune(". _-:/()#,@[]+=&;{}!$*", c)
	})
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c > '~' })
}

func checkRuleDescription(text *string) error {
	if !isDescription(room.Deref(text)) {
		return wire.Errorf("InvalidParameterValue",
			"Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  %s", described)
	}
	return nil
}
