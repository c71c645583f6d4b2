package userdata

import (
	"fmt"
	"strconv"
	"strings"
)

// text is a scalar as text; "" for what is none.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any, []any:
		return ""
	}
	return fmt.Sprint(v)
}

// truth reads a boolean as YAML 1.1 has it, which cloud-init's reader follows: yes, on and true.
func truth(v any) bool {
	switch strings.ToLower(text(v)) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

// list is a list, or a single value as a list of one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// split is a list; text with commas is one too where cloud-init splits it.
func split(v any) []any {
	s, ok := v.(string)
	if !ok {
		return list(v)
	}
	var all []any
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// texts are the scalars of what split gives.
func texts(v any) []string { return lines(split(v)) }

// lines are the scalars of a list, or one text as it is.
func lines(v any) (all []string) {
	for _, e := range list(v) {
		if s := text(e); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// quote makes a word of a text for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// words quotes each and joins them.
func words(all ...string) string {
	quoted := make([]string, len(all))
	for i, w := range all {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

// mode is a file's mode in octal: text is octal, and a number is what YAML made of it.
func mode(v any, otherwise string) (string, error) {
	switch v := v.(type) {
	case nil:
		return otherwise, nil
	case string:
		n, err := strconv.ParseUint(strings.TrimPrefix(v, "0o"), 8, 12)
		if err != nil {
			return "", fmt.Errorf("permissions %q are no octal mode", v)
		}
		return fmt.Sprintf("%04o", n), nil
	case int, int64, uint64:
		n, err := strconv.ParseUint(fmt.Sprint(v), 10, 12)
		if err != nil {
			return "", fmt.Errorf("permissions %v are no mode", v)
		}
		return fmt.Sprintf("%04o", n), nil
	}
	return "", fmt.Errorf("permissions %v are no mode", v)
}
