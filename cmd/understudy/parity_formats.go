package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/understudy/understudy/parity"
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

// writeParityJSON writes all pairs as one: each finding tells which regions it is of.
func writeParityJSON(w io.Writer, reports []*parity.Report) error {
	report := parityJSON{
		Findings: []parity.Finding{}, Passing: []parity.Finding{}, Ignored: []parity.Finding{}, Notes: []parity.Note{},
		Inventory: map[string]map[string]int{},
	}
	for _, r := range reports {
		report.Findings, report.Passing = append(report.Findings, r.Findings...), append(report.Passing, r.Passing...)
		report.Ignored, report.Notes = append(report.Ignored, r.Ignored...), append(report.Notes, r.Notes...)
		for _, region := range []parity.Region{r.Left, r.Right} {
			if !slices.Contains(report.Regions, region.Name) {
				report.Regions = append(report.Regions, region.Name)
				report.Inventory[region.Name] = map[string]int{}
			}
			for kind, n := range region.Inventory() {
				report.Inventory[region.Name][kind] += n
			}
		}
	}
	report.Equal = len(report.Findings) == 0
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(report)
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

// JUnit's XML has no standard; this is what Jenkins and its like read: a case for each finding, and one that passes where there
// is none (https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd).
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

func writeJUnit(w io.Writer, reports []*parity.Report) error {
	var all junitSuites
	for _, r := range reports {
		suite := junitSuiteOf(r)
		all.Tests, all.Failures, all.Suites = all.Tests+suite.Tests, all.Failures+suite.Failures, append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitSuiteOf(r *parity.Report) junitSuite {
	suite := junitSuite{Name: "parity of " + r.Left.Name + " and " + r.Right.Name}
	for _, f := range r.Findings {
		suite.Failures++
		suite.Cases = append(suite.Cases, junitCase{Name: f.Name, Class: "parity." + f.Kind, Failure: &junitMessage{f.Why, f.Severity.String(), inOneText(f)}})
	}
	for _, f := range r.Ignored {
		suite.Skipped++
		suite.Cases = append(suite.Cases, junitCase{Name: f.Name, Class: "parity." + f.Kind, Skipped: &junitMessage{Message: f.Ignored}})
	}
	for _, f := range r.Passing {
		suite.Skipped++
		suite.Cases = append(suite.Cases, junitCase{Name: f.Name, Class: "parity." + f.Kind, Skipped: &junitMessage{Message: f.Passing}})
	}
	if len(suite.Cases) == 0 {
		suite.Cases = append(suite.Cases, junitCase{Name: "the regions are equal", Class: "parity"})
	}
	suite.Tests = len(suite.Cases)
	return suite
}
