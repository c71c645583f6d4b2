package userdata

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// usersAndGroups makes groups and users (https://docs.cloud-init.io/en/latest/reference/modules.html#users-and-groups).
func (r *reader) usersAndGroups() string {
	return r.groups() + r.users()
}

func (r *reader) groups() string {
	var b strings.Builder
	add := func(name string, members ...string) {
		fmt.Fprintf(&b, "getent group %[1]s >/dev/null || groupadd %[1]s\n", quote(name))
		for _, m := range members {
			fmt.Fprintf(&b, "usermod -a -G %s %s\n", quote(name), quote(m))
		}
	}
	for _, e := range split(r.config["groups"]) {
		m, ok := e.(map[string]any)
		if !ok {
			add(text(e))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			add(name, texts(m[name])...)
		}
	}
	return b.String()
}

func (r *reader) users() string {
	var b strings.Builder
	for _, e := range split(r.config["users"]) {
		u, ok := e.(map[string]any)
		if !ok {
			u = map[string]any{"name": text(e)}
		}
		b.WriteString(r.user(u))
	}
	return b.String()
}

// flags are the keys of a user that are options of useradd, as cloud-init gives them.
var flags = []struct{ key, flag string }{
	{"gecos", "--comment"}, {"homedir", "--home"}, {"primary_group", "--gid"}, {"uid", "--uid"}, {"passwd", "--password"},
	{"hashed_passwd", "--password"}, {"shell", "--shell"}, {"expiredate", "--expiredate"}, {"inactive", "--inactive"},
}

// userKeys are the other keys of a user that are done here.
var userKeys = []string{
	"name", "groups", "no_create_home", "no_user_group", "system", "lock_passwd", "lock-passwd", "plain_text_passwd", "sudo",
	"ssh_authorized_keys", "ssh-authorized-keys", "create_groups", "no_log_init",
}

// user makes one user. One that is there already keeps what it has, and gets password, sudo and keys.
func (r *reader) user(u map[string]any) string {
	name := text(u["name"])
	if name == "default" || name == "" {
		if name == "default" {
			r.note("users: the image has no default user")
		} else {
			r.note("users: an entry has no name")
		}
		return ""
	}
	for _, key := range slices.Sorted(maps.Keys(u)) {
		option := slices.ContainsFunc(flags, func(f struct{ key, flag string }) bool { return f.key == key })
		if !option && !slices.Contains(userKeys, key) {
			r.note("users: %s: %s: not supported", name, key)
		}
	}
	var b strings.Builder
	b.WriteString(groupsOf(u))
	fmt.Fprintf(&b, "id -u %s >/dev/null 2>&1 || useradd %s\n", quote(name), words(creation(name, u)...))
	b.WriteString(passwordOf(name, u))
	b.WriteString(sudoOf(name, u["sudo"]))
	for _, key := range []string{"ssh_authorized_keys", "ssh-authorized-keys"} {
		b.WriteString(authorize(name, lines(u[key])))
	}
	return b.String()
}

// groupsOf makes the groups of a user that are not there.
func groupsOf(u map[string]any) string {
	if u["create_groups"] != nil && !truth(u["create_groups"]) {
		return ""
	}
	var b strings.Builder
	for _, g := range append(texts(u["groups"]), texts(u["primary_group"])...) {
		fmt.Fprintf(&b, "getent group %[1]s >/dev/null || groupadd %[1]s\n", quote(g))
	}
	return b.String()
}

// creation are the arguments of useradd.
func creation(name string, u map[string]any) []string {
	var args []string
	for _, f := range flags {
		if value := text(u[f.key]); value != "" {
			args = append(args, f.flag, value)
		}
	}
	if groups := texts(u["groups"]); len(groups) > 0 {
		args = append(args, "--groups", strings.Join(groups, ","))
	}
	if truth(u["system"]) {
		args = append(args, "--system")
	}
	if truth(u["no_user_group"]) {
		args = append(args, "--no-user-group")
	}
	if truth(u["no_create_home"]) || truth(u["system"]) {
		args = append(args, "-M")
	} else {
		args = append(args, "-m")
	}
	return append(args, name)
}

// passwordOf sets a password, and locks it unless the user says otherwise.
func passwordOf(name string, u map[string]any) string {
	var script string
	if plain := text(u["plain_text_passwd"]); plain != "" {
		script = "chpasswd <<'.'\n" + name + ":" + plain + "\n.\n"
	}
	lock := true
	for _, key := range []string{"lock_passwd", "lock-passwd"} {
		if u[key] != nil {
			lock = truth(u[key])
		}
	}
	if lock {
		script += "passwd -l " + quote(name) + " >/dev/null\n"
	}
	return script
}

// sudoOf writes a user's rules for sudo, as cloud-init does, into one file.
func sudoOf(name string, rules any) string {
	var b strings.Builder
	for _, rule := range lines(rules) {
		if rule == "false" {
			continue
		}
		fmt.Fprintf(&b, "echo %s >>\"$f\"\n", quote(name+" "+rule))
	}
	if b.Len() == 0 {
		return ""
	}
	return "f=/etc/sudoers.d/90-cloud-init-users\nmkdir -p /etc/sudoers.d\n" + b.String() + "chmod 0440 \"$f\"\n"
}

// authorize adds keys to those that may log in as a user.
func authorize(name string, keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "h=$(getent passwd %s | cut -d: -f6)\nmkdir -p \"$h/.ssh\"\n", quote(name))
	for _, key := range keys {
		fmt.Fprintf(&b, "echo %s >>\"$h/.ssh/authorized_keys\"\n", quote(key))
	}
	b.WriteString("chmod 0700 \"$h/.ssh\"\nchmod 0600 \"$h/.ssh/authorized_keys\"\n")
	if name != "root" {
		fmt.Fprintf(&b, "chown -R %s: \"$h/.ssh\"\n", quote(name))
	}
	return b.String()
}

// keysOfRoot are the keys of the default user, who is root here.
func (r *reader) keysOfRoot() string {
	return authorize("root", lines(r.config["ssh_authorized_keys"]))
}

// passwords sets those of users (https://docs.cloud-init.io/en/latest/reference/modules.html#set-passwords).
func (r *reader) passwords() string {
	given, _ := r.config["chpasswd"].(map[string]any)
	expire := given["expire"] == nil || truth(given["expire"])
	var b strings.Builder
	set := func(name, password string, hashed bool) {
		encrypted := ""
		if hashed {
			encrypted = " -e"
		}
		fmt.Fprintf(&b, "chpasswd%s <<'.'\n%s:%s\n.\n", encrypted, name, password)
		if expire {
			fmt.Fprintf(&b, "passwd --expire %s >/dev/null\n", quote(name))
		}
	}
	entries := lines(given["list"])
	if s, ok := given["list"].(string); ok {
		entries = strings.Fields(s)
	}
	for _, entry := range entries {
		name, password, _ := strings.Cut(entry, ":")
		if password == "R" || password == "RANDOM" {
			r.note("chpasswd: %s: random passwords are not supported", name)
			continue
		}
		set(name, password, strings.HasPrefix(password, "$"))
	}
	for _, e := range list(given["users"]) {
		u, _ := e.(map[string]any)
		name := text(u["name"])
		if kind := text(u["type"]); kind == "RANDOM" {
			r.note("chpasswd: %s: random passwords are not supported", name)
			continue
		} else if name != "" {
			set(name, text(u["password"]), kind != "text")
		}
	}
	return b.String()
}
