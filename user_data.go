package understudy

import "strings"

// UserData is the user data of the stack's instances, empty for none. What is no cloud-config is a script.
func (d *Declaration) UserData() string { return shebang(d.Instance.UserData) }

// shebang says of a script by what it is run.
func shebang(said string) string {
	switch {
	case strings.TrimSpace(said) == "":
		return ""
	case strings.HasPrefix(said, "#!"), strings.HasPrefix(said, "#cloud-config"):
		return said
	}
	return "#!/bin/sh -e\n" + said
}
