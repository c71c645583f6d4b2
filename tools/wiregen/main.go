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
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// services are folders below models/apis, and the names of the tables made of them.
var services = map[string]string{
	"ec2/2016-11-15":                             "ec2",
	"elasticloadbalancingv2/2015-12-01":          "elbv2",
	"autoscaling/2011-01-01":                     "autoscaling",
	"route53/2013-04-01":                         "route53",
	"sts/2011-06-15":                             "sts",
	"monitoring/2010-08-01":                      "cloudwatch",
	"route53-recovery-control-config/2020-11-02": "recoverycontrol",
	"route53-recovery-cluster/2019-12-02":        "recoverycluster",
}

type model struct {
	Operations map[string]operation
	Shapes     map[string]shape
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
		if err := generate(filepath.Join(models, from, "api-2.json"), filepath.Join(os.Args[1], "tables", name+".txt")); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
	if err := generateTypes(models, os.Args[1]); err != nil {
		log.Fatal("types: ", err)
	}
}

func generate(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var m model
	if err := json.Unmarshal(b, &m); err != nil {
		return err
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
	return os.WriteFile(to, table.Bytes(), 0o644)
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
		return strings.Join([]string{"list", name, m.target(s.Member.Shape), s.Member.LocationName, flag("f", s.Flattened)}, "\t")
	case "map":
		return strings.Join([]string{"map", name, s.Key.LocationName, m.target(s.Value.Shape), s.Value.LocationName, flag("f", s.Flattened)}, "\t")
	case "timestamp":
		if s.TimestampFormat != "" {
			return strings.Join([]string{"time", name, s.TimestampFormat}, "\t")
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

// target names a shape only where the table has a line for it.
func (m *model) target(name string) string {
	if m.line(name) == "" {
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
