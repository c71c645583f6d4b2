package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/parity"
)

// drift is one thing that somebody does to one region.
type drift struct {
	what    string
	side    understudy.Side
	do      []string                // commands; {NAME} is the id of a resource of the side, {1} what the first of them prints
	record  func(own, other record) // or how it changes the records
	finding string                  // what parity calls it
	// plan is the step of the plan, "secondary/vpc", with what it changes, "tagged", or what it does, "create"; "refused" where there
	// is no plan; after "note" how its remark begins, where it leaves the thing alone. No drift leaves the plan silent.
	plan string
	more []string // further steps that come of it
}

// record is a record set as the AWS CLI has it.
type record map[string]any

// names are the ids of a region's resources.
type names map[string]string

func (s *stage) ids(declared string) map[understudy.Side]names {
	s.t.Helper()
	var st struct {
		Regions []struct {
			Side      understudy.Side
			Region    string
			Resources []struct{ Resource, ID string }
		}
		Zone string
	}
	if err := json.Unmarshal([]byte(s.run(binary, "status", "-f", declared, "--json").stdout), &st); err != nil {
		s.t.Fatal(err)
	}
	ids := map[understudy.Side]names{}
	for _, region := range st.Regions {
		ids[region.Side] = names{"zone": st.Zone, "region": region.Region}
		for _, r := range region.Resources {
			ids[region.Side][r.Resource] = r.ID
		}
	}
	return ids
}

