package userdata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
)

// limit bounds the size of decompressed user data, in bytes.
const limit = 1 << 20

// depth bounds how far archives and multi-parts stand in each other.
const depth = 8

// part is one of the parts of user data.
type part struct {
	kind    string // a media type; "" for what its first line says
	name    string // the file name that it gives itself
	content []byte
	deep    int
}

// kinds are the first lines that name a part's kind (cloud-init, "User data formats").
var kinds = []struct{ line, kind string }{
	{"#!", "text/x-shellscript"},
	{"#cloud-config-archive", "text/cloud-config-archive"},
	{"#cloud-config-jsonp", "text/cloud-config-jsonp"},
	{"#cloud-config", "text/cloud-config"},
	{"#cloud-boothook", "text/cloud-boothook"},
	{"#include-once", "text/x-include-once-url"},
	{"#include", "text/x-include-url"},
	{"#part-handler", "text/part-handler"},
	{"#upstart-job", "text/upstart-job"},
	{"## template: jinja", "text/jinja2"},
}

// kindOf tells a part's kind by its first line, for parts whose media type does not.
func kindOf(content []byte) string {
	trimmed := bytes.TrimLeft(content, " \t\r\n")
	for _, k := range kinds {
		where := trimmed
		if k.line == "#!" { // the kernel looks at a script's first two bytes
			where = content
		}
		if bytes.HasPrefix(where, []byte(k.line)) {
			return k.kind
		}
	}
	first, _, _ := bytes.Cut(trimmed, []byte("\n"))
	lower := bytes.ToLower(first)
	for _, header := range []string{"mime-version:", "content-type:"} {
		if bytes.HasPrefix(lower, []byte(header)) {
			return "multipart/mixed"
		}
	}
	return ""
}

// read takes a part for what it is.
func (r *reader) read(p part) {
	content, err := unzip(p.content)
	if err != nil {
		r.note("it is not run: %v", err)
		return
	}
	p.content = content
	if len(bytes.TrimSpace(content)) == 0 {
		return
	}
	if p.deep > depth {
		r.note("parts within parts, deeper than %d, are not read", depth)
		return
	}
	switch p.kind {
	case "", "text/plain", "text/x-not-multipart", "application/octet-stream":
		p.kind = kindOf(content)
	}
	r.take(p)
}

// take does what a part's kind asks for.
func (r *reader) take(p part) {
	switch p.kind {
	case "text/x-shellscript":
		r.script(p, Instance, true)
	case "text/x-shellscript-per-boot":
		r.script(p, Always, false)
	case "text/x-shellscript-per-instance":
		r.script(p, Instance, false)
	case "text/x-shellscript-per-once":
		r.script(p, Once, false)
	case "text/cloud-boothook":
		r.hook(p)
	case "text/cloud-config":
		r.merge(p)
	case "text/cloud-config-archive":
		r.archive(p)
	case "text/x-include-url", "text/x-include-once-url":
		r.note("#include is not supported: an instance of this cloud reaches nothing outside of it")
	case "":
		first, _, _ := bytes.Cut(bytes.TrimSpace(p.content), []byte("\n"))
		r.note("it is not run: it begins with %.20q, which is neither a script (#! and an interpreter) nor another format of cloud-init's", first)
	default:
		if strings.HasPrefix(p.kind, "multipart/") {
			r.multipart(p)
			return
		}
		r.note("a part of type %s is not supported", p.kind)
	}
}

func (r *reader) script(p part, every Frequency, user bool) {
	r.parts++
	name := path.Base(path.Clean("/" + p.name))
	if p.name == "" || name == "/" {
		name = fmt.Sprintf("part-%03d", r.parts)
	}
	r.boot.Scripts = append(r.boot.Scripts, Script{Name: name, Every: every, User: user, Text: string(p.content)})
}

