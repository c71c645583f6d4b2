package wire

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/judge"
)

// botocoreNames are the services' names in botocore, which has its models' names of its own.
var botocoreNames = map[*Service]string{
	EC2: "ec2", ELBv2: "elbv2", ELB: "elb", AutoScaling: "autoscaling", Route53: "route53", IAM: "iam", STS: "sts", SSM: "ssm", CloudWatch: "cloudwatch",
	ServiceQuotas: "service-quotas", ACM: "acm", ZonalShift: "arc-zonal-shift", SNS: "sns",
	RecoveryControl: "route53-recovery-control-config", RecoveryCluster: "route53-recovery-cluster",
}

// botocore is one python process that answers a case a line.
type botocore struct {
	in      io.Writer
	out     *bufio.Reader
	absent  map[string]bool
	unknown map[string]bool
}

type botocoreReply struct {
	Absent      bool // it does not know the operation
	Diffs       []string
	Unknown     []string
	Method, URL string
	Headers     map[string]string
	Body        []byte
	Value       any
}

func startBotocore(t *testing.T) *botocore {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), judge.Need(t, "python3:boto3"), "testdata/botocore_judge.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return &botocore{in: in, out: bufio.NewReader(out), absent: map[string]bool{}, unknown: map[string]bool{}}
}

func (b *botocore) ask(op string, question map[string]any) (botocoreReply, error) {
	var reply botocoreReply
	line, err := json.Marshal(question)
	if err != nil {
		return reply, err
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		return reply, err
	}
	if line, err = b.out.ReadBytes('\n'); err != nil {
		return reply, err
	}
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.UseNumber()
	err = d.Decode(&reply)
	if reply.Absent {
		b.absent[op] = true
	}
	for _, path := range reply.Unknown {
		b.unknown[op+path] = true
	}
	return reply, err
}

// judgeTypes are the SDK's types and, for the service whose types the SDK's module does not bring, ones made
// of the table.
func judgeTypes() map[*Service]map[string][2]any {
	all := maps.Clone(sdkTypes)
	cluster := map[string][2]any{}
	for _, name := range RecoveryCluster.Operations() {
		op := RecoveryCluster.table.operation(name)
		cluster[name] = [2]any{
			reflect.New(structOf(RecoveryCluster, op.input)).Interface(), reflect.New(structOf(RecoveryCluster, op.output)).Interface(),
		}
	}
	all[RecoveryCluster] = cluster
	return all
}

func structOf(s *Service, name string) reflect.Type {
	sh := s.table.shape(name)
	var fields []reflect.StructField
	for _, field := range slices.Sorted(maps.Keys(sh.members)) {
		typ := reflect.TypeFor[*string]()
		switch target := s.table.shape(sh.members[field].shape); {
		case field == "MaxResults":
			typ = reflect.TypeFor[*int32]()
		case target.kind == "list" && s.table.shape(target.element.shape).kind == "struct":
			typ = reflect.SliceOf(structOf(s, target.element.shape))
		case target.kind == "list":
			typ = reflect.TypeFor[[]string]()
		}
		fields = append(fields, reflect.StructField{Name: field, Type: typ})
	}
	return reflect.StructOf(fields)
}

// botocore reads every operation's random output as it was, and what it makes of a random input is read as it
// was; CloudWatch's in AWS query, which Debian's botocore speaks, and in AWS JSON, which later ones speak.
func TestBotocoreAgreesOnEveryOperation(t *testing.T) {
	seed := chance.Seed(t)
	b := startBotocore(t)
	judged := 0
	for s, ops := range judgeTypes() {
		protocols := []string{""}
		if s == CloudWatch {
			protocols = append(protocols, "json")
		}
		for op, types := range ops {
			for _, protocol := range protocols {
				judged++
				for n := range uint64(judgeCases) {
					problem := b.output(s, op, protocol, types[1], seed+n, n == 0)
					if problem == "" {
						problem = b.input(s, op, protocol, types[0], seed+n, n == 0)
					}
					if problem != "" {
						t.Errorf("%s %s %s: %s", s.SigningName, protocol, op, problem)
						break
					}
				}
			}
		}
	}
	t.Logf("%d operations in a protocol, %d cases each; this botocore does not know %d operations and %d members",
		judged, judgeCases, len(b.absent), len(b.unknown))
}