var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9 -]*)\}`)

// pair reads the two records of the name, by the side that they are of.
func (s *stage) pair(zone string) map[understudy.Side]record {
	s.t.Helper()
	var listed struct{ ResourceRecordSets []record }
	out := s.clis([][]string{{"aws route53 list-resource-record-sets --output json --hosted-zone-id " + zone}})
	if err := json.Unmarshal([]byte(out[0]), &listed); err != nil {
		s.t.Fatal(err)
	}
	pair := map[understudy.Side]record{}
	for _, r := range listed.ResourceRecordSets {
		if id, ok := r["SetIdentifier"].(string); ok {
			pair[understudy.Side(strings.TrimPrefix(id, "understudy-hello-"))] = r
		}
	}
	return pair
}

// changeOfRecords is the command that makes the pair of records what the drift makes of it.
func (s *stage) changeOfRecords(d drift, zone string) string {
	s.t.Helper()
	was, is := s.pair(zone), s.pair(zone)
	d.record(is[d.side], is[other(d.side)])
	var deleted, made []any
	for side := range is {
		if !reflect.DeepEqual(is[side], was[side]) {
			deleted = append(deleted, map[string]any{"Action": "DELETE", "ResourceRecordSet": was[side]})
			if len(is[side]) > 0 {
				made = append(made, map[string]any{"Action": "CREATE", "ResourceRecordSet": is[side]})
			}
		}
	}
	batch, err := json.Marshal(map[string]any{"Changes": append(deleted, made...)})
	if err != nil {
		s.t.Fatal(err)
	}
	return "aws route53 change-resource-record-sets --hosted-zone-id " + zone + " --change-batch '" + string(batch) + "'"
}

func other(side understudy.Side) understudy.Side {
	if side == understudy.Primary {
		return understudy.Secondary
	}
	return understudy.Primary
}

// lines are the commands that make a drift.
func (s *stage) lines(d drift, ids names) []string {
	if d.record != nil {
		return []string{s.changeOfRecords(d, ids["zone"])}
	}
	var lines []string
	for _, line := range d.do {
		line = placeholder.ReplaceAllStringFunc(line, func(name string) string {
			if id, ok := ids[strings.Trim(name, "{}")]; ok {
				return id
			}
			s.t.Fatalf("%s: no %s", d.what, name)
			return name
		})
		if !strings.HasPrefix(line, "aws route53") {
			line += " --region " + ids["region"]
		}
		lines = append(lines, line)
	}
	return lines
}

// clis runs lists of lines of the AWS CLI in one process (testdata/warm.py), and returns what the last line of each has printed.
func (s *stage) clis(rows [][]string) (outs []string) {
	s.t.Helper()
	if len(rows) == 0 {
		return nil
	}
	in, err := json.Marshal(rows)
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), filepath.Join(warm.programs(s.t, "awscli"), "lines"))
	cmd.Env, cmd.Stdin = s.environment(), bytes.NewReader(in)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	var said []struct{ Out, Wrong string }
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	if err != nil {
		s.t.Fatalf("%v: %s%s", err, out, errs.String())
	}
	for _, one := range said {
		if one.Wrong != "" {
			s.t.Errorf("%s", one.Wrong)
		}
		outs = append(outs, one.Out)
	}
	return outs
}

// planned returns what the plan would change, each difference for itself, or "refused".
func (s *stage) planned() (steps []string) {
	s.t.Helper()
	r := s.run(binary, "plan", "-f", example, "--json")
	if r.code != 0 {
		return []string{"refused"}
	}
	var p struct {
		Steps []struct {
			Resource, Action string
			Differences      []struct{ Name string }
		}
		Remarks []struct{ Resource, Text string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &p); err != nil {
		s.t.Fatal(err)
	}
	for _, one := range p.Steps {
		switch {
		case one.Action == "wait":
		case one.Action != "change":
			steps = append(steps, one.Resource+": "+one.Action)
		default:
			for _, d := range one.Differences {
				steps = append(steps, one.Resource+": "+d.Name)
			}
		}
	}
	for _, r := range p.Remarks {
		steps = append(steps, "note "+r.Resource+": "+r.Text)
	}
	return steps
}

// found returns the findings of parity, which says more while AWS is at work on something.
func (s *stage) found() map[string]parity.Finding {
	s.t.Helper()
	var report struct{ Findings []parity.Finding }
	r := s.run(binary, "parity", "-f", example, "--json")
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		s.t.Fatalf("%v: %s", err, r.stderr)
	}
	found := map[string]parity.Finding{}
	for _, f := range report.Findings {
		found[f.Name] = f
	}
	return found
}

var update = flag.Bool("update", false, "write docs/drifts.md, and what pages show")

// What somebody changes in one region by hand is a finding of parity, one for each cause; most of it is in the plan, and the
// commands that parity prints heal it.
func TestDriftsAreFoundAndHealed(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.unchanged()
	table := &strings.Builder{}
	var made []drift
	for _, round := range drifts {
		ids := s.ids(example)
		var rows [][]string
		for _, d := range round {
			rows = append(rows, s.lines(d, ids[d.side]))
		}
		s.clis(rows)
		found := s.foundAll(round)
		steps := s.planned()
		for _, d := range round {
			d.tell(t, table, found[d.finding], steps, ids)
		}
		made = append(made, round...)
		s.onlyClaimed(made, steps)
		s.heal(found)
		s.unchanged()
	}
	document(t, table.String())
}

// foundAll waits until parity finds what was done, and nothing else: what AWS is at work on is found when it is done.
func (s *stage) foundAll(rows []drift) (found map[string]parity.Finding) {
	s.t.Helper()
	var want []string
	for _, d := range rows {
		want = append(want, d.finding)
	}
	slices.Sort(want)
	var got []string
	defer func() { // until ends the test
		if diff := cmp.Diff(want, got); diff != "" {
			s.t.Errorf("parity finds: (-want +got)\n%s", diff)
		}
	}()
	s.until("parity finds what was done", func() bool {
		found = s.found()
		got = slices.Sorted(maps.Keys(found))
		return slices.Equal(want, got)
	})
	return found
}

// onlyClaimed fails the test where the plan has what no drift so far is said to bring about: what is left alone stays.
func (s *stage) onlyClaimed(rows []drift, steps []string) {
	s.t.Helper()
	for _, step := range steps {
		if !slices.ContainsFunc(rows, func(d drift) bool { return d.claims(step) }) {
			s.t.Errorf("the plan has a step that no drift of the table is said to have: %s", step)
		}
	}
}

// claims tells whether a step comes of the drift.
func (d drift) claims(step string) bool {
	return d.plan != "" && strings.HasPrefix(step, d.plan) ||
		slices.ContainsFunc(d.more, func(also string) bool { return strings.HasPrefix(step, also) })
}

// heal runs what the findings say: commands before `understudy up`, that once for all, and commands that come after it.
func (s *stage) heal(found map[string]parity.Finding) {
	s.t.Helper()
	var before, after [][]string
	up := false
	for _, name := range slices.Sorted(maps.Keys(found)) {
		command := &before
		for _, h := range found[name].Heal {
			if h == "understudy up" {
				up, command = true, &after
				continue
			}
			*command = append(*command, []string{h})
		}
	}
	s.clis(before)
	if up {
		s.must("up", "-f", example, "--yes")
	}
	s.clis(after)
}

// tell writes the row of the table, and fails the test where the plan does not say what it is expected to.
func (d drift) tell(t *testing.T, table io.Writer, f parity.Finding, steps []string, ids map[understudy.Side]names) {
	t.Helper()
	if d.plan == "" || !slices.ContainsFunc(steps, func(step string) bool { return strings.HasPrefix(step, d.plan) }) {
		t.Errorf("%s: the plan does not say %q", d.what, d.plan)
	}
	var heal []string
	for _, h := range f.Heal {
		heal = append(heal, "`"+strings.ReplaceAll(nameless(h, ids), "|", "\\|")+"`")
	}
	fmt.Fprintf(table, "| %s | %s | %s, `%s` | %s | %s |\n", d.what, strings.Join(sides(f.Wrong), ", "), f.Severity, f.Rule, d.plan, strings.Join(heal, ", then "))
}

// sides names regions as the declaration does.
func sides(regions []string) (sides []string) {
	for _, r := range regions {
		sides = append(sides, strings.NewReplacer(primary, "primary", secondary, "secondary").Replace(r))
	}
	return sides
}

var anID = regexp.MustCompile(`arn:aws:[^ "']+|\b(rtb|sg|i|subnet|ami|lt|vpc|rtbassoc|acl|nat|eni)-[0-9a-f]{17}\b`)

// nameless writes a command as it is in every run: with the names of resources for their ids.
func nameless(command string, ids map[understudy.Side]names) string {
	for _, side := range understudy.Sides {
		for _, name := range slices.Sorted(maps.Keys(ids[side])) {
			if id := ids[side][name]; name != "region" && name != "fleet" && name != "default version" {
				command = strings.ReplaceAll(command, id, strings.ToUpper(strings.ReplaceAll(name, " ", "-")))
			}
		}
	}
	return anID.ReplaceAllString(command, "ID")
}

// document compares the table with the manual's, or writes it.
func document(t *testing.T, table string) {
	t.Helper()
	const file = "../docs/drifts.md"
	text := driftsHead + table
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	is, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(is), text); diff != "" {
		t.Errorf("%s is not what is found; go test ./e2e -run TestDrifts -update writes it: (-is +found)\n%s", file, diff)
	}
}

const driftsHead = `# Drifts, and what heals them

Made by a test, which does each of these to one region of a running stack with the AWS CLI, asks ` + "`understudy parity`" + ` and
` + "`understudy plan`" + `, runs the printed commands, and looks that both regions are equal and the plan is empty again.
Where the plan has a note, ` + "`understudy up`" + ` leaves the thing alone, and parity's command is what heals it. Names in capitals
stand for ids. Commands run with ` + "`--region`" + ` of the wrong side.

Scaling policies of the fleets are compared too, and in no row, since this stack declares none. Its listener speaks
HTTP, so that certificates are in no row either.

| what somebody did | wrong side | parity says | plan says | healed by |
| --- | --- | --- | --- | --- |
`
