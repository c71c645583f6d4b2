package userdata

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// writeFiles writes the files that are to be written before, or after, users and packages are there
// (https://docs.cloud-init.io/en/latest/reference/modules.html#write-files).
func (r *reader) writeFiles(deferred bool) string {
	var b strings.Builder
	for _, e := range list(r.config["write_files"]) {
		f, ok := e.(map[string]any)
		if !ok {
			r.note("write_files: an entry is no mapping")
			continue
		}
		if truth(f["defer"]) != deferred {
			continue
		}
		script, err := writeFile(f)
		if err != nil {
			r.note("write_files: %v", err)
			continue
		}
		b.WriteString(script)
	}
	return b.String()
}

// writeFile writes one file. Its content goes through base64, so that the shell has no say in it.
func writeFile(f map[string]any) (string, error) {
	path := text(f["path"])
	if path == "" {
		return "", fmt.Errorf("an entry has no path")
	}
	if f["source"] != nil {
		return "", fmt.Errorf("%s: source is not supported: an instance of this cloud reaches nothing outside of it", path)
	}
	content, err := decoded(text(f["content"]), text(f["encoding"]))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	permissions, err := mode(f["permissions"], "0644")
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	to := ">"
	if truth(f["append"]) {
		to = ">>"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "f=%s\nmkdir -p \"$(dirname \"$f\")\"\n", quote(path))
	fmt.Fprintf(&b, "base64 -d %s\"$f\" <<'.'\n%s.\nchmod %s \"$f\"\n", to, folded(content), permissions)
	if owner := text(f["owner"]); owner != "" && owner != "root:root" {
		fmt.Fprintf(&b, "chown %s \"$f\"\n", quote(owner))
	}
	return b.String(), nil
}

// folded is base64 in lines that any base64 reads.
func folded(content []byte) string {
	const width = 76
	all := base64.StdEncoding.EncodeToString(content)
	var b strings.Builder
	for len(all) > width {
		b.WriteString(all[:width] + "\n")
		all = all[width:]
	}
	if all != "" {
		b.WriteString(all + "\n")
	}
	return b.String()
}

// decoded undoes the encodings that cloud-init knows.
func decoded(content, encoding string) ([]byte, error) {
	data := []byte(content)
	switch strings.ToLower(encoding) {
	case "", "text/plain":
		return data, nil
	case "gz", "gzip":
		return unzip(data)
	case "b64", "base64", "gz+base64", "gzip+base64", "gz+b64", "gzip+b64":
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), ""))
		if err != nil {
			return nil, err
		}
		if encoding[0] == 'g' || encoding[0] == 'G' {
			return unzip(raw)
		}
		return raw, nil
	}
	return nil, fmt.Errorf("unknown encoding %q", encoding)
}
