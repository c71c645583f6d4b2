#!/bin/sh
# Boots an instance. It runs what cloud-init runs, in its order: the modules of the user data, then the scripts that are for
# once in the life of the disk, for every boot, and for once in the life of the instance, and last the user data's own.
id=$1
cloud=/var/lib/cloud
instance=$cloud/instances/$id
export INSTANCE_ID="$id"

say() { echo "understudy: $*"; }

run() {
	say "running $1"
	"$@" </dev/null
	status=$?
	[ "$status" -eq 0 ] || say "$1 ended with status $status"
}

scripts() {
	for script in "$1"/*; do
		if [ -f "$script" ] && [ -x "$script" ]; then
			run "$script"
		fi
	done
}

# first MARK: whether this is the first time. Marked before it is done: what is cut short by a stop is not run again, as
# with cloud-init.
first() { [ ! -e "$1" ] && : >"$1"; }

say "booting $id"
for step in "$instance"/steps/*; do
	[ -f "$step" ] || continue
	module=${step##*.}
	case ${step##*/} in
	*.instance.*) first "$instance/sem/config_$module" || continue ;;
	esac
	run "$step"
done
first "$cloud/sem/config_scripts_per_once.once" && scripts "$cloud/scripts/per-once"
scripts "$cloud/scripts/per-boot"
first "$instance/sem/config_scripts_per_instance" && scripts "$cloud/scripts/per-instance"
first "$instance/sem/config_scripts_user" && scripts "$instance/scripts"
[ ! -f "$instance/final" ] || sh "$instance/final"
say "boot finished"
