package world

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// signed are the names that services sign with, by the SDK's package.
var signed = map[string]string{
	"ec2": "ec2", "autoscaling": "autoscaling", "elasticloadbalancingv2": "elasticloadbalancing",
	"elasticloadbalancing": wire.ELB.String(), "route53": "route53", "sts": "sts", "cloudwatch": "monitoring",
	"iam": "iam", "ssm": "ssm", "servicequotas": "servicequotas", "acm": "acm", "sns": "sns", "arczonalshift": "arc-zonal-shift",
	"route53recoverycontrolconfig": "route53-recovery-control-config", "route53recoverycluster": "route53-recovery-cluster",
}

// testsOf finds the test of each operation, as "service Operation": of the functions in test files that name the
// operation's input, of the SDK's package, its command of the AWS CLI, or its X-Amz-Target where the SDK's package could not be
// had, the first test; or where helpers alone do, the first of them.
func testsOf(t *testing.T, all []wire.Operation) map[string]string {
	t.Helper()
	commands := commandsOf(all)
	found := map[string][]string{}
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_gen_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				for op := range operationsIn(f, importsOf(file), commands) {
					found[op] = append(found[op], filepath.Base(folder)+"."+f.Name.Name)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	first := map[string]string{}
	for op, all := range found {
		slices.SortFunc(all, func(a, b string) int {
			if isTest(a) != isTest(b) {
				return map[bool]int{true: -1, false: 1}[isTest(a)]
			}
			return strings.Compare(a, b)
		})
		first[op] = all[0]
	}
	return first
}

func isTest(name string) bool { return strings.Contains(name, ".Test") }

var hump = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)

// commandsOf are the AWS CLI's names of operations: create-hosted-zone. One that two services have names none.
func commandsOf(all []wire.Operation) map[string]string {
	commands := map[string]string{}
	for _, op := range all {
		if op.Service == wire.ELB {
			continue // "aws elb" names it; most scripts are about its successor
		}
		name := strings.ToLower(hump.ReplaceAllString(op.Name, "$1$3-$2$4"))
		if _, twice := commands[name]; twice {
			commands[name] = ""
			continue
		}
		commands[name] = op.Service.SigningName + " " + op.Name
	}
	return commands
}

// clusterTarget is the header that names an operation of a routing control cluster's API.
var clusterTarget = regexp.MustCompile(`^"ToggleCustomerAPI\.(\w+)"$`)

var word = regexp.MustCompile(`[a-z0-9]+(-[a-z0-9]+)+`)

// importsOf are the SDK's packages that a file uses, by the names it gives them, each with what its service signs with.
func importsOf(file *ast.File) map[string]string {
	services := map[string]string{}
	for _, spec := range file.Imports {
		base := filepath.Base(strings.Trim(spec.Path.Value, `"`))
		name := base
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if signed[base] != "" {
			services[name] = signed[base]
		}
	}
	return services
}

// operationsIn are those that a function names.
func operationsIn(f *ast.FuncDecl, services, commands map[string]string) map[string]bool {
	ops := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			of, ok := n.X.(*ast.Ident)
			op, input := strings.CutSuffix(n.Sel.Name, "Input")
			if ok && input && services[of.Name] != "" {
				ops[services[of.Name]+" "+op] = true
			}
		case *ast.BasicLit:
			if target := clusterTarget.FindStringSubmatch(n.Value); target != nil {
				ops["route53-recovery-cluster "+target[1]] = true
			}
			for _, w := range word.FindAllString(n.Value, -1) {
				if op := commands[w]; op != "" {
					ops[op] = true
				}
			}
		}
		return true
	})
	return ops
}
