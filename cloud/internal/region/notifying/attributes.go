package notifying

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"

	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// attribute is a message's, as an envelope has it.
type attribute struct{ Type, Value string }

// What the names and types of message attributes may be
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html, "Message attribute items and validation").
var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\..+)?$`)
)

// longestAttributeName is how many characters a name may have.
const longestAttributeName = 256

func badAttribute(format string, args ...any) error {
	return wire.Errorf("ParameterValueInvalid", format, args...)
}

// readAttributes checks a message's attributes, in the order of their names. The words are those of https://github.com/localstack/localstack,
// which compares them with AWS's.
func readAttributes(given map[string]snstypes.MessageAttributeValue) (map[string]attribute, error) {
	all := map[string]attribute{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := checkAttributeName(name); err != nil {
			return nil, err
		}
		a, err := readAttribute(name, given[name])
		if err != nil {
			return nil, err
		}
		all[name] = a
	}
	return all, nil
}

func readAttribute(name string, a snstypes.MessageAttributeValue) (attribute, error) {
	kind := room.Deref(a.DataType)
	field, value, there := "String", room.Deref(a.StringValue), a.StringValue != nil
	if strings.HasPrefix(kind, "Binary") {
		field, value, there = "Binary", base64.StdEncoding.EncodeToString(a.BinaryValue), a.BinaryValue != nil
	}
	switch {
	case !attributeType.MatchString(kind):
		return attribute{}, badAttribute("The message attribute '%s' has an invalid message attribute type, "+
			"the set of supported type prefixes is Binary, Number, and String.", name)
	case !there:
		return attribute{}, badAttribute("The message attribute '%s' with type '%s' must use field '%s'.", name, kind, field)
	case value == "":
		return attribute{}, badAttribute("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, kind)
	}
	return attribute{kind, value}, nil
}

func checkAttributeName(name string) error {
	switch {
	case len(name) > longestAttributeName:
		return badAttribute("Length of message attribute name must be less than %d bytes.", longestAttributeName)
	case strings.HasPrefix(name, "."):
		return badAttribute("Invalid message attribute name starting with character '.' was found.")
	case strings.HasSuffix(name, "."):
		return badAttribute("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return badAttribute("Message attribute name can not have successive '.' character.")
	case !attributeName.MatchString(name):
		wrong := strings.IndexFunc(name, func(c rune) bool { return c != '.' && !attributeName.MatchString(string(c)) })
		return badAttribute("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. "+
			"Can only include alphanumeric characters, hyphens, underscores, or dots.", []rune(name[max(0, wrong):] + " ")[0])
	}
	return nil
}
