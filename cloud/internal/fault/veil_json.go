package fault

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// readJSON reads an answer that is an object in JSON, with its numbers as they are written.
func readJSON(body []byte) (map[string]any, bool) {
	if !bytes.HasPrefix(body, []byte("{")) {
		return nil, false
	}
	var document map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return document, d.Decode(&document) == nil
}

// madeInJSON is as madeIDs.
func madeInJSON(noun, parent string, object map[string]any) (ids []string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch v := object[name].(type) {
		case string:
			if isID(noun, parent, name) {
				ids = append(ids, v)
			}
		case map[string]any:
			ids = append(ids, madeInJSON(noun, name, v)...)
		}
	}
	return ids
}

// cutJSON is as cut, for a body that has been read.
func (h Hidden) cutJSON(body []byte, document map[string]any) []byte {
	if !h.cutIn(document) {
		return body
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(document) != nil {
		return body
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// cutIn takes what names a hidden thing out of the lists in an object, and tells whether there was any.
func (h Hidden) cutIn(object map[string]any) (cut bool) {
	for name, value := range object {
		switch v := value.(type) {
		case map[string]any:
			cut = h.cutIn(v) || cut
		case []any:
			left := slices.DeleteFunc(v, h.isNamedBy)
			cut = cut || len(left) < len(v)
			for _, element := range left {
				if o, ok := element.(map[string]any); ok {
					cut = h.cutIn(o) || cut
				}
			}
			object[name] = left
		}
	}
	return cut
}

// isNamedBy tells whether a list's element names a hidden thing in a member of its own.
func (h Hidden) isNamedBy(element any) bool {
	object, _ := element.(map[string]any)
	for name, value := range object {
		if text, ok := value.(string); ok && h.names(name, text) {
			return true
		}
	}
	return false
}
