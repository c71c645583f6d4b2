package understudy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/internal/judge"
)

var update = flag.Bool("update", false, "write understudy.schema.json and docs/declaration.md anew")

// current holds a generated file against what it is generated from.
func current(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not current (%v): `go test . -update` writes it anew", file, err)
	}
}

func TestSchemaIsCurrent(t *testing.T) {
	schema, err := understudy.Schema()
	if err != nil {
		t.Fatal(err)
	}
	current(t, "understudy.schema.json", schema)
	schema, err = understudy.AdoptedSchema()
	if err != nil {
		t.Fatal(err)
	}
	current(t, "adopted.schema.json", schema)
}

// The schema of an adopted stack's file takes what is read, and refuses what is not.
func TestTheSchemaOfAdoptedStacksRefusesWhatIsNotRead(t *testing.T) {
	const good = "name: shop\nadopt:\n  record: www.shop.test\n  regions: [us-east-1, us-west-2]\n  resources:\n" +
		"  - {region: us-east-1, kind: listener, id: arn, name: shop at port 80, settings: {port: '80'}}\n"
	files := map[string]string{"good": good, "without resources": good[:strings.Index(good, "  resources")]}
	for name, change := range map[string][2]string{
		"another kind": {"listener", "bucket"}, "one region": {", us-west-2", ""}, "no id": {"id: arn, ", ""}, "another key": {"record:", "host: a\n  record:"},
		"no name": {"name: shop\n", ""}, "a number": {"'80'", "80"},
	} {
		files[name] = strings.Replace(good, change[0], change[1], 1)
	}
	for name, places := range judgedBy(t, "adopted.schema.json", files) {
		file := filepath.Join(t.TempDir(), "understudy.yaml")
		if err := os.WriteFile(file, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		var adopted understudy.AdoptedError
		_, err := understudy.Load(file)
		if read := errors.As(err, &adopted); read != (len(places) == 0) && name != "a number" { // YAML reads it as a text
			t.Errorf("%s: the schema finds something at %v, and it is read: %v", name, places, err)
		}
	}
}

// judged returns the keys at which the schema finds something, for each of some declarations.
func judged(t *testing.T, declarations map[string]string) map[string][]string {
	t.Helper()
	return judgedBy(t, "understudy.schema.json", declarations)
}

// judgedBy does so by a schema.
func judgedBy(t *testing.T, schema string, declarations map[string]string) map[string][]string {
	t.Helper()
	python := judge.Need(t, "python3:jsonschema")
	values := map[string]any{}
	for name, src := range declarations {
		var v any
		if err := yaml.Unmarshal([]byte(src), &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		values[name] = v
	}
	in, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/schema_judge.py", schema)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// files reads the declarations that a pattern matches.
func files(t *testing.T, pattern string, least int) map[string]string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) < least {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	texts := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(b)
	}
	return texts
}

// keysOf returns the keys of the mistakes in a declaration.
func keysOf(t *testing.T, src string) []string {
	t.Helper()
	_, err := parse(src)
	var mistakes understudy.Mistakes
	if err != nil && !errors.As(err, &mistakes) {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range mistakes {
		keys = append(keys, m.Key)
	}
	return keys
}

// uncovered returns the keys that are none of the others, nor within or around one.
func uncovered(keys, others []string) (left []string) {
	for _, k := range keys {
		if !slices.ContainsFunc(others, func(o string) bool { return k == o || strings.HasPrefix(k, o+".") || strings.HasPrefix(o, k+".") }) {
			left = append(left, k)
		}
	}
	return left
}

func TestSchemaFindsWhatIsWrongWhereParseDoes(t *testing.T) {
	wrong := files(t, "testdata/wrong/*.yaml", 20)
	found := judged(t, wrong)
	for name, src := range wrong {
		keys := keysOf(t, src)
		if len(keys) == 0 || len(found[name]) == 0 || len(uncovered(keys, found[name])) > 0 || len(uncovered(found[name], keys)) > 0 {
			t.Errorf("%s: Parse finds %q, the schema %q", name, keys, found[name])
		}
	}
}

func TestSchemaTakesWhatParseTakes(t *testing.T) {
	right := files(t, "examples/*/understudy.yaml", 2)
	for name, more := range map[string]string{
		"empty mappings":    "record:\nfleet:\ninstance: {}\nparity:\n",
		"empty list":        "parity: {ignore: }\nrecord: ''\n",
		"numbers as texts":  "target: {matcher: 200}\nfailover: {before: 5, standby: {desired: 0}}\n",
		"numbers as owners": "  base: {owners: [123456789012, self], names: [1234]}\n",
		"failback":          "failover: {failback: {after: 1h30m, }, hook_timeout: 1.5m, interval: 30, switch: }\n",
		"failback a word":   "failover: {failback: manual, hook_timeout: +.5h}\n",
		"tracked":           "fleet: {track: {cpu: 50}}\n",
		"small fleet":       "fleet: {min: 1, desired: 1, max: 1, grace: 0}\n",
		"ignored":           "parity: {ignore: [{finding: 'listener*', reason: moved}]}\n",
		"tags":              "tags: {team: web, Größe von: 4711, 'a=b:c/d@e+f_g-h.i': ''}\n",
		"no tags":           "tags:\n",
		"policies":          "instance: {profile: {managed: ['arn:aws:iam::aws:policy/A'], policy: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}\n",
		"policy as JSON": `instance: {profile: ` +
			`{policy: '{"Version": "2008-10-17", "Statement": {"Effect": "Deny", "NotAction": "a:b", "NotResource": "*"}}'}}` + "\n",
		"named profile":     "instance: {profile: {name: web, managed: [], policy: }}\n",
		"volume":            "instance: {volume: {size: 20, type: gp3, encrypted: true, iops: 4000, throughput: 1000}, key: ops, monitoring: detailed}\n",
		"image's volume":    "instance: {volume: {type: , encrypted: false}, key: '', metadata: optional, hop_limit: 2, user_data: '#cloud-config'}\n",
		"environment":       "egress: nat\ninstance: {environment: {A: 1, B: '', C: {parameter: /x/y}, D: {parameter: z}}}\n",
		"no environment":    "instance: {environment: }\n",
		"rules":             "rules: [{path: ['/a/*'], redirect: {status: 302, host: www.hello.test}}, {header: {name: A, values: [1]}, fixed: {body: }}]\n",
		"parameter's image": "  parameter: /golden:3\n  baked: true\n  rebake: monthly\n",
		"image itself":      "  parameter:\n  baked: false\n  rebake: never\n",
		"codes":             "target: {matcher: '200,204-299'}\nrecord: a.b_c\n",
	} {
		right[name] = good + more
	}
	found := judged(t, right)
	for name, src := range right {
		if !strings.HasPrefix(name, "examples/") {
			if keys := keysOf(t, src); len(keys) > 0 {
				t.Errorf("%s: Parse finds %q", name, keys)
			}
		}
		if len(found[name]) > 0 {
			t.Errorf("%s: the schema finds %q", name, found[name])
		}
	}
}

// sorts are values of all sorts.
var sorts = []any{
	nil, true, "", " ", "x", "x.y", "/", "/a b", "-1", "a..b", "a\nb\n", "file:run.sh", "eu-west-1", "t3.micro", "10.0.0.0/16", "10.0.0.0/26", "010.0.0.0/16",
	"200", "200-299,404", "600", "90s", "+.5h", "3 h", "manual", "standby", "amazon", strings.Repeat("a", 21), strings.Repeat("a.", 127) + "a",
	0, 1, 2, 3, 10, 11, 30, 200, 500, 501, 65535, 65536, -5, 1.5, []string{}, []string{"self"}, []string{"a"}, []any{1},
	map[string]any{}, map[string]any{"a": 1},
}

// heldAgainstOthers tells whether a key's value is right or wrong by that of another, or by more than a pattern can say.
func heldAgainstOthers(path string) bool {
	for _, begins := range []string{"https.", "balancer.access_logs.", "balancer.connection_logs.", "instance.volume.", "failover.check.host.",
		"fleet.refresh.", "regions.primary.network.", "regions.secondary.network.", "alarms.", "balancer.idle_timeout", "balancer.kind",
		"target.connection_termination", "target.preserve_client_ip", "target.proxy_protocol"} {
		if strings.HasPrefix(path, begins) {
			return true
		}
	}
	return slices.Contains([]string{
		"fleet.desired", "fleet.max", "target.timeout", "target.version", "target.protocol", "target.check_protocol", "target.slow_start",
		"fleet.max_lifetime", "target.stickiness.cookie", "target.stickiness.source_ip",
		"regions.primary.weight", "regions.secondary.weight", "failover.check.port", "failover.healthy",
	}, path)
}

// The schema refuses nothing that Parse takes. It takes nothing that Parse refuses, but for what depends on another key, and
// for numbers in place of texts, which have no pattern.
func TestSchemaAndParseAgreeAtEveryKey(t *testing.T) {
	texts, looser := map[string]string{}, map[string]bool{}
	var walk func([]*understudy.Key)
	walk = func(keys []*understudy.Key) {
		for _, k := range keys {
			if k.Kind == understudy.Mapping {
				walk(k.Keys)
				continue
			}
			for i, v := range sorts {
				values, name := needed(), fmt.Sprintf("%s %d", k.Path, i)
				values[k.Path] = v
				texts[name] = drafted(t, values)
				_, number := v.(int)
				_, fraction := v.(float64)
				_, list := v.([]any)
				looser[name] = k.Kind != understudy.Number && k.Kind != understudy.Flag && (number || fraction || list) || heldAgainstOthers(k.Path) ||
					k.Kind == understudy.Document
			}
		}
	}
	walk(understudy.Keys())
	found, right := judged(t, texts), 0
	for name, src := range texts {
		_, err := parse(src)
		if err == nil {
			right++
		}
		if refused := len(found[name]) > 0; refused == (err == nil) && (refused || !looser[name]) {
			t.Errorf("%s: Parse says %v, the schema finds %q in\n%s", name, err, found[name], src)
		}
	}
	if right < 200 || len(texts)-right < 200 {
		t.Errorf("of %d declarations %d are right", len(texts), right)
	}
}

// What holds one key against another is beyond a schema: these declarations are wrong, and an editor does not see it.
func TestOnlyParseHoldsOneKeyAgainstAnother(t *testing.T) {
	beyond := map[string]string{
		"image.rebake":            good + "  baked: false\n  rebake: weekly\n",
		"regions.secondary.image": strings.Replace(good, "10.10.0.0/16", "10.10.0.0/16, image: ami-0a1b2c3d", 1),
		"fleet.max":               good + "fleet: {desired: 6, max: 5}\n",
		"fleet.track.requests":    good + "fleet: {track: {cpu: 50, requests: 1}}\n",
		"regions.primary.weight":  strings.Replace(good, "10.10.0.0/16", "10.10.0.0/16, weight: 3", 1),
		"failover.failback":       good + "failover: {routing: latency, failback: manual}\n",
		"target.timeout":          good + "target: {timeout: 5}\n",
		"regions.secondary.cidr":  strings.Replace(good, "10.20.0.0", "10.10.0.0", 1),
		"regions.secondary.name":  strings.Replace(good, "us-west-2", "us-east-1", 1),
		"image.run":               strings.Replace(good, "hello &", "file:gone.sh", 1),
	}
	found := judged(t, beyond)
	for key, src := range beyond {
		if keys := keysOf(t, src); !slices.Equal(keys, []string{key}) || len(found[key]) > 0 {
			t.Errorf("%s: Parse finds %q, the schema %q", key, keys, found[key])
		}
	}
}
