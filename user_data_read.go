package understudy

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
)

// ToldByUserData is what user data tells of a declaration.
type ToldByUserData struct {
	Said         string // instance.user_data or hosts.user_data; empty is none
	Made         bool   // it makes of an instance what an image lacks that is not baked
	Install, Run string
	Environment  Environment
}

// ReadUserData reads user data that a stack of this program's was given. It tells nothing of any other: what is told would be written so.
func ReadUserData(text string) (told ToldByUserData, ok bool) {
	parts, err := partsOf(text)
	if err != nil {
		return told, false
	}
	for _, p := range parts {
		if told.Environment == nil {
			if told.Environment = hookOf(p); told.Environment != nil {
				continue
			}
		}
		if install, run, made := madeBy(p); made && !told.Made {
			told.Made, told.Install, told.Run = true, install, run
			continue
		}
		if told.Said != "" {
			return ToldByUserData{}, false
		}
		told.Said = strings.TrimPrefix(p, scriptHead)
	}
	d := &Declaration{Image: Image{Baked: !told.Made, Install: told.Install, Run: told.Run, WithEnvironment: told.Environment != nil},
		Instance: Instance{Environment: told.Environment}}
	return told, d.userData(told.Said) == text
}

// partsOf returns the parts of a message, or the one part that the text is.
func partsOf(text string) (parts []string, err error) {
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(text, "Content-Type: multipart/") {
		return []string{text}, nil
	}
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	_, values, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	for all := multipart.NewReader(m.Body, values["boundary"]); ; {
		p, err := all.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(p)
		if err == nil && p.Header.Get("Content-Transfer-Encoding") == "base64" {
			body, err = base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(body), nil)))
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(body))
	}
}

// madeBy returns the scripts that a script of userData's puts into an instance.
func madeBy(script string) (install, run string, ok bool) {
	rest, ok := strings.CutPrefix(script, makingHead)
	if !ok {
		return "", "", false
	}
	carried := map[string]string{}
	for {
		_, after, found := strings.Cut(rest, "base64 -d > ")
		if !found {
			break
		}
		file, after, _ := strings.Cut(after, carryHead)
		text, after, ended := strings.Cut(after, carryEnd)
		body, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
		if err != nil || !ended {
			return "", "", false
		}
		carried[file], rest = strings.TrimPrefix(string(body), scriptHead), after
	}
	if run, ok = carried[environmentRun]; !ok { // by which RunFile calls it
		run, ok = carried[RunFile]
	}
	return carried[installFile], run, ok
}

// hookOf returns the variables that a boothook puts into the file, nil where it is another hook.
func hookOf(script string) Environment {
	rest, ok := strings.CutPrefix(script, environmentScript)
	_, rest, texts := strings.Cut(rest, "<<'UNDERSTUDY'")
	_, rest, _ = strings.Cut(rest, "\n")
	encoded, rest, ended := strings.Cut(rest, "UNDERSTUDY\n")
	said, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(encoded, "\n", ""))
	if !ok || !texts || !ended || err != nil {
		return nil
	}
	all := Environment{}
	for text := string(said); text != ""; {
		name, value, _ := strings.Cut(text, "='")
		// A quote within is '\''.
		end := strings.Index(strings.ReplaceAll(value, `'\''`, "\x00\x00\x00\x00"), "'\n")
		if end < 0 {
			return nil
		}
		all[name], text = Variable{Text: strings.ReplaceAll(value[:end], `'\''`, "'")}, value[end+2:]
	}
	for line := range strings.Lines(rest) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "fetch" {
			all[words[1]] = Variable{Parameter: words[2]}
		}
	}
	return all
}
