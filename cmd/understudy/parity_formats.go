package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/understudy/understudy/parity"
	"github.com/understudy/understudy/report"
)

// parityJSON is a comparison as programs read it.
type parityJSON struct {
	Equal     bool                      `json:"equal"`
	Regions   []string                  `json:"regions"` // the primary first
	Findings  []parity.Finding          `json:"findings"`
	Passing   []parity.Finding          `json:"passing"`
	Ignored   []parity.Finding          `json:"ignored"`
	Notes     []parity.Note             `json:"notes"`
	Inventory map[string]map[string]int `json:"inventory"`
}

// parityOf joins all pairs to one: each finding tells which regions it is of.
func parityOf(reports []*parity.Report) parityJSON {
	found := parityJSON{
		Findings: []parity.Finding{}, Passing: []parity.Finding{}, Ignored: []parity.Finding{}, Notes: []parity.Note{},
		Inventory: map[string]map[string]int{},
	}
	for _, r := range reports {
		found.Findings, found.Passing = append(found.Findings, r.Findings...), append(found.Passing, r.Passing...)
		found.Ignored, found.Notes = append(found.Ignored, r.Ignored...), append(found.Notes, r.Notes...)
		for _, region := range []parity.Region{r.Left, r.Right} {
			if !slices.Contains(found.Regions, region.Name) {
				found.Regions = append(found.Regions, region.Name)
				found.Inventory[region.Name] = map[string]int{}
			}
			for kind, n := range region.Inventory() {
				found.Inventory[region.Name][kind] += n
			}
		}
	}
	found.Equal = len(found.Findings) == 0
	return found
}

func writeParityJSON(w io.Writer, reports []*parity.Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(parityOf(reports))
}

// The Static Analysis Results Interchange Format, version 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html),
// as code hosts show it. What has no file is located in the declaration, by the resource's name as a logical location.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Properties   parity.Finding     `json:"properties"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLogical struct {
		Name          string `json:"name"`
		QualifiedName string `json:"fullyQualifiedName"`
		Kind          string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

var sarifLevels = map[parity.Severity]string{parity.Critical: "error", parity.High: "error", parity.Medium: "warning", parity.Low: "note"}

// writeSARIF writes a run for each pair of regions.
func writeSARIF(w io.Writer, reports []*parity.Report, file string) error {
	var runs []sarifRun
	for _, r := range reports {
		runs = append(runs, sarifRunOf(r, file))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", runs})
}

func sarifRunOf(r *parity.Report, file string) sarifRun {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "understudy parity", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	known := map[string]bool{}
	for _, list := range [][]parity.Finding{r.Findings, r.Ignored} {
		for _, f := range list {
			if !known[f.Rule] {
				known[f.Rule] = true
				run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{f.Rule, sarifText{f.Rule}, sarifText{sentence(f.Why)}})
			}
			run.Results = append(run.Results, sarifOf(f, file))
		}
	}
	return run
}

func sarifOf(f parity.Finding, file string) sarifResult {
	where := sarifLocation{Logical: []sarifLogical{{f.Role, f.Name, "resource"}}}
	if file != "" {
		where.Physical = &sarifPhysical{sarifArtifact{(&url.URL{Path: filepath.ToSlash(file)}).String()}}
	}
	result := sarifResult{
		RuleID: f.Rule, Level: sarifLevels[f.Severity], Message: sarifText{inOneText(f)}, Locations: []sarifLocation{where},
		Fingerprints: map[string]string{"finding/v1": f.Name}, Properties: f,
	}
	if f.Ignored != "" {
		result.Suppressions = []sarifSuppression{{"external", f.Ignored}}
	}
	return result
}

// inOneText tells a finding in sentences.
func inOneText(f parity.Finding) string {
	var sides []string
	for _, s := range f.Evidence {
		sides = append(sides, fmt.Sprintf("%s has %s (%s)", s.Region, s.Value, cmpOr(s.ID, "no id")))
	}
	text := fmt.Sprintf("%s: %s. Wrong: %s%s. In a failover: %s.", f.Name, strings.Join(sides, ", "), strings.Join(f.Wrong, " and "), presumed(f), f.Why)
	if len(f.Heal) > 0 {
		text += " Heal: " + strings.Join(f.Heal, "; ")
	}
	return text
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func presumed(f parity.Finding) string {
	if f.Presumed {
		return ", presumably"
	}
	return ""
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// writeJUnit writes a suite for each pair of regions.
func writeJUnit(w io.Writer, reports []*parity.Report) error {
	var suites []report.Suite
	for _, r := range reports {
		suites = append(suites, suiteOf(r))
	}
	return report.WriteSuites(w, suites...)
}

// suiteOf is a test for each finding, and one that passes where there is none.
func suiteOf(r *parity.Report) report.Suite {
	suite := report.Suite{Name: "parity of " + r.Left.Name + " and " + r.Right.Name}
	add := func(f parity.Finding, failed, skipped *report.Message) {
		suite.Cases = append(suite.Cases, report.Case{Name: f.Name, Class: "parity." + f.Kind, Failure: failed, Skipped: skipped})
	}
	for _, f := range r.Findings {
		add(f, &report.Message{Message: f.Why, Type: f.Severity.String(), Text: inOneText(f)}, nil)
	}
	for _, f := range r.Ignored {
		add(f, nil, &report.Message{Message: f.Ignored})
	}
	for _, f := range r.Passing {
		add(f, nil, &report.Message{Message: f.Passing})
	}
	if len(suite.Cases) == 0 {
		suite.Cases = append(suite.Cases, report.Case{Name: "the regions are equal", Class: "parity"})
	}
	return suite
}
