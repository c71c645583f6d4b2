package e2e

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

// field is a key of the declaration, and how the AWS CLI shows what became of it.
type field struct {
	key           string
	side          understudy.Side // where it is looked at; both sides, if there is none
	shown         string          // a command; {NAME} is the id of a resource of the side, as in drifts
	first, second string          // regular expressions of all that the command prints, for the set's two declarations
}

// fields are sets of keys. A set's two declarations, testdata/fields/NAME.first.yaml and NAME.second.yaml, differ in all of its keys.
var fields = map[string][]field{
	"service":  serviceFields,
	"routing":  slices.Concat(routingFields, alarmFields),
	"entry":    entryFields,
	"machines": machinesFields,
	"network":  networkFields,
}

// prepared makes what a set's declarations name and do not make, and takes it away again.
var prepared = map[string]func(*stage) (undo func()){"machines": prepareMachines}

// shown holds what a set's service shows at a step against what is declared.
var shown = map[string]func(s *stage, step string){"machines": showEnvironment}

// elsewhere are keys that these sets leave out, with the reason or the test that has them.
var elsewhere = map[string]string{
	"name":                        "another name is another stack",
	"domain":                      "another domain is another zone",
	"regions.primary.name":        "another region is another stack's",
	"regions.primary.cidr":        "another network is another stack's",
	"regions.secondary.name":      "another region is another stack's",
	"regions.secondary.cidr":      "another network is another stack's",
	"regions.secondary.fleet*":    "TestPilotLightGrowsBeforeItServes",
	"regions.primary.network.*":   "TestAStackStandsInNetworksOfOthers",
	"regions.secondary.network.*": "TestAStackStandsInNetworksOfOthers",
	"image.base*":                 "what is baked, as image.install: the digest is of all of it",
	"image.rebake":                "TestImagesAreBakedAnewForAnotherBase",
	"instance.environment":        "showEnvironment, in the set of machines",
	"image.run":                   "TestNewImageReachesEveryInstanceWhileUsersAreServed",
	"fleet.refresh.max_healthy":   "Debian's AWS CLI does not show it: TestRefreshesAreAsDeclared",
	"hosts.image.owner":           "shown with the image's name",
	"https*":                      "TestHTTPSFromItsFirstPageToItsEnd",
	"failover.check.host*":        "names that somebody else makes: TestAnotherNameTakesACheckOfItsOwn",
	"failover.check.port":         "needs a host: TestAnotherNameTakesACheckOfItsOwn",
	"failover.check.protocol":     "needs a host: TestAnotherNameTakesACheckOfItsOwn",
	"failover.checks[].host*":     "names that somebody else makes: TestFurtherChecksAskWhatIsDeclared",
	"failover.checks[].port":      "needs a host, or HTTPS: TestFurtherChecksAskWhatIsDeclared",
	"failover.rto":                "what predictions and drills are held against",
	"balancer.access_logs.prefix": "shown with that of the connections' log",
	"listeners[].protocol":        "HTTPS needs certificates: TestHTTPSFromItsFirstPageToItsEnd",
	"target_groups[].target*":     "read and built as target, by the same code",
	"listeners[].rules[]*":        "read and built as rules[], by the same code",
	"balancer.kind":               "another kind is another stack: TestNetworkLoadBalancersServeAPair",
	"target.proxy_protocol":       "needs a service that reads it: TestNetworkLoadBalancersAreExpected",
	"target.version":              "needs HTTPS, and no rehearsal varies it: TestTheDeclaredTargetsAreExpected",
	"failover.standby*":           "read at failover: TestFailoverWantsAStandbyThatCarriesTheLoad",
	"failover.before":             "read at failover",
	"failover.after":              "read at failover",
	"failover.hook_timeout":       "read at failover",
	"failover.failback*":          "read by watch",
	"drill.clients":               "who a drill's users are",
	"drill.websocket":             "who a drill's users are",
	"parity.ignore[].finding":     "read by parity",
	"parity.ignore[].reason":      "read by parity",
}

// Every key of the declaration comes to something in the cloud, is changed there, and leaves nothing to change.
func TestEveryDeclaredFieldIsBuiltAndChanged(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			undo := s.prepare(name)
			var before []string
			for _, step := range []string{"first", "second"} {
				declared := "testdata/fields/" + name + "." + step + ".yaml"
				s.must("up", "-f", declared, "--yes", "--bake", "1s")
				before = s.shows(fields[name], step, declared, before)
				s.asDeclared(declared)
				if seen := shown[name]; seen != nil {
					seen(s, step)
				}
				s.must("parity", "-f", declared)
				s.readsBack(declared)
			}
			s.must("down", "-f", "testdata/fields/"+name+".second.yaml", "--zone", "--yes")
			undo()
			s.nothingIsLeft()
		})
	}
}

// prepare makes what the declarations of some sets name and do not make.
func (s *stage) prepare(sets ...string) (undo func()) {
	var undos []func()
	for _, name := range sets {
		if prepare := prepared[name]; prepare != nil {
			undos = append(undos, prepare(s))
		}
	}
	return func() {
		for _, undo := range undos {
			undo()
		}
	}
}

// shows holds what the AWS CLI prints of each field against what is expected at this step, and returns it. None of it is what was
// printed before.
func (s *stage) shows(rows []field, step, declared string, before []string) []string {
	s.t.Helper()
	ids := s.ids(declared)
	type look struct {
		field
		side understudy.Side
	}
	var looks []look
	var lines [][]string
	for _, f := range rows {
		for _, side := range understudy.Sides {
			if cmp.Or(f.side, side) == side {
				looks = append(looks, look{f, side})
				lines = append(lines, s.lines(drift{what: f.key, side: side, do: []string{f.shown}}, ids[side]))
			}
		}
	}
	outs := s.clis(lines)
	for i, out := range outs {
		l, want := looks[i], looks[i].first
		if step == "second" {
			want = l.second
		}
		got := strings.ReplaceAll(out, "\t", " ")
		if ok, err := regexp.MatchString("^(?:"+want+")$", got); err != nil || !ok {
			s.t.Errorf("%s: %s in the %s is %q, want %q (%v)", step, l.key, l.side, got, want, err)
		}
		if before != nil && before[i] == out {
			s.t.Errorf("%s in the %s is still %q", l.key, l.side, got)
		}
	}
	return outs
}

// No key of the declaration is without a test that builds and changes it.
func TestNoFieldIsLeftOut(t *testing.T) {
	t.Parallel()
	var have []string
	for _, rows := range append(slices.Collect(maps.Values(fields)), flowFields) {
		for _, f := range rows {
			have = append(have, f.key)
		}
	}
	var walk func(keys []*understudy.Key)
	walk = func(keys []*understudy.Key) {
		for _, k := range keys {
			if len(k.Keys) > 0 {
				walk(k.Keys)
				continue
			}
			if !slices.Contains(have, k.Path) && !left(k.Path) {
				t.Errorf("no set has %s", k.Path)
			}
		}
	}
	walk(understudy.Keys())
}

func left(key string) bool {
	for pattern := range elsewhere {
		if prefix, open := strings.CutSuffix(pattern, "*"); pattern == key || open && strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}
