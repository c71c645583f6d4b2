package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/parity"
)

// reported is a report with a finding of every severity and state, and with what XML and JSON have to escape.
func reported() *parity.Report {
	finding := func(name string, s parity.Severity) parity.Finding {
		return parity.Finding{
			Name: name, Rule: "listener/rule", Severity: s, Kind: "listener", Role: "listener", Setting: "rule 7",
			Evidence: []parity.Side{{Region: "us-east-1", ID: "arn:1", Value: `if path "/a&b" <c>`}, {Region: "us-west-2", Value: parity.None}},
			Wrong:    []string{"us-east-1"}, Presumed: true, Why: "some requests go elsewhere & are lost", Heal: []string{"understudy up"},
		}
	}
	ignored, passing := finding("listener listener: known", parity.Low), finding("listener listener: passing", parity.High)
	ignored.Ignored, passing.Passing = "gone by May", "an instance starts"
	r := &parity.Report{
		Left: parity.Region{Name: "us-east-1"}, Right: parity.Region{Name: "us-west-2"},
		Passing: []parity.Finding{passing}, Ignored: []parity.Finding{ignored},
	}
	for _, s := range []parity.Severity{parity.Critical, parity.High, parity.Medium, parity.Low} {
		r.Findings = append(r.Findings, finding("listener listener: "+s.String(), s))
	}
	return r
}

var reports = map[string]*parity.Report{
	"equal":    {Left: parity.Region{Name: "us-east-1"}, Right: parity.Region{Name: "us-west-2"}},
	"findings": reported(),
}

func TestSARIFIsAsOASISHasIt(t *testing.T) {
	python := judge.Need(t, "python3:jsonschema")
	for name, r := range reports {
		for _, file := range []string{"hello world.yaml", ""} { // without a declaration there is no file
			t.Run(name+" "+file, func(t *testing.T) {
				var log bytes.Buffer
				if err := writeSARIF(&log, []*parity.Report{r}, file); err != nil {
					t.Fatal(err)
				}
				if out, err := validSARIF(t, python, log.String()); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				if file != "" && name == "findings" && !strings.Contains(log.String(), `"uri": "hello%20world.yaml"`) {
					t.Error("the file is no URI reference") // jsonschema leaves formats alone
				}
			})
		}
	}
	// The judge judges.
	if out, err := validSARIF(t, python, `{"version": "2.1.0", "runs": [{"results": []}]}`); err == nil ||
		!strings.Contains(out, "'tool' is a required property") {
		t.Errorf("a run without a tool is valid: %s", out)
	}
}

func validSARIF(t *testing.T, python, log string) (string, error) {
	cmd := exec.CommandContext(t.Context(), python, "testdata/sarif/judge.py", "testdata/sarif/sarif-schema-2.1.0.json")
	cmd.Stdin = strings.NewReader(log)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestJUnitIsReadByOthers(t *testing.T) {
	python := judge.Need(t, "python3:junitparser")
	const failed = "('Failure', '%', 'some requests go elsewhere & are lost')"
	for name, want := range map[string][]string{
		"equal": {"parity of us-east-1 and us-west-2|1|0|0|0", "parity|the regions are equal"},
		"findings": {
			"parity of us-east-1 and us-west-2|6|4|0|2",
			"parity.listener|listener listener: critical|" + strings.Replace(failed, "%", "critical", 1),
			"parity.listener|listener listener: high|" + strings.Replace(failed, "%", "high", 1),
			"parity.listener|listener listener: medium|" + strings.Replace(failed, "%", "medium", 1),
			"parity.listener|listener listener: low|" + strings.Replace(failed, "%", "low", 1),
			"parity.listener|listener listener: known|('Skipped', None, 'gone by May')",
			"parity.listener|listener listener: passing|('Skipped', None, 'an instance starts')",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			if err := writeJUnit(&log, []*parity.Report{reports[name]}); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), python, "testdata/junit.py")
			cmd.Stdin = &log
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Two pairs of regions are told apart in each format, and counted together.
func TestSeveralPairsAreWrittenAsOne(t *testing.T) {
	second := reported()
	second.Right.Name = "eu-west-1"
	both := []*parity.Report{reported(), second}
	var log bytes.Buffer
	if err := writeParityJSON(&log, both); err != nil {
		t.Fatal(err)
	}
	var all parityJSON
	if err := json.Unmarshal(log.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	if all.Equal || len(all.Findings) != 8 || !slices.Equal(all.Regions, []string{"us-east-1", "us-west-2", "eu-west-1"}) {
		t.Errorf("as JSON: equal %t, %d findings of %v", all.Equal, len(all.Findings), all.Regions)
	}
	log.Reset()
	if err := writeSARIF(&log, both, ""); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), `"driver":`); n != 2 {
		t.Errorf("as SARIF %d runs", n)
	}
	log.Reset()
	if err := writeJUnit(&log, both); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `<testsuites tests="12" failures="8">`) || strings.Count(log.String(), "<testsuite ") != 2 {
		t.Errorf("as JUnit\n%s", log.String())
	}
}
