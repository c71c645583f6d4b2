// Package resourcetest has what the tests of the plan's packages share: a declaration, and accounts whose calls a test answers.
package resourcetest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Declared is a declaration with every setting unlike its default.
func Declared(t *testing.T) *understudy.Declaration {
	t.Helper()
	d, err := understudy.Parse("understudy.yaml", []byte(`
name: hello
domain: hello.test
record: www
regions:
  primary:   {name: us-east-1, cidr: 10.10.0.0/16}
  secondary: {name: us-west-2, cidr: 10.20.0.0/16}
image: {install: "touch installed", run: "hello &"}
service: {port: 9090, health: /ok}
listener: {port: 81}
fleet: {min: 2, desired: 3, max: 5, grace: 30}
failover: {interval: 30, threshold: 2}
target: {interval: 7, timeout: 3, healthy: 4, unhealthy: 5, deregistration_delay: 6, matcher: "200-204"}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Scope is the primary's side of that declaration.
func Scope(t *testing.T) resource.Scope {
	return resource.Scope{Account: &account.Account{Region: "us-east-1"}, Declared: Declared(t), Side: understudy.Primary}
}

// Expect compares the differences, written as "name desired actual".
func Expect(t *testing.T, r resource.Resource, want ...string) {
	t.Helper()
	var got []string
	for _, d := range resource.Compare(r.Desired(), r.Actual()) {
		got = append(got, fmt.Sprintf("%s: %s, not %s", d.Name, d.Desired, d.Actual))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got)\n%s", diff)
	}
}

// Answering is a scope whose calls a function answers.
func Answering(t *testing.T, answer func(*http.Request) (status int, xml string)) resource.Scope {
	t.Helper()
	s := Scope(t)
	s.Account = AccountAnswering(t, s.Region, answer)
	return s
}

// AccountAnswering is an account whose calls a function answers.
func AccountAnswering(t *testing.T, region string, answer func(*http.Request) (status int, xml string)) *account.Account {
	t.Helper()
	t.Setenv("AWS_CA_BUNDLE", "") // which asks for a transport of the SDK's own
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	a, err := account.Open(t.Context(), region,
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret", "")),
		config.WithHTTPClient(clientFunc(func(r *http.Request) (*http.Response, error) {
			status, xml := answer(r)
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(xml))}, nil
		})))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// NotFound answers every call with an error.
func NotFound(code string) func(*http.Request) (int, string) {
	return func(*http.Request) (int, string) {
		return http.StatusBadRequest, "<Response><Errors><Error><Code>" + code + "</Code></Error></Errors></Response>"
	}
}

// FormOf reads the parameters of a call by query protocol.
func FormOf(t *testing.T, r *http.Request) url.Values {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// Wanted is one of a resource's settings as it is declared.
func Wanted(r resource.Resource, setting string) string {
	for _, f := range r.Desired() {
		if f.Name == setting {
			return f.Value
		}
	}
	return ""
}
