// Wiregen writes the wire-name tables of package wire from AWS's published API models, which the Go SDK's
// first version carries (models/apis/*/*/api-2.json). That SDK is deprecated, so it is a dependency of
// this module alone and is read at generation time only.
//
//	wiregen DIR
//
// DIR is package wire's.
//
// A table is text, one line an operation or shape, so that a change of AWS's models reads well in a diff
// and a process needs to parse only the shapes that it meets. The format is told in wire/table.go.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// services are folders below models/apis, and the names of the tables made of them.
var services = map[string]string{
	"ec2/2016-11-15":                             "ec2",
	"elasticloadbalancingv2/2015-12-01":          "elbv2",
	"elasticloadbalancing/2012-06-01":            "elb",
	"autoscaling/2011-01-01":                     "autoscaling",
	"route53/2013-04-01":                         "route53",
	"sts/2011-06-15":                             "sts",
	"monitoring/2010-08-01":                      "cloudwatch",
	"route53-recovery-control-config/2020-11-02": "recoverycontrol",
	"route53-recovery-cluster/2019-12-02":        "recoverycluster",
	"iam/2010-05-08":                             "iam",
	"ssm/2014-11-06":                             "ssm",
	"service-quotas/2019-06-24":                  "servicequotas",
	"acm/2015-12-08":                             "acm",
	"arc-zonal-shift/2022-10-30":                 "zonalshift",
	"sns/2010-03-31":                             "sns",
}

// checked are the tables that have the models' constraints: those of the services that check them in front of their
// own code. EC2 words its refusals itself; those of Application Recovery Controller's routing controls are not known.
var checked = map[string]bool{
	"elbv2": true, "elb": true, "autoscaling": true, "route53": true, "cloudwatch": true, "iam": true, "sts": true, "ssm": true, "servicequotas": true,
	"acm": true, "zonalshift": true,
}

type model struct {
	Operations map[string]operation
	Shapes     map[string]shape
	// checked tells that the service checks its models' constraints before anything else.
	checked bool
}

type operation struct {
	HTTP struct {
		Method, RequestURI string
		ResponseCode       int
	}
	Input, Output ref
}

type ref struct {
	Shape, LocationName, QueryName, Location string
	ResultWrapper                            string
	Flattened, XMLAttribute                  bool
	XMLNamespace                             struct{ URI string }
}

type shape struct {
	Type            string
	Members         map[string]ref
	Required        []string
	Member          ref // of a list
	Key, Value      ref // of a map
	Flattened       bool
	LocationName    string // of a list's elements, where the model puts it here
	Payload         string
	TimestampFormat string
	Enum            []string
	Min, Max        *json.Number
	Pattern         string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("wiregen: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: wiregen DIR")
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go").Output()
	if err != nil {
		log.Fatal("find the models: ", err)
	}
	models := filepath.Join(strings.TrimSpace(string(out)), "models", "apis")
	for from, name := range services {
		to := target{file: filepath.Join(os.Args[1], "tables", name+".txt"), checked: checked[name]}
		if to.checked {
			if to.sdk, err = moduleDir(os.Args[1], "github.com/aws/aws-sdk-go-v2/service/"+packages[name]); err != nil {
				log.Fatalf("%s: %v", name, err)
			}
		}
		if err := generate(filepath.Join(models, from, "api-2.json"), to); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
	if err := generateTypes(models, os.Args[1]); err != nil {
		log.Fatal("types: ", err)
	}
}

func generate(from string, to target) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var m model
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	if m.checked = to.checked; m.checked {
		if err := m.addEnums(to.sdk); err != nil {
			return err
		}
	}
	var table bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(m.Operations)) {
		op := m.Operations[name]
		fmt.Fprintln(&table, strings.Join([]string{
			"op", name, op.HTTP.Method, op.HTTP.RequestURI, fmt.Sprint(op.HTTP.ResponseCode),
			op.Input.Shape, op.Input.LocationName, op.Output.Shape, op.Output.ResultWrapper,
		}, "\t"))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Shapes)) {
		if line := m.line(name); line != "" {
			fmt.Fprintln(&table, line)
		}
	}
	return os.WriteFile(to.file, wrap(table.Bytes()), 0o644)
}

