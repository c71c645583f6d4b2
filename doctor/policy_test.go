package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

// prefixes are the services' names in IAM (Service Authorization Reference), by the last parts of the SDK's packages.
var prefixes = map[string]string{
	"ec2": "ec2", "elasticloadbalancingv2": "elasticloadbalancing", "autoscaling": "autoscaling", "route53": "route53",
	"acm": "acm", "iam": "iam", "ssm": "ssm", "cloudwatch": "cloudwatch", "sts": "sts", "servicequotas": "servicequotas",
}

// clients are the names by which the tool's structs hold clients.
var clients = map[string]string{
	"EC2": "ec2", "ELB": "elasticloadbalancing", "AutoScaling": "autoscaling", "Route53": "route53", "CloudWatch": "cloudwatch", "STS": "sts",
	"Quotas": "servicequotas", "ACM": "acm", "IAM": "iam", "SSM": "ssm",
}

// beyond are the actions that AWS asks for beside those that are called.
var beyond = []string{"autoscaling:CreateOrUpdateTags", "iam:PassRole", "iam:CreateServiceLinkedRole"}

// free are the operations that need no permission (GetCallerIdentity in the AWS STS API Reference).
var permissionless = []string{"sts:GetCallerIdentity"}

// The policy has every action that the tool's code calls, and no other.
func TestPolicyHasTheActionsThatAreCalled(t *testing.T) {
	called := map[string]string{}
	for _, folder := range []string{"account", "plan", "plan/*", "parity", "drill", "doctor", "cmd/understudy"} {
		files, err := filepath.Glob("../" + folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				collectActions(t, file, called)
			}
		}
	}
	allowed, d := map[string]bool{}, declared()
	d.Image.Parameter = "/golden/web"
	d.Instance.Environment = understudy.Environment{"A": {Parameter: "/web/a"}}
	for _, s := range LeastPolicy(d).Statement {
		for _, a := range s.Action {
			allowed[a] = true
		}
	}
	for _, a := range slices.Sorted(maps.Keys(called)) {
		if !allowed[a] && !slices.Contains(permissionless, a) {
			t.Errorf("%s is called in %s and not in the policy: add it to a list in policy.go", a, called[a])
		}
	}
	for _, a := range slices.Sorted(maps.Keys(allowed)) {
		if called[a] == "" && !slices.Contains(beyond, a) {
			t.Errorf("%s is in the policy, and nothing calls it", a)
		}
	}
	if len(called) < 90 {
		t.Errorf("only %d operations were found in the code", len(called))
	}
}

// collectActions finds an operation by its input, which each call that has one names, or by a call of a client.
func collectActions(t *testing.T, file string, into map[string]string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{}
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		last, ok := strings.CutPrefix(p, "github.com/aws/aws-sdk-go-v2/service/")
		if !ok || strings.Contains(last, "/") {
			continue
		}
		name := last
		if i.Name != nil {
			name = i.Name.Name
		}
		if prefixes[last] == "" {
			t.Errorf("%s imports the service %s, of which this test knows no prefix in IAM", file, last)
		}
		services[name] = prefixes[last]
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && services[x.Name] != "" {
			if operation, ok := strings.CutSuffix(sel.Sel.Name, "Input"); ok {
				into[services[x.Name]+":"+operation] = file
			}
		}
		if x, ok := sel.X.(*ast.SelectorExpr); ok && clients[x.Sel.Name] != "" && sel.Sel.Name != "Options" {
			into[clients[x.Sel.Name]+":"+sel.Sel.Name] = file
		}
		return true
	})
}

func TestPolicyIsNarrow(t *testing.T) {
	p := LeastPolicy(declared())
	if p.Version != "2012-10-17" {
		t.Errorf("version %s", p.Version)
	}
	sids := map[string]bool{}
	for _, s := range p.Statement {
		if sids[s.Sid] || len(s.Resource) == 0 || len(s.Action) == 0 || s.Effect != "Allow" {
			t.Errorf("statement %+v", s)
		}
		sids[s.Sid] = true
		for _, a := range s.Action {
			_, name, _ := strings.Cut(a, ":")
			reads := strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List")
			if strings.Contains(a, "*") {
				t.Errorf("%s allows %s", s.Sid, a)
			}
			if destroys := strings.HasPrefix(name, "Delete") || strings.HasPrefix(name, "Terminate"); destroys && !reads && !strings.HasPrefix(a, "route53:") {
				if slices.Equal(s.Resource, []string{"*"}) && s.Condition["StringEquals"][resourceTag] == nil {
					t.Errorf("%s allows %s on what is not the stack's", s.Sid, a)
				}
			}
		}
	}
}

func declared() *understudy.Declaration {
	d, err := understudy.Parse("understudy.yaml", []byte(`name: shop
domain: shop.test
record: www
regions: {primary: {name: eu-west-1, cidr: 10.1.0.0/16}, secondary: {name: eu-central-1, cidr: 10.2.0.0/16}}
image: {run: "serve &"}
`), nil)
	if err != nil {
		panic(err)
	}
	return d
}
