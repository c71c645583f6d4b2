package userdata

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// module is one of cloud-init's modules: the keys of #cloud-config that it reads, and its script; "" for nothing to do.
type module struct {
	name   string
	every  Frequency
	keys   []string
	script func(*reader) string
}

// modules stand in the order in which cloud-init runs them (its config/cloud.cfg.tmpl: cloud_init_modules,
// cloud_config_modules, cloud_final_modules up to the scripts).
var modules = []module{
	{"bootcmd", Always, []string{"bootcmd"}, func(r *reader) string { return r.commands("bootcmd") }},
	{"write_files", Instance, []string{"write_files"}, func(r *reader) string { return r.writeFiles(false) }},
	{"update_etc_hosts", Always, []string{"manage_etc_hosts"}, (*reader).hosts},
	{"users_groups", Instance, []string{"groups", "users"}, (*reader).usersAndGroups},
	{"ssh", Instance, []string{"ssh_authorized_keys"}, (*reader).keysOfRoot},
	{"set_passwords", Instance, []string{"chpasswd"}, (*reader).passwords},
	{"locale", Instance, []string{"locale"}, (*reader).locale},
	{"timezone", Instance, []string{"timezone"}, (*reader).timezone},
	{
		"package_update_upgrade_install", Instance,
		[]string{"packages", "package_update", "package_upgrade", "apt_update", "apt_upgrade", "repo_update", "repo_upgrade"},
		(*reader).packages,
	},
	{"write_files_deferred", Instance, nil, func(r *reader) string { return r.writeFiles(true) }},
}

// without are keys of cloud-init's that change nothing here, and why.
var without = map[string]string{
	"output":                 "all output is on the console",
	"ntp":                    "the clock is the host's",
	"growpart":               "there are no partitions",
	"resize_rootfs":          "there are no partitions",
	"disk_setup":             "there are no disks",
	"fs_setup":               "there are no disks",
	"mounts":                 "there are no disks",
	"swap":                   "there is no swap",
	"manage_resolv_conf":     "the resolver is the network's",
	"ssh_pwauth":             "no SSH server is started",
	"ssh_deletekeys":         "no SSH server is started",
	"ssh_genkeytypes":        "no SSH server is started",
	"disable_root":           "no SSH server is started",
	"password":               "the image has no default user",
	"user":                   "the image has no default user",
	"apt_reboot_if_required": "no kernel is installed",
}

// configure makes steps of the keys of #cloud-config.
func (r *reader) configure() {
	r.boot.Steps = append(r.boot.Steps, r.hooks...)
	known := map[string]bool{
		"runcmd": true, "final_message": true, "hostname": true, "fqdn": true, "preserve_hostname": true, "prefer_fqdn_over_hostname": true,
	}
	r.boot.Hostname = r.hostname()
	for _, m := range modules {
		for _, key := range m.keys {
			known[key] = true
		}
		if script := m.script(r); script != "" {
			r.boot.Steps = append(r.boot.Steps, Step{Module: m.name, Every: m.every, Script: "#!/bin/sh\n" + script})
		}
	}
	if script := r.commands("runcmd"); script != "" {
		r.boot.Scripts = append(r.boot.Scripts, Script{Name: "runcmd", Every: Instance, User: true, Text: "#!/bin/sh\n" + script})
	}
	r.boot.Final = final(text(r.config["final_message"]))
	for _, key := range slices.Sorted(maps.Keys(r.config)) {
		if known[key] {
			continue
		}
		r.note("%s: %s", key, cmp.Or(without[key], "not supported"))
	}
}

// commands makes a script of a list of commands: text is shell, a list is a command's words.
func (r *reader) commands(key string) string {
	var b strings.Builder
	for _, c := range list(r.config[key]) {
		switch c := c.(type) {
		case nil:
		case []any:
			b.WriteString(words(lines(c)...) + "\n")
		case map[string]any:
			r.note("%s: a command is a mapping; where a text holds a colon and a space, quote it", key)
		default:
			b.WriteString(text(c) + "\n")
		}
	}
	return b.String()
}

// hostname is the name of the instance, from the first label of fqdn where hostname is not given
// (https://docs.cloud-init.io/en/latest/reference/modules.html#set-hostname).
func (r *reader) hostname() string {
	name, fqdn := text(r.config["hostname"]), text(r.config["fqdn"])
	if truth(r.config["preserve_hostname"]) {
		return ""
	}
	if truth(r.config["prefer_fqdn_over_hostname"]) && fqdn != "" {
		return fqdn
	}
	if name == "" {
		name, _, _ = strings.Cut(fqdn, ".")
	}
	return name
}

// hosts gives the names of the instance their line in /etc/hosts, as cloud-init's template for Debian has it.
func (r *reader) hosts() string {
	value := r.config["manage_etc_hosts"]
	if !truth(value) && text(value) != "localhost" && text(value) != "template" {
		return ""
	}
	name := text(r.config["hostname"])
	fqdn := cmp.Or(text(r.config["fqdn"]), name)
	if name == "" {
		name, _, _ = strings.Cut(fqdn, ".")
	}
	line := `"127.0.1.1 $(hostname)"`
	if fqdn != "" {
		line = quote(strings.TrimSpace("127.0.1.1 " + fqdn + " " + name))
	}
	return "sed -i '/^127\\.0\\.1\\.1[[:space:]]/d' /etc/hosts\necho " + line + " >>/etc/hosts\n"
}

func (r *reader) locale() string {
	name := text(r.config["locale"])
	if name == "" || name == "false" {
		return ""
	}
	return "echo " + quote("LANG="+name) + " >/etc/default/locale\n"
}

func (r *reader) timezone() string {
	zone := text(r.config["timezone"])
	if zone == "" {
		return ""
	}
	file := quote("/usr/share/zoneinfo/" + zone)
	return fmt.Sprintf("[ -e %s ] || { echo %s; exit 1; }\nln -sf %s /etc/localtime\necho %s >/etc/timezone\n",
		file, quote("no time zone "+zone), file, quote(zone))
}

// final says a last message, with the words that cloud-init fills in (its module final_message).
func final(message string) string {
	if message == "" {
		return ""
	}
	return "up=$(cut -d' ' -f1 /proc/uptime)\nnow=$(date -R)\n" +
		"printf '%s\\n' " + quote(strings.TrimRight(message, "\n")) + ` | sed -e "s/\$\(UPTIME\|uptime\)/$up/g" ` +
		`-e "s/\$\(TIMESTAMP\|timestamp\)/$now/g" -e 's/$\(DATASOURCE\|datasource\)/DataSourceEc2Local/g' -e 's/$\(VERSION\|version\)/understudy/g'` + "\n"
}