// wrap breaks lines over 160 columns between fields. A line that starts with a tab goes on with the one before.
func wrap(table []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(table) {
		column := 0
		for i, field := range bytes.Split(line, []byte{'\t'}) {
			switch {
			case column+len(field) > 150 && i > 1:
				out.WriteString("\n\t")
				column = 8
			case i > 0:
				out.WriteByte('\t')
				column++
			}
			out.Write(field)
			column += len(field)
		}
	}
	return out.Bytes()
}

// target is a table to make.
type target struct {
	file    string
	checked bool
	sdk     string // the folder of the SDK's package, whose enums are newer than the models'
}

var (
	enumType  = regexp.MustCompile(`(?m)^func \((\w+)\) Values\(\) \[\]\w+ \{\n\treturn \[\]\w+\{\n((?:\t\t".*",\n)*)`)
	enumValue = regexp.MustCompile(`"(.*)"`)
)

// addEnums adds the words that the SDK knows and the models do not.
func (m *model) addEnums(sdk string) error {
	src, err := os.ReadFile(filepath.Join(sdk, "types", "enums.go"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // STS has none
	}
	if err != nil {
		return err
	}
	for _, found := range enumType.FindAllStringSubmatch(string(src), -1) {
		s, ok := m.Shapes[found[1]]
		if !ok || len(s.Enum) == 0 {
			continue
		}
		for _, word := range enumValue.FindAllStringSubmatch(found[2], -1) {
			if !slices.Contains(s.Enum, word[1]) {
				s.Enum = append(s.Enum, word[1])
			}
		}
		m.Shapes[found[1]] = s
	}
	return nil
}

// constraints renders what a shape's values must keep to, where the service checks it.
func (m *model) constraints(s shape) []string {
	if !m.checked || s.Min == nil && s.Max == nil && s.Pattern == "" && len(s.Enum) == 0 {
		return nil
	}
	return []string{number(s.Min), number(s.Max), s.Pattern, strings.Join(s.Enum, "|")}
}

func number(n *json.Number) string {
	if n == nil {
		return ""
	}
	return n.String()
}

// line renders a shape, or "" where its Go type says all there is to know.
func (m *model) line(name string) string {
	s := m.Shapes[name]
	switch s.Type {
	case "structure":
		fields := []string{"struct", name, s.Payload}
		for _, member := range slices.Sorted(maps.Keys(s.Members)) {
			fields = append(fields, m.member(s, member))
		}
		return strings.Join(fields, "\t")
	case "list":
		fields := []string{"list", name, m.target(s.Member.Shape), s.Member.LocationName, flag("f", s.Flattened)}
		return strings.Join(append(fields, m.constraints(s)...), "\t")
	case "map":
		return strings.Join([]string{"map", name, s.Key.LocationName, m.target(s.Value.Shape), s.Value.LocationName, flag("f", s.Flattened)}, "\t")
	case "timestamp":
		if s.TimestampFormat != "" {
			return strings.Join([]string{"time", name, s.TimestampFormat}, "\t")
		}
	case "string", "integer", "long", "float", "double", "blob":
		if c := m.constraints(s); c != nil {
			return strings.Join(append([]string{"scalar", name}, c...), "\t")
		}
	}
	return ""
}

// member renders one member: name:shape:locationName:queryName:location:flags.
func (m *model) member(s shape, name string) string {
	r := s.Members[name]
	return strings.Join([]string{
		name, m.target(r.Shape), r.LocationName, r.QueryName, r.Location,
		flag("r", slices.Contains(s.Required, name)) + flag("f", r.Flattened) + flag("a", r.XMLAttribute),
	}, ":")
}

// target names a shape only where the table has a line for it. A structure always has one, and may hold itself.
func (m *model) target(name string) string {
	if s := m.Shapes[name]; s.Type != "structure" && s.Type != "list" && s.Type != "map" && m.line(name) == "" {
		return ""
	}
	return name
}

func flag(letter string, set bool) string {
	if set {
		return letter
	}
	return ""
}
