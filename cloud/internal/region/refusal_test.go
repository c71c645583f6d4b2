package region

import (
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// TestEveryHandlerSaysWhatItActsOn reads the package's source: a handler of EC2 or Elastic Load Balancing
// has to call only with its input, itself or through a function that it hands the input to, so that no
// parameter, of today's SDK or of a later one, is ever ignored silently.
func TestEveryHandlerSaysWhatItActsOn(t *testing.T) {
	functions, handlers := packageFunctions(t)
	if len(handlers) < 90 {
		t.Fatalf("found %d handlers, which is too few to be all", len(handlers))
	}
	for name := range handlers {
		if !callsWithInput(functions, name, "only", map[string]bool{}) {
			t.Errorf("%s never says by only(in, ...) which parameters it acts on", name)
		}
	}
}

// packageFunctions parses the package: all functions by name, and the names of those that are handlers.
func packageFunctions(t *testing.T) (map[string]*ast.FuncDecl, map[string]bool) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	functions, handlers := map[string]*ast.FuncDecl{}, map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			functions[f.Name.Name] = f
			if f.Recv != nil && takesInput(f) {
				handlers[f.Name.Name] = true
			}
		}
	}
	return functions, handlers
}

// takesInput tells a handler: it takes a context and a *ec2.XInput or *elb.XInput, and returns its output.
func takesInput(f *ast.FuncDecl) bool {
	p, r := f.Type.Params.List, f.Type.Results
	if len(p) != 2 || r == nil || len(r.List) != 2 {
		return false
	}
	in, out := sdkType(p[1].Type), sdkType(r.List[0].Type)
	return strings.HasSuffix(in, "Input") && strings.TrimSuffix(in, "Input") == strings.TrimSuffix(out, "Output")
}

func sdkType(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		if s, ok := star.X.(*ast.SelectorExpr); ok && s.X.(*ast.Ident).Name != "autoscaling" {
			return s.Sel.Name
		}
	}
	return ""
}

func callsWithInput(functions map[string]*ast.FuncDecl, name, wanted string, seen map[string]bool) (found bool) {
	f, ok := functions[name]
	if !ok || seen[name] {
		return false
	}
	seen[name] = true
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !passesInput(call) {
			return !found
		}
		callee := ""
		switch fun := call.Fun.(type) {
		case *ast.Ident:
			callee = fun.Name
		case *ast.SelectorExpr:
			callee = fun.Sel.Name
		}
		found = found || callee == wanted || callsWithInput(functions, callee, wanted, seen)
		return !found
	})
	return found
}

func passesInput(call *ast.CallExpr) bool {
	for _, a := range call.Args {
		if id, ok := a.(*ast.Ident); ok && id.Name == "in" {
			return true
		}
	}
	return false
}

// TestEveryChangeAsksForDryRun reads the source likewise: a handler of EC2 that changes something has to
// call dryRun, if its input has that. Those that only read are wrapped by ask.
func TestEveryChangeAsksForDryRun(t *testing.T) {
	functions, handlers := packageFunctions(t)
	for name := range handlers {
		method, ok := reflect.TypeFor[*Region]().MethodByName(name)
		if !ok || strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Get") {
			continue
		}
		if _, has := method.Type.In(2).Elem().FieldByName("DryRun"); !has {
			continue // few of EC2's calls and none of Elastic Load Balancing's have
		}
		if !callsWithInput(functions, name, "dryRun", map[string]bool{}) {
			t.Errorf("%s never calls dryRun", name)
		}
	}
}

// TestDryRunNeverSucceeds asks every operation of EC2 with DryRun and nothing else: AWS answers an error
// in each case, DryRunOperation where the call would have succeeded.
func TestDryRunNeverSucceeds(t *testing.T) {
	r, _ := open(t)
	makeNetwork(t, r)
	m := wire.NewMux(slog.New(slog.DiscardHandler))
	r.Operations(m)
	would := 0
	for _, op := range m.Coverage() {
		if op.Service != wire.EC2 || !op.Handled {
			continue
		}
		if op.Name == "ModifyVpcAttribute" || op.Name == "ModifySubnetAttribute" {
			continue // they have no DryRun
		}
		form := url.Values{"Action": {op.Name}, "Version": {"2016-11-15"}, "DryRun": {"true"}}
		q := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode()))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		m.ServeHTTP(w, q)
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s with DryRun answered %d: %s", op.Name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "<Code>DryRunOperation</Code>") {
			would++
		}
	}
	if would < 20 {
		t.Errorf("only %d operations answered DryRunOperation", would)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	r, _ := open(t)
	ctx, yes := t.Context(), ptr(true)
	vpc, _ := makeNetwork(t, r)
	must(r.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpc}, Tags: []ec2types.Tag{{Key: ptr("mine"), Value: ptr("b")}}}))(t)
	_, err := r.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpc}, Tags: []ec2types.Tag{{Key: ptr("a"), Value: ptr("b")}}, DryRun: yes})
	wantCode(t, err, "DryRunOperation")
	_, err = r.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{vpc}, DryRun: yes})
	wantCode(t, err, "DryRunOperation")
	if tags := r.tags(vpc); len(tags) != 1 || *tags[0].Key != "mine" {
		t.Errorf("tags %v", tags)
	}
}
