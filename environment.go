package understudy

import (
	_ "embed"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Environment are the variables that the run script is called with, by their names.
type Environment map[string]Variable

// Variable is a text, or a parameter of Parameter Store whose value each instance fetches in its own region.
type Variable struct{ Text, Parameter string }

// mostVariables bounds what a boot waits for: each parameter is fetched by a call of its own.
const mostVariables = 40

// Parameters lists the parameters of some of the variables, each once.
func (e Environment) Parameters() (names []string) {
	for _, v := range e {
		if v.Parameter != "" {
			names = append(names, v.Parameter)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// EnvironmentFile is where the variables are on an instance, as a shell reads them, for root alone.
const EnvironmentFile = "/run/understudy/environment"

//go:embed environment.sh
var environmentScript string

// hook is a boothook, which cloud-init runs at every boot before all scripts (cloud-init, "User data formats"). It puts declared texts
// into the file, and what it fetches.
func (e Environment) hook() string {
	var b, texts strings.Builder
	names := slices.Sorted(maps.Keys(e))
	for _, name := range names {
		if v := e[name]; v.Parameter == "" {
			fmt.Fprintf(&texts, "%s='%s'\n", name, strings.ReplaceAll(v.Text, "'", `'\''`))
		}
	}
	fmt.Fprintf(&b, "%sbase64 -d >$file.new <<'UNDERSTUDY' || fail 'it cannot be written'\n", environmentScript)
	inBase64(&b, texts.String())
	fmt.Fprintln(&b, "UNDERSTUDY")
	if len(e.Parameters()) > 0 {
		fmt.Fprintln(&b, "find_region")
	}
	for _, name := range names {
		if v := e[name]; v.Parameter != "" {
			fmt.Fprintf(&b, "fetch %s %s\n", name, v.Parameter)
		}
	}
	fmt.Fprintf(&b, "rm -f $file.said\nmv $file.new $file || fail 'it cannot be written'\necho 'understudy: environment of the service: %s'\n",
		strings.Join(names, " "))
	return b.String()
}

// runner is the script that calls the run script with the variables. Without them it does not: a service that lacks a secret might serve
// otherwise than it should.
func runner(run string) string {
	return fmt.Sprintf("#!/bin/sh -e\n[ -r %[1]s ] || { echo 'understudy: the service is not started: there is no %[1]s'; exit 1; }\n"+
		"set -a\n. %[1]s\nset +a\nexec %s\n", EnvironmentFile, run)
}

// variables reads the environment.
func (o *object) variables(key string) Environment {
	k := Key{Name: key, Kind: Variables, Highest: mostVariables, of: variableName, text: variableText}
	n := o.get(k)
	pairs, ok := pairsOf(n)
	if !ok || len(pairs) > mostVariables {
		o.r.mistake(n, o.path+key, describe(n), k.Allowed())
		return nil
	}
	var all Environment
	for _, pair := range pairs {
		name, named := scalar(pair.Key)
		path := o.path + key + "." + name
		switch _, twice := all[name]; {
		case !named || !variableName.holds(name):
			o.r.mistake(pair.Key, path, "key "+describe(pair.Key), variableName.allowed)
			continue
		case twice:
			o.r.mistake(pair.Key, path, fmt.Sprintf("key %q a second time", name), "each key once")
			continue
		case all == nil:
			all = Environment{}
		}
		all[name] = o.variable(pair.Value, path)
	}
	return all
}

func (o *object) variable(n ast.Node, path string) (v Variable) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		of := o.r.object(n, path+".")
		if of.require(parameterKey, environmentParameter.allowed) {
			v.Parameter = of.text(parameterKey, "", environmentParameter)
		} else {
			of.get(Key{Name: parameterKey})
		}
	default:
		text, ok := scalar(n)
		if !ok || !variableText.holds(text) {
			o.r.mistake(n, path, describe(n), variableText.allowed)
		}
		v.Text = text
	}
	return v
}

// parameterKey stands in the place of a text.
const parameterKey = "parameter"

// variablesSchema returns the schema of variables.
func (k *Key) variablesSchema() map[string]any {
	names := k.of.schema(false)
	delete(names, "type")
	parameter := map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{parameterKey},
		"properties": map[string]any{parameterKey: environmentParameter.schema(false)},
	}
	return map[string]any{"type": []string{"object", "null"}, "maxProperties": k.Highest, "propertyNames": names,
		"additionalProperties": map[string]any{"anyOf": []any{k.text.schema(false), parameter}}}
}

// refuseEnvironment holds parameters against what keeps instances from fetching them.
func refuseEnvironment(d *Declaration, machines *object) {
	if len(d.Instance.Environment.Parameters()) == 0 {
		return
	}
	const key = "environment"
	if name := d.Instance.Profile.Name; name != "" {
		machines.mistake(key, fmt.Sprintf("parameters, with instance.profile.name %q", name),
			"texts, or no name: the role that is made may read the parameters, and another is not changed")
	}
	// A role's own policies together ("IAM and AWS STS quotas" in the IAM User Guide), white space not counted.
	const most = 10 << 10
	if n := len(d.ParametersPolicy()) + len(strings.Map(dropSpace, d.Instance.Profile.Policy)); n > most {
		machines.mistake(key, fmt.Sprintf("parameters that the role needs policies of %d characters for", n),
			fmt.Sprintf("%d with instance.profile.policy: fewer parameters, or of shorter names", most))
	}
	for _, side := range Sides {
		switch r := d.Regions[side]; {
		case r.Egress == EgressNone && !r.Given(): // a given network has its owner's ways out
			machines.mistake(key, "parameters, with egress none in the "+string(side), "texts, or egress nat, nat-per-zone or endpoints, "+
				"by which instances reach Systems Manager")
			return
		case !d.Security.reaches(r):
			machines.mistake(key, "parameters, with security.internal.egress that lets nothing out to them",
				"texts, or a rule for tcp at port 443 to Systems Manager: to 0.0.0.0/0, or with egress endpoints to the region's cidr")
			return
		}
	}
}

// reaches tells whether the fleet may connect to where AWS's services are for it: endpoints within its network, or anywhere.
func (s Security) reaches(r Region) bool {
	const https = 443
	return len(s.Internal.Egress) == 0 || slices.ContainsFunc(s.Internal.Egress, func(t Traffic) bool {
		to, err := netip.ParsePrefix(t.Peer)
		within := err == nil && (r.Egress != EgressEndpoints || to.Overlaps(r.CIDR))
		return within && (t.Protocol == "-1" || t.Protocol == "tcp" && t.From <= https && https <= t.To)
	})
}

var (
	// The names that a shell exports ("Name" in the Base Definitions of POSIX.1-2024).
	variableName = upTo(128, matching(`[A-Za-z_][A-Za-z0-9_]*`, "letters, digits and underscores, not a digit first"))
	variableText = noZero("a text, or a parameter of Parameter Store: {parameter: /hello/password}")
	// PutParameter in the AWS Systems Manager API Reference. Names that begin with aws or ssm are AWS's, among them those that lead to secrets
	// of another service.
	environmentParameter = upTo(1011, holding(
		matching(`[A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+){1,15}`,
			"the name of a parameter of Parameter Store in both regions, which does not begin with aws or ssm"),
		func(s string) bool {
			s = strings.ToLower(strings.TrimPrefix(s, "/"))
			return !strings.HasPrefix(s, "aws") && !strings.HasPrefix(s, "ssm")
		}))
)
