package userdata

import "strings"

// packages installs what is not there yet. A package that the host has is there; others come over the network, which an
// instance of this cloud does not have, so that apt-get says on the console what it could not get.
func (r *reader) packages() string {
	var names []string
	for _, e := range list(r.config["packages"]) {
		switch e := e.(type) {
		case map[string]any:
			for _, manager := range []string{"apt", "snap"} {
				if manager == "snap" && e[manager] != nil {
					r.note("packages: snap is not supported")
				} else {
					names = append(names, lines(e[manager])...)
				}
			}
		case []any: // a name and a version
			if pair := lines(e); len(pair) == 2 {
				names = append(names, pair[0]+"="+pair[1])
			}
		default:
			names = append(names, text(e))
		}
	}
	var b strings.Builder
	b.WriteString("export DEBIAN_FRONTEND=noninteractive\n")
	if r.any("package_update", "apt_update", "repo_update") {
		b.WriteString("apt-get update\n")
	}
	if r.any("package_upgrade", "apt_upgrade", "repo_upgrade") {
		b.WriteString("apt-get -y dist-upgrade\n")
	}
	if len(names) > 0 {
		b.WriteString(missing + words(names...) + "\n")
	} else if !strings.Contains(b.String(), "apt-get") {
		return ""
	}
	return b.String()
}

// missing begins a command that installs those of its arguments that are not installed, in the version named.
const missing = `install() {
	for p; do
		shift
		version=$(dpkg-query -W -f '${db:Status-Status}=${Version}' "${p%%=*}" 2>/dev/null)
		case "$version" in
		installed=*) case "$p" in *=*) [ "${p#*=}" = "${version#*=}" ] || set -- "$@" "$p" ;; esac ;;
		*) set -- "$@" "$p" ;;
		esac
	done
	[ $# -eq 0 ] || apt-get -y install "$@"
}
install `

// any tells whether one of the keys is set.
func (r *reader) any(keys ...string) bool {
	for _, key := range keys {
		if truth(r.config[key]) {
			return true
		}
	}
	return false
}
