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
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// TestEveryHandlerSaysWhatItActsOn reads the sources of all rooms: a handler that looks at its input has to call room.Only
// with it, itself or through a function that it hands the input to, so that no parameter, of today's SDK or of a later
// one, is ever ignored silently.
func TestEveryHandlerSaysWhatItActsOn(t *testing.T) {
	functions, handlers := roomFunctions(t)
	if len(handlers) < 120 {
		t.Fatalf("found %d handlers, which is too few to be all", len(handlers))
	}
	for _, h := range handlers {
		if len(h.Type.Params.List[1].Names) > 0 && !callsWithInput(functions, h, "Only", map[*ast.FuncDecl]bool{}) {
			t.Errorf("%s never says by room.Only(in, ...) which parameters it acts on", h.Name.Name)
		}
	}
}

// roomFunctions parses the region's packages: all functions by name, and those that are handlers.
func roomFunctions(t *testing.T) (map[string][]*ast.FuncDecl, []*ast.FuncDecl) {
	t.Helper()
	functions, handlers := map[string][]*ast.FuncDecl{}, []*ast.FuncDecl(nil)
	for _, name := range sources(t) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			functions[f.Name.Name] = append(functions[f.Name.Name], f)
			if f.Recv != nil && f.Name.IsExported() && takesInput(f) {
				handlers = append(handlers, f)
			}
		}
	}
	return functions, handlers
}

// sources returns the files of the region's packages, without tests.
func sources(t *testing.T) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*.go", "*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
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
		if s, ok := star.X.(*ast.SelectorExpr); ok {
			return s.Sel.Name
		}
	}
	return ""
}

func callsWithInput(functions map[string][]*ast.FuncDecl, f *ast.FuncDecl, wanted string, seen map[*ast.FuncDecl]bool) (found bool) {
	if seen[f] {
		return false
	}
	seen[f] = true
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
		found = found || callee == wanted || slices.ContainsFunc(functions[callee], func(g *ast.FuncDecl) bool {
			return callsWithInput(functions, g, wanted, seen)
		})
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

// TestEveryChangeAsksForDryRun reads the sources likewise: a handler of EC2 that changes something has to
// call room.DryRun, if its input has that. Those that only read are wrapped by ask.
func TestEveryChangeAsksForDryRun(t *testing.T) {
	functions, handlers := roomFunctions(t)
	asked := 0
	for _, h := range handlers {
		name := h.Name.Name
		method, ok := reflect.TypeFor[*ec2.Client]().MethodByName(name)
		if !ok || inputPackage(h) != "ec2" || strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Get") {
			continue
		}
		if _, has := method.Type.In(2).Elem().FieldByName("DryRun"); !has {
			continue // few of EC2's calls have none
		}
		asked++
		if !callsWithInput(functions, h, "DryRun", map[*ast.FuncDecl]bool{}) {
			t.Errorf("%s never calls room.DryRun", name)
		}
	}
	if asked < 30 {
		t.Errorf("found %d changes, which is too few to be all", asked)
	}
}

// inputPackage is the SDK's package whose input a handler takes.
func inputPackage(f *ast.FuncDecl) string {
	return f.Type.Params.List[1].Type.(*ast.StarExpr).X.(*ast.SelectorExpr).X.(*ast.Ident).Name
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
	ctx, yes := t.Context(), new(true)
	vpc, _ := makeNetwork(t, r)
	roomtest.Must(r.resources.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpc}, Tags: []ec2types.Tag{{Key: new("mine"), Value: new("b")}}}))(t)
	_, err := r.resources.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpc}, Tags: []ec2types.Tag{{Key: new("a"), Value: new("b")}}, DryRun: yes})
	roomtest.WantCode(t, err, "DryRunOperation")
	_, err = r.resources.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{vpc}, DryRun: yes})
	roomtest.WantCode(t, err, "DryRunOperation")
	if tags := r.resources.Tags(vpc); len(tags) != 1 || *tags[0].Key != "mine" {
		t.Errorf("tags %v", tags)
	}
}
