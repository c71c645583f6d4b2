package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/internal/chance"
)

// declarations are what the sets of fields declare, by name.
func declarations(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob("testdata/fields/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d declarations: %v", len(files), err)
	}
	all := map[string]map[string]any{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var d map[string]any
		if err := yaml.Unmarshal(b, &d); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all[f] = d
	}
	return all
}

// mixed takes for each key, at any depth, the value of one of the declarations that have it, or leaves it out where one has not.
func mixed(random *rand.Rand, all []map[string]any) map[string]any {
	names := map[string]bool{}
	for _, d := range all {
		for k := range d {
			names[k] = true
		}
	}
	out := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(names)) {
		v, ok := all[random.IntN(len(all))][k]
		if !ok {
			continue
		}
		var inner []map[string]any
		for _, d := range all {
			if m, ok := d[k].(map[string]any); ok {
				inner = append(inner, m)
			}
		}
		if _, ok := v.(map[string]any); ok {
			v = mixed(random, inner)
		}
		out[k] = v
	}
	return out
}

// askedFor are what a service has to be asked for, so that a match is found in its answer.
var askedFor = map[any]string{`"healthy":true`: "/?format=json", "ok": "/healthz"}

// serving makes the service that a mixture declares one that serves what it declares: from an image that has it, at every port, and with what its
// check looks for.
func serving(d map[string]any) {
	if image, ok := d["image"].(map[string]any); ok {
		image["run"] = "hello -tls -addr :8080 & hello -tls -addr :8081 &"
		if image["base"] == nil && image["parameter"] == nil && !imagesByRegion(d) {
			image["base"] = map[string]any{"names": []string{"understudy-hello-*"}}
		}
	}
	failover, _ := d["failover"].(map[string]any)
	if check, ok := failover["check"].(map[string]any); ok && check["match"] != nil {
		check["path"] = askedFor[check["match"]]
	}
}

// imagesByRegion tells whether a mixture names the image in both regions.
func imagesByRegion(d map[string]any) bool {
	regions, _ := d["regions"].(map[string]any)
	for _, side := range []string{"primary", "secondary"} {
		if r, _ := regions[side].(map[string]any); r["image"] == nil {
			return false
		}
	}
	return true
}

// A mixture that names no image has one that serves.
func TestMixturesServe(t *testing.T) {
	image := map[string]any{}
	serving(map[string]any{"image": image})
	if base, _ := image["base"].(map[string]any); base["names"] == nil {
		t.Errorf("the image is %v", image)
	}
}

// randomDeclaration writes a mixture that is valid, a third of them with HTTPS, after it was given a shape.
func randomDeclaration(t *testing.T, random *rand.Rand, shape func(*rand.Rand, map[string]any)) string {
	t.Helper()
	named := declarations(t)
	var all []map[string]any
	for _, name := range slices.Sorted(maps.Keys(named)) {
		all = append(all, named[name])
	}
	folder, err := filepath.Abs("testdata/fields")
	if err != nil {
		t.Fatal(err)
	}
	var wrong error
	for range 10_000 {
		one := mixed(random, all)
		if b, ok := one["balancer"].(map[string]any); ok {
			delete(b, "deletion_protection") // with it, down has to leave the load balancer
		}
		if random.IntN(3) == 0 {
			securing(random, one)
		}
		shape(random, one)
		serving(one)
		b, err := yaml.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		read := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(folder, name)) }
		if _, wrong = understudy.Parse("random.yaml", b, read); wrong != nil {
			continue
		}
		path := filepath.Join(t.TempDir(), "understudy.yaml")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("declared:\n%s", b)
		return path
	}
	t.Fatalf("no mixture is valid: the last is not, since %v", wrong)
	return ""
}

// certifiedIfNamed imports certificates for a declaration that names some.
func (s *stage) certifiedIfNamed(declared string) (file string, remove func()) {
	s.t.Helper()
	d, err := understudy.Load(declared)
	if err != nil {
		s.t.Fatal(err)
	}
	if !d.HTTPS.Declared() {
		return declared, func() {}
	}
	file, arns := s.certified(declared)
	return file, func() { s.uncertified(arns) }
}

// applying is the shape of a mixture behind application load balancers.
func applying(_ *rand.Rand, d map[string]any) { delete(inner(d, "balancer"), "kind") }

// Whatever is declared is built, leaves nothing to change, is the same in both regions, is read back, and is removed without a trace: every other one behind
// network load balancers. UNDERSTUDY_DECLARATIONS is how many are tried.
func TestRandomDeclarations(t *testing.T) {
	t.Parallel()
	random := chance.New(t)
	n, _ := strconv.Atoi(os.Getenv("UNDERSTUDY_DECLARATIONS"))
	first := random.IntN(2)
	for i := range max(n, 1) {
		shape := applying
		if (first+i)%2 == 0 {
			shape = flowing
		}
		declared := randomDeclaration(t, random, shape)
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := start(t)
			undo := s.prepare(slices.Sorted(maps.Keys(fields))...)
			declared, remove := s.certifiedIfNamed(declared)
			s.must("up", "-f", declared, "--yes")
			s.asDeclared(declared)
			s.must("parity", "-f", declared)
			s.readsBack(declared)
			s.must("down", "-f", declared, "--zone", "--yes")
			undo()
			remove()
			s.nothingIsLeft()
		})
	}
}
