# What measurements with drills begin with: the program in a folder of its own, $work, which goes at the end with its cloud. They source it from the
# checkout's top.

work=$(mktemp -d)
program=$work/understudy
end() {
	"$program" cloud stop >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap end EXIT
go build -o "$program" ./cmd/understudy
export UNDERSTUDY_HOME=$work/cloud XDG_STATE_HOME=$work/state
declaration=examples/hello/understudy.yaml

# hello SPEED: starts a cloud with the example service in it.
hello() {
	"$program" cloud start --speed "$1" --while $$ >/dev/null
	eval "$("$program" cloud env)"
	"$program" up -f "$declaration" --yes >/dev/null 2>&1
}
