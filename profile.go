package understudy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Profile is what the instances may do in AWS: by an instance profile that is there, or by one that is made with a role for both
// regions.
type Profile struct {
	Name    string   // of one that is there
	Managed []string // the ARNs of the role's managed policies
	Policy  string   // the role's own policy, as JSON; empty is none
}

// Made tells whether a role and its instance profile are made.
func (p Profile) Made() bool { return len(p.Managed) > 0 || p.Policy != "" }

// RoleName is the name of the role that is made, and of its instance profile. IAM's names are of the whole account, where two stacks
// of one name may be in different regions.
func (d *Declaration) RoleName() string {
	return "understudy-" + d.Name + "-" + d.Regions[Primary].Name
}

// RoleMade tells whether the stack makes a role for its instances: for declared policies, or to read parameters.
func (d *Declaration) RoleMade() bool {
	return d.Instance.Profile.Made() || len(d.Instance.Environment.Parameters()) > 0
}

// ProfileName is the name of the instances' profile, empty for none.
func (d *Declaration) ProfileName() string {
	if d.RoleMade() {
		return d.RoleName()
	}
	return d.Instance.Profile.Name
}

func profile(o *object, dir string, readFile func(string) ([]byte, error)) Profile {
	p := Profile{
		Name:    o.text("name", "", profileName),
		Managed: o.texts("managed", []string{}, managedPolicy),
		Policy:  o.document("policy", dir, readFile),
	}
	if p.Name != "" && p.Made() {
		o.mistake("name", fmt.Sprintf("%q, beside policies for one that is made", p.Name), "the name of one that is there, or policies")
	}
	return p
}

var (
	// CreateInstanceProfile in the IAM API Reference.
	profileName   = upTo(128, matching(`[A-Za-z0-9_+=,.@-]*`, "the name of an instance profile, or nothing"))
	managedPolicy = matching(`arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[!-~]{1,512}`, "the ARN of a managed policy")
)

// document reads an IAM policy, a mapping or a text that is one, and returns it as JSON.
func (o *object) document(key, dir string, readFile func(string) ([]byte, error)) string {
	k := Key{Name: key, Kind: Document}
	n := o.get(k)
	var policy map[string]any
	switch n.(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.MappingNode, *ast.MappingValueNode:
		if err := yaml.NodeToValue(n, &policy); err != nil {
			o.mistake(key, "a mapping that cannot be read", k.Allowed())
			return ""
		}
	default:
		text := script(o, key, noZero(k.Allowed()), dir, readFile)
		if err := yaml.Unmarshal([]byte(text), &policy); err != nil {
			o.mistake(key, "a text that is no mapping", k.Allowed())
			return ""
		}
	}
	if len(policy) == 0 {
		return ""
	}
	if policy["Version"] == nil {
		policy["Version"] = "2012-10-17"
	}
	if wrong, allowed := judgePolicy(policy); wrong != "" {
		o.mistake(key, wrong, allowed)
		return ""
	}
	text, err := json.Marshal(policy)
	if err != nil {
		o.mistake(key, "a mapping that is no JSON", k.Allowed())
		return ""
	}
	// A role's own policies together ("IAM and AWS STS quotas" in the IAM User Guide); what may stand beside it is small.
	const most = 8 << 10
	if size := len(strings.Map(dropSpace, string(text))); size > most {
		o.mistake(key, fmt.Sprintf("a policy of %d characters", size), fmt.Sprintf("%d without white space", most))
	}
	return string(text)
}

func dropSpace(r rune) rune {
	if unicode.IsSpace(r) {
		return -1
	}
	return r
}

// judgePolicy finds what is wrong in the form of a policy of a role ("Grammar of the IAM JSON policy language" in the IAM User Guide).
// IAM judges what the texts in it mean.
func judgePolicy(policy map[string]any) (wrong, allowed string) {
	for _, name := range slices.Sorted(maps.Keys(policy)) {
		if !slices.Contains([]string{"Version", "Id", "Statement"}, name) {
			return fmt.Sprintf("a policy with %q", name), "Version, Id, Statement"
		}
	}
	if v := policy["Version"]; v != "2012-10-17" && v != "2008-10-17" {
		return fmt.Sprintf("a policy of the version %v", v), "2012-10-17 or 2008-10-17"
	}
	statements, ok := policy["Statement"].([]any)
	if one, is := policy["Statement"].(map[string]any); is {
		statements, ok = []any{one}, true
	}
	if !ok || len(statements) == 0 {
		return "a policy without statements", "Statement, a list of mappings"
	}
	for n, s := range statements {
		if wrong, allowed := judgeStatement(s); wrong != "" {
			return fmt.Sprintf("statement %d %s", n+1, wrong), allowed
		}
	}
	return "", ""
}

func judgeStatement(statement any) (wrong, allowed string) {
	s, ok := statement.(map[string]any)
	elements := []string{"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
	if !ok {
		return "which is no mapping", strings.Join(elements, ", ")
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !slices.Contains(elements, name) {
			return fmt.Sprintf("with %q", name), strings.Join(elements, ", ")
		}
	}
	if s["Effect"] != "Allow" && s["Effect"] != "Deny" {
		return fmt.Sprintf("with the effect %v", s["Effect"]), "Allow or Deny"
	}
	for _, name := range []string{"Action", "Resource"} {
		if (s[name] == nil) == (s["Not"+name] == nil) {
			return "without one of " + name + " and Not" + name, "one of them"
		}
	}
	return "", ""
}