func (b *botocore) output(s *Service, op, protocol string, typ any, seed uint64, whole bool) string {
	table := s.table.operation(op)
	out := reflect.New(reflect.TypeOf(typ).Elem()).Elem()
	g := newMaker(seed, s, op, false)
	g.known, g.full = true, whole
	g.structure(out, s.table.shape(table.output), 0)
	r, w := httptest.NewRequest("POST", "/", nil), httptest.NewRecorder()
	if protocol == "json" {
		r.Header.Set("X-Amz-Target", "Judge."+op)
	}
	if err := s.codec(r).encode(s, table, w, "id", out); err != nil {
		return err.Error()
	}
	headers := map[string]string{}
	for name := range w.Header() {
		headers[name] = w.Header().Get(name)
	}
	reply, err := b.ask(op, map[string]any{
		"kind": "output", "service": botocoreNames[s], "protocol": protocol, "op": op, "status": w.Code, "headers": headers,
		"body": base64.StdEncoding.EncodeToString(w.Body.Bytes()), "value": plain(s, out, member{shape: table.output}),
	})
	switch {
	case err != nil:
		return err.Error()
	case len(reply.Diffs) > 0:
		return "output: " + strings.Join(reply.Diffs, "\n\t")
	}
	return ""
}

func (b *botocore) input(s *Service, op, protocol string, typ any, seed uint64, whole bool) string {
	table := s.table.operation(op)
	in := reflect.New(reflect.TypeOf(typ).Elem()).Elem()
	g := newMaker(seed, s, op, true)
	g.known, g.full = true, whole
	g.structure(in, s.table.shape(table.input), 0)
	reply, err := b.ask(op, map[string]any{
		"kind": "input", "service": botocoreNames[s], "protocol": protocol, "op": op, "value": plain(s, in, member{shape: table.input}),
	})
	if err != nil {
		return err.Error()
	}
	if reply.Absent {
		return ""
	}
	if len(reply.Diffs) > 0 {
		return "input: " + strings.Join(reply.Diffs, "\n\t")
	}
	r := httptest.NewRequest(reply.Method, reply.URL, strings.NewReader(string(reply.Body)))
	for name, value := range reply.Headers {
		r.Header.Set(name, value)
	}
	c, got := s.codec(r), reflect.New(in.Type())
	found, err := c.operation(s, r)
	if err == nil {
		err = c.decode(s, found, r, got.Elem())
	}
	if err != nil && len(reply.Unknown) > 0 && strings.Contains(err.Error(), "Missing") {
		return "" // all that a required structure has is newer than this botocore
	}
	if err != nil || found != table {
		return fmt.Sprintf("input %s: %v", reply.Body, err)
	}
	if diff := cmp.Diff(asJSON(reply.Value), asJSON(plain(s, got.Elem(), member{shape: table.input}))); diff != "" {
		return "input (-sent +received)\n" + diff
	}
	return ""
}

// asJSON makes values of two makers alike: numbers are compared as such, and what is empty is absent.
func asJSON(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it came from JSON, or plain made it for JSON
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		panic(err)
	}
	return alike(doc)
}

func alike(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if list, ok := value.([]any); value == nil || ok && len(list) == 0 {
				delete(v, name)
				continue
			}
			v[name] = alike(value)
		}
	case []any:
		for i := range v {
			v[i] = alike(v[i])
		}
	case json.Number:
		f, _, err := big.ParseFloat(v.String(), 10, 200, big.ToNearestEven)
		if err != nil {
			panic(err)
		}
		return f.Text('g', 30)
	}
	return v
}
