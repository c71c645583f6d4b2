package room

import (
	"bytes"
	"encoding/json"
)

// JSON writes what programs on the other side read, and people: with <, > and & as they are, as AWS's services write them. Each level is
// indented by indent; where that is empty, all is one line.
func JSON(v any, indent string) (string, error) {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", indent)
	err := out.Encode(v)
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), err
}
