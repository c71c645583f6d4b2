#!/bin/sh
# Boots an instance. It runs what cloud-init runs last, in its order: the scripts that are for every boot, then
# once in the life of the instance its user data.
id=$1
cloud=/var/lib/cloud

say() { echo "understudy: $*"; }

run() {
	say "running $1"
	"$@" </dev/null
	status=$?
	[ "$status" -eq 0 ] || say "$1 ended with status $status"
}

say "booting $id"
for script in "$cloud"/scripts/per-boot/*; do
	if [ -f "$script" ] && [ -x "$script" ]; then
		run "$script"
	fi
done

script=$cloud/instances/$id/scripts/part-001
done=$cloud/instances/$id/sem/config_scripts_user
if [ -x "$script" ] && [ ! -e "$done" ]; then
	# Marked first: user data that is cut short by a stop is not run again, as with cloud-init.
	: >"$done"
	run "$script"
fi
say "boot finished"
