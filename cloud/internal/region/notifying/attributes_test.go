package notifying

import (
	"strings"
	"testing"

	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
func TestMessageAttributesAreChecked(t *testing.T) {
	text := func(kind string, value *string) snstypes.MessageAttributeValue {
		return snstypes.MessageAttributeValue{DataType: &kind, StringValue: value}
	}
	good := text("String", new("v"))
	for _, c := range []struct {
		name string
		a    snstypes.MessageAttributeValue
		want string
	}{
		{"a.b-c_1", good, ""},
		{"k", text("Number.int", new("1")), ""},
		{"k", snstypes.MessageAttributeValue{DataType: new("Binary"), BinaryValue: []byte{1}}, ""},
		{"k", text("Foo", new("v")), "The message attribute 'k' has an invalid message attribute type, " +
			"the set of supported type prefixes is Binary, Number, and String."},
		{"k", text("Strings", new("v")), "The message attribute 'k' has an invalid message attribute type, " +
			"the set of supported type prefixes is Binary, Number, and String."},
		{"k", text("Binary", new("v")), "The message attribute 'k' with type 'Binary' must use field 'Binary'."},
		{"k", text("String", nil), "The message attribute 'k' with type 'String' must use field 'String'."},
		{"k", text("String", new("")), "The message attribute 'k' must contain non-empty message attribute value for message attribute type 'String'."},
		{".k", good, "Invalid message attribute name starting with character '.' was found."},
		{"k.", good, "Invalid message attribute name ending with character '.' was found."},
		{"k..l", good, "Message attribute name can not have successive '.' character."},
		{"k l", good, "Invalid non-alphanumeric character '#x20' was found in the message attribute name. " +
			"Can only include alphanumeric characters, hyphens, underscores, or dots."},
		{strings.Repeat("k", 257), good, "Length of message attribute name must be less than 256 bytes."},
	} {
		read, err := readAttributes(map[string]snstypes.MessageAttributeValue{c.name: c.a})
		switch {
		case c.want == "" && (err != nil || read[c.name].Type != *c.a.DataType):
			t.Errorf("%q %q: %v, %+v", c.name, *c.a.DataType, err, read)
		case c.want != "" && (err == nil || err.Error() != "ParameterValueInvalid: "+c.want):
			t.Errorf("%q %q: %v, want %q", c.name, *c.a.DataType, err, c.want)
		}
	}
}
