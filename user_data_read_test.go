package understudy

import (
	"maps"
	"strings"
	"testing"
)

func TestUserDataIsReadAsItWasWritten(t *testing.T) {
	for name, d := range map[string]*Declaration{
		"nothing":           {Image: Image{Baked: true}},
		"a script":          {Image: Image{Baked: true}, Instance: Instance{UserData: "echo 1\n"}},
		"an interpreter's":  {Image: Image{Baked: true}, Instance: Instance{UserData: "#!/usr/bin/python3\nprint(1)"}},
		"cloud-config":      {Image: Image{Baked: true}, Instance: Instance{UserData: "#cloud-config\npackages: [nginx]\n"}},
		"made":              {Image: Image{Run: "serve &"}},
		"installed":         {Image: Image{Run: "serve &\n", Install: strings.Repeat("install; ", 50)}},
		"installed by bash": {Image: Image{Run: "#!/bin/bash\nserve &\n", Install: "#!/bin/bash\nUNDERSTUDY\n"}},
		"made and more":     {Image: Image{Run: "serve &"}, Instance: Instance{UserData: "#cloud-config\nwrite_files: []"}},
		"of no ASCII":       {Image: Image{Run: "serve é &"}, Instance: Instance{UserData: "echo é\r\n--understudy\n"}},
		"variables": {Image: Image{Baked: true}, Instance: Instance{
			Environment: Environment{"A": {Text: "it's\n'x'\n"}, "B": {Parameter: "/b/c"}, "C": {}}}},
		"variables and a script": {Image: Image{Run: "serve", WithEnvironment: true},
			Instance: Instance{UserData: "echo", Environment: Environment{"A": {Text: "1"}}}},
		"a boundary": {Image: Image{Run: "serve"}, Instance: Instance{UserData: "echo --understudy"}},
	} {
		text := d.UserData()
		told, ok := ReadUserData(text)
		if !ok || strings.TrimRight(told.Said, "\n") != strings.TrimRight(d.Instance.UserData, "\n") || told.Made == d.Image.Baked ||
			told.Install != d.Image.Install || told.Run != d.Image.Run ||
			!maps.Equal(told.Environment, d.Instance.Environment) {
			t.Errorf("%s: %v, read as %+v:\n%s", name, ok, told, text)
		}
	}
	for _, other := range []string{
		"Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n--b\nContent-Type: text/x-shellscript\n\necho\n\n--b--\n",
		"Content-Type: multipart/mixed\n\nnothing", "echo without an interpreter",
	} {
		if told, ok := ReadUserData(other); ok {
			t.Errorf("%q is read as %+v", other, told)
		}
	}
}