// hook takes a boothook: what stands below its first line runs at every boot, before all else.
func (r *reader) hook(p part) {
	text := string(bytes.TrimLeft(p.content, " \t\r\n"))
	if strings.HasPrefix(text, "#cloud-boothook") {
		_, text, _ = strings.Cut(text, "\n")
	}
	r.hooks = append(r.hooks, Step{Module: "boothook", Every: Always, Script: text})
}

// merge adds a part of #cloud-config: a later one replaces what an earlier one says of a key, the default of
// https://docs.cloud-init.io/en/latest/reference/merging.html.
func (r *reader) merge(p part) {
	var config map[string]any
	if err := yaml.Unmarshal(p.content, &config); err != nil {
		r.note("#cloud-config is not run: %s", oneLine(err))
		return
	}
	for key, value := range config {
		if key == "merge_how" || key == "merge_type" {
			r.note("%s: not supported: a later part's keys replace an earlier one's", key)
			continue
		}
		r.config[key] = value
	}
}

// archive takes a list of parts in YAML (cloud-init, "Cloud config archive").
func (r *reader) archive(p part) {
	var entries []any
	if err := yaml.Unmarshal(p.content, &entries); err != nil {
		r.note("#cloud-config-archive is not run: %s", oneLine(err))
		return
	}
	for _, e := range entries {
		switch e := e.(type) {
		case string:
			r.read(part{content: []byte(e), deep: p.deep + 1})
		case map[string]any:
			kind, name := text(e["type"]), text(e["filename"])
			r.read(part{kind: kind, name: name, content: []byte(text(e["content"])), deep: p.deep + 1})
		default:
			r.note("#cloud-config-archive: an entry is neither text nor a mapping")
		}
	}
}

// multipart takes the parts of a MIME message (RFC 2046).
func (r *reader) multipart(p part) {
	if err := r.eachPart(p); err != nil {
		r.note("MIME multi-part is not run to its end: %v", err)
	}
}

func (r *reader) eachPart(p part) error {
	m, err := mail.ReadMessage(bytes.NewReader(bytes.TrimLeft(p.content, " \t\r\n")))
	if err != nil {
		return err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "multipart/") { // a single part with a header
		content, err := decode(m.Header.Get("Content-Transfer-Encoding"), m.Body)
		if err != nil {
			return err
		}
		r.read(part{kind: kind, content: content, deep: p.deep + 1})
		return nil
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		next, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := r.onePart(next, p.deep+1); err != nil {
			return err
		}
	}
}

func (r *reader) onePart(next *multipart.Part, deep int) error {
	content, err := decode(next.Header.Get("Content-Transfer-Encoding"), next)
	if err != nil {
		return err
	}
	kind := next.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(kind); err == nil {
		kind = media
	}
	if strings.HasPrefix(kind, "multipart/") { // its boundary stands in its header, so it is read as a message again
		content = append([]byte("Content-Type: "+next.Header.Get("Content-Type")+"\n\n"), content...)
	}
	if next.Header.Get("X-Merge-Type") != "" || next.Header.Get("Merge-Type") != "" {
		r.note("X-Merge-Type: not supported: a later part's keys replace an earlier one's")
	}
	r.read(part{kind: kind, name: next.FileName(), content: content, deep: deep})
	return nil
}

// decode undoes a part's transfer encoding (RFC 2045, section 6).
func decode(encoding string, body io.Reader) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "7bit", "8bit", "binary":
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	default:
		return nil, fmt.Errorf("unknown Content-Transfer-Encoding %q", encoding)
	}
	return io.ReadAll(body)
}

// unzip returns what is in zipped data, and other data as they are.
func unzip(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("unzip: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(z, limit+1))
	if err != nil {
		return nil, fmt.Errorf("unzip: %w", err)
	}
	if len(out) > limit {
		return nil, fmt.Errorf("unzip: it unfolds to more than %d bytes", limit)
	}
	return out, nil
}

// oneLine is the first line of a YAML error, which goes on with a drawing of the place.
func oneLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
