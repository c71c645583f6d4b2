package wire

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/arczonalshift"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/understudy/understudy/internal/chance"
)

// judgeCases is how many random inputs and outputs each operation has in a run. The first has every member.
const judgeCases = 3

// sdkChanges are the members that the SDK changes by itself before it sends them.
var sdkChanges = map[string]string{
	"CopySnapshot.PresignedUrl":      "signed by the client",
	"CopySnapshot.DestinationRegion": "the client's own region",
	"UntagResource.TagKeys":          "a query string is sorted before it is signed",
}

// exchange keeps what the handler of an operation received, and what it answers.
type exchange struct {
	service *Service
	in, out any
}

// judgeServer answers every operation that the SDK has with the exchange's output, and is the SDK's HTTP client.
// What an input holds is random, so that its constraints are not checked.
func judgeServer(x *exchange) doFunc {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body == nil {
			r.Body = http.NoBody
		}
		if err := inflate(nil, r); err != nil {
			return nil, err
		}
		w, c := httptest.NewRecorder(), x.service.codec(r)
		op, err := c.operation(x.service, r)
		if err == nil {
			in := reflect.New(reflect.TypeOf(sdkTypes[x.service][op.name][0]).Elem())
			x.in = in.Interface()
			err = c.decode(x.service, op, r, in.Elem())
		}
		if err == nil {
			err = c.encode(x.service, op, w, "id", reflect.ValueOf(x.out).Elem())
		}
		return w.Result(), err
	}
}

type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// Every operation's random input, as the Go SDK sends it, is what its handler receives, and a random output
// is what the SDK receives, member for member.
func TestTheGoSDKAgreesOnEveryOperation(t *testing.T) {
	seed := chance.Seed(t)
	x := &exchange{}
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://localhost"), RetryMaxAttempts: 1, HTTPClient: judgeServer(x),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}
	clients := map[*Service]any{
		EC2: ec2.NewFromConfig(cfg), ELBv2: elasticloadbalancingv2.NewFromConfig(cfg), ELB: elasticloadbalancing.NewFromConfig(cfg),
		AutoScaling: autoscaling.NewFromConfig(cfg),
		Route53:     route53.NewFromConfig(cfg), STS: sts.NewFromConfig(cfg), CloudWatch: cloudwatch.NewFromConfig(cfg),
		RecoveryControl: route53recoverycontrolconfig.NewFromConfig(cfg), IAM: iam.NewFromConfig(cfg), SSM: ssm.NewFromConfig(cfg),
		ServiceQuotas: servicequotas.NewFromConfig(cfg), ACM: acm.NewFromConfig(cfg), ZonalShift: arczonalshift.NewFromConfig(cfg), SNS: sns.NewFromConfig(cfg),
	}
	judged := 0
	for s, ops := range sdkTypes {
		x.service = s
		for op, types := range ops {
			judged++
			for n := range uint64(judgeCases) {
				if problem := x.judge(t.Context(), clients[s], op, types, seed+n, n == 0); problem != "" {
					t.Errorf("%s %s: %s", s.SigningName, op, problem)
					break
				}
			}
		}
	}
	t.Logf("%d operations, %d cases each; %d lists are newer than the models and left out", judged, judgeCases, len(leftOut))
}

// judge sends one case, and returns what differs.
func (x *exchange) judge(ctx context.Context, client any, op string, types [2]any, seed uint64, whole bool) string {
	table := x.service.table.operation(op)
	x.in, x.out = nil, reflect.New(reflect.TypeOf(types[1]).Elem()).Interface()
	out := reflect.ValueOf(x.out).Elem()
	g := newMaker(seed, x.service, op, false)
	g.full = whole
	g.structure(out, x.service.table.shape(table.output), 0)
	if said := out.FieldByName("Return"); said.IsValid() && said.Type() == reflect.TypeFor[*bool]() && said.IsNil() {
		said.Set(reflect.ValueOf(aws.Bool(true))) // success is said where an operation does not say it itself
	}
	var got any
	var in reflect.Value
	for _, full := range []bool{whole, true} {
		g := newMaker(seed, x.service, op, true)
		g.full = full
		in = reflect.New(reflect.TypeOf(types[0]).Elem())
		g.structure(in.Elem(), x.service.table.shape(table.input), 0)
		results := reflect.ValueOf(client).MethodByName(op).Call([]reflect.Value{reflect.ValueOf(ctx), in})
		err, _ := results[1].Interface().(error)
		var invalid smithy.InvalidParamsError
		if err != nil && !(errors.As(err, &invalid) && !full) {
			return err.Error()
		}
		if got = results[0].Interface(); err == nil {
			break
		}
	}
	diff := judgeDiff(op, in.Interface(), x.in)
	if diff != "" {
		return "input (-sent +received)\n" + diff
	}
	if diff = judgeDiff("", x.out, got); diff != "" {
		return "output (-sent +received)\n" + diff
	}
	return ""
}

func judgeDiff(op string, want, got any) string {
	return cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.IgnoreTypes(struct{}{}), cmpopts.EquateEmpty(),
		cmp.FilterPath(func(p cmp.Path) bool {
			name := strings.TrimPrefix(p.Last().String(), ".")
			return name == "ResultMetadata" || sdkChanges[op+"."+name] != "" || op != "" && strings.HasSuffix(name, "Token")
		}, cmp.Ignore()))
}
