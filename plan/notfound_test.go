package plan

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/understudy/understudy/account"
)

// answering is a scope whose calls a function answers.
func answering(t *testing.T, answer func(*http.Request) (status int, xml string)) scope {
	t.Helper()
	s := testScope(t)
	s.Account = accountAnswering(t, s.Region, answer)
	return s
}

// accountAnswering is an account whose calls a function answers.
func accountAnswering(t *testing.T, region string, answer func(*http.Request) (status int, xml string)) *account.Account {
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

func notFound(code string) func(*http.Request) (int, string) {
	return func(*http.Request) (int, string) {
		return http.StatusBadRequest, "<Response><Errors><Error><Code>" + code + "</Code></Error></Errors></Response>"
	}
}

// That something is not found is a success only for what takes it away.
func TestNotFoundIsNoSuccessOfWhatIsMade(t *testing.T) {
	s := answering(t, notFound("InvalidRouteTableID.NotFound"))
	made := &routes{scope: s, id: "rtb-1", gateway: &gateway{scope: s, id: "igw-1"}}
	if err := made.lead(t.Context()); !account.IsNotFound(err) {
		t.Errorf("a route in no table: %v", err)
	}
	s = answering(t, notFound("InvalidRoute.NotFound"))
	if err := (&routes{scope: s, id: "rtb-1"}).lead(t.Context()); err != nil {
		t.Errorf("delete a route that is not there: %v", err)
	}
	extra := []rule{{"tcp", 22, 22, everywhere}, {"tcp", 8080, 8080, everywhere}}
	for code, fails := range map[string]bool{"InvalidGroup.NotFound": true, "InvalidPermission.NotFound": false} {
		g := &group{scope: answering(t, notFound(code)), id: "sg-1", port: 8080, ingress: extra, egress: []rule{{protocol: "-1", peer: everywhere}}}
		if err := g.change(t.Context(), nil); (err != nil) != fails {
			t.Errorf("revoke: %s: %v", code, err)
		}
	}
}

// The zone of a call whose answer was lost is the one with its caller reference.
func TestZoneOfALostAnswerIsAdopted(t *testing.T) {
	var reference string
	s := answering(t, func(*http.Request) (int, string) {
		return http.StatusOK, "<ListHostedZonesByNameResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>hello.test.</Name>" +
			"<CallerReference>" + reference + "</CallerReference></HostedZone></HostedZones></ListHostedZonesByNameResponse>"
	})
	z := &zone{scope: s}
	for _, c := range []struct {
		reference string
		adopted   bool
	}{{"ours-1", true}, {"another", false}} {
		reference = c.reference
		if there, err := z.adopt(t.Context(), "ours-1"); there != c.adopted || err != nil {
			t.Errorf("%s: %v, %v", c.reference, there, err)
		}
	}
	if z.id != "Z1" {
		t.Errorf("the zone is %q", z.id)
	}
}
