package understudy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/understudy/understudy"

// source is one package's own code, without its tests.
type source struct {
	imports map[string]bool // paths; those of this module as folders
	files   map[string]*ast.File
}

// sources parses every package of the module.
func sources(t *testing.T) map[string]*source {
	t.Helper()
	all := map[string]*source{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (ownModule(file) || d.Name() == "testdata" || len(d.Name()) > 1 && d.Name()[0] == '.'):
			return fs.SkipDir
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(file))
		if all[folder] == nil {
			all[folder] = &source{imports: map[string]bool{}, files: map[string]*ast.File{}}
		}
		all[folder].files[filepath.ToSlash(file)] = f
		for _, i := range f.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			all[folder].imports[folderOf(p)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// ownModule tells whether a folder below this one is a module of its own.
func ownModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil && folder != "."
}

// folderOf returns the folder of one of the module's packages; another import path is returned as it is.
func folderOf(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// walls are what a folder may not import.
var walls = []struct{ from, never, because string }{
	{".", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"account", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"plan", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"discover", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"parity", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"drill", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"doctor", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"export", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"plan", "export", "a blueprint knows no language"},
	{"console", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"resolvers", "cloud", "what users' resolvers ask is told by whoever starts them"},
	{"cloud", "resolvers", "the local cloud serves any client, and must not lean on ours"},
	{"console", "plan", "it shows what it is given"},
	{"move", "cloud", "the tool never knows which cloud it talks to: they meet on the wire"},
	{"cloud", "account", "the local cloud serves any client, and must not lean on ours"},
	{"cloud", "plan", "the local cloud serves any client, and must not lean on ours"},
	{"cloud", "parity", "the local cloud serves any client, and must not lean on ours"},
	{"cloud", "drill", "the local cloud serves any client, and must not lean on ours"},
	{"cloud", "doctor", "the local cloud serves any client, and must not lean on ours"},
	{"cloud/internal", "cmd", "commands stand on everything"},
	{"discover", "plan", "it walks through what the tool did not build"},
	{"parity", "plan", "parity also reads regions that the tool did not build"},
}

func TestWallsBetweenFolders(t *testing.T) {
	for from, s := range sources(t) {
		for _, w := range walls {
			if !within(from, w.from) {
				continue
			}
			for to := range s.imports {
				if within(to, w.never) {
					t.Errorf("%s imports %s: %s", from, to, w.because)
				}
			}
		}
	}
}

// within tells whether a package is a folder's or below it; "." is the root package alone.
func within(pkg, folder string) bool {
	return pkg == folder || folder != "." && strings.HasPrefix(pkg, folder+"/")
}

// floor is some packages, by their folders, that know nothing of each other.
type floor struct{ packages, what string }

// floors is the order of the local cloud's packages, from the ground up: a package imports those of lower floors alone.
// A package that is not listed fails the test, so whoever adds one decides where it stands.
var floors = []floor{
	{
		"address balancer/http1 delivery direct durable lend partition descriptors tempo socket store " +
			"dnssec fleet targethealth resolver sshkey userdata rootfs rootfs/rootfstest wire policy profile",
		"stand on nothing of ours: the address plan, AWS's regions, times, files, signatures, bytes, processes",
	},
	{"poller", "connections that wait together"},
	{"authority endpoint network machine fault throttle beacon balancer metrics formula request webhook", "one thing each, told what to do"},
	{"door", "lets calls in, with the faults that strike them"},
	{"room access health publish routing network/networktest", "the ground floor of a control plane; probes, twins, and from health to answer"},
	{"dns records room/roomtest", "serves what routing decides; Route 53's rules of record sets; what tests of control planes share"},
	{
		"policies checks controls identity region/balancing region/scaling region/watching " +
			"region/parameters region/quotas region/certificates region/shifting region/notifying region/resource",
		"traffic policies' documents; control planes of one thing each, which see each other only through interfaces of their own; what EC2's share",
	},
	{"region/nets region/resource/resourcetest", "the networks of EC2; what the tests of EC2's packages share"},
	{"region/compute", "its machines, which stand on the networks"},
	{"region zones", "control planes"},
	{"world region/regiontest bench/balance bench/checker bench/nameserver", "joins the processes of a cloud; a whole region for tests; measures them"},
}

func TestOrderOfTheCloudsPackages(t *testing.T) {
	below(t, "cloud/internal", floors)
}

// rooms is the order of the plan's packages, likewise. The plan itself stands on all of them, and joins them.
var rooms = []floor{
	{"resource prices lock", "what all resources share, whatever they are; what things cost; one run at a time"},
	{"resource/resourcetest blueprint", "what the tests of the plan's packages share; how a stack is shown to other languages"},
	{"network role", "what all else lies in; what instances may do"},
	{"balancing machines", "what users reach a region by; what instances are made of"},
	{"fleet", "the instances behind a load balancer"},
	{"failover", "what decides in which region users are"},
	{"adopted", "what others made, of all these kinds"},
}

func TestOrderOfThePlansRooms(t *testing.T) {
	below(t, "plan", rooms)
}

// below checks that the packages below a folder stand on floors, each on lower ones alone.
func below(t *testing.T, folder string, floors []floor) {
	t.Helper()
	floor := map[string]int{}
	for n, f := range floors {
		for p := range strings.FieldsSeq(f.packages) {
			floor[folder+"/"+p] = n + 1
		}
	}
	all := sources(t)
	for _, from := range slices.Sorted(maps.Keys(all)) {
		if from == folder || !within(from, folder) {
			continue
		}
		if floor[from] == 0 {
			t.Errorf("%s stands on no floor: list it", from)
		}
		for to := range all[from].imports {
			if n, ok := floor[to]; ok && n >= floor[from] || to == folder {
				t.Errorf("%s imports %s, which is not on a lower floor", from, to)
			}
		}
	}
	for p := range floor {
		if all[p] == nil {
			t.Errorf("%s is listed and not there", p)
		}
	}
}

// pure packages and files decide; they neither look at a clock nor reach outside, so that a test, and a simulation of
// years, can give them any world.
var pure = []string{
	"cloud/internal/fleet", "cloud/internal/targethealth", "cloud/internal/routing", "cloud/internal/records",
	"cloud/internal/policies", "cloud/internal/policy", "cloud/internal/tempo", "cloud/internal/metrics/alarm.go",
	"cloud/internal/health/judge.go", "cloud/internal/controls/rules.go", "cloud/internal/fault/rule.go",
	"cloud/internal/fault/veil.go", "cloud/internal/fault/veil_json.go", "parity",
}

// simulated code runs in virtual time: it is as pure as the packages that it runs, and all that it draws follows from a seed. Only sideBySide starts
// goroutines, of which each runs a whole life that shares nothing; it takes them in their order.
const (
	simulated  = "cloud/simulation"
	sideBySide = simulated + "/lives.go"
)

func TestPureCodeReachesNothing(t *testing.T) {
	found := map[string]bool{}
	for _, s := range sources(t) {
		for name, f := range s.files {
			for _, p := range pure {
				if within(name, p) {
					found[p] = true
					reachesNothing(t, name, f)
				}
			}
		}
	}
	for name, f := range sources(t)[simulated].files {
		reachesNothing(t, name, f, "math/rand/v2")
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if name != sideBySide {
					t.Errorf("%s starts a goroutine, whose turn nobody knows", name)
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "rand" && n.Sel.Name != "New" && n.Sel.Name != "NewPCG" {
					t.Errorf("%s draws by rand.%s, which has no seed", name, n.Sel.Name)
				}
			}
			return true
		})
	}
	for _, p := range pure {
		if !found[p] {
			t.Errorf("%s is listed and not there", p)
		}
	}
}

func reachesNothing(t *testing.T, name string, f *ast.File, but ...string) {
	t.Helper()
	outside := []string{"net", "net/http", "os", "os/exec", "syscall", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand"}
	for _, i := range f.Imports {
		if p, _ := strconv.Unquote(i.Path.Value); slices.Contains(outside, p) && !slices.Contains(but, p) {
			t.Errorf("%s imports %s", name, p)
		}
	}
	clock := []string{"Now", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Since", "Until"}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(clock, sel.Sel.Name) {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
				t.Errorf("%s uses time.%s", name, sel.Sel.Name)
			}
		}
		return true
	})
}
