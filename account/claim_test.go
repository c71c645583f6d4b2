package account_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/understudy/understudy/account"
)

// templates is as much of EC2 as claims need: launch templates, of which each name is there once.
type templates struct {
	held map[string]url.Values // by name
	lose bool                  // the answer to the next creation is lost
}

func (f *templates) answer(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	in, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	status, xml := http.StatusOK, ""
	switch action := in.Get("Action"); action {
	case "CreateLaunchTemplate":
		name := in.Get("LaunchTemplateName")
		if _, taken := f.held[name]; taken {
			status, xml = http.StatusBadRequest, "<Response><Errors><Error><Code>InvalidLaunchTemplateName.AlreadyExistsException</Code></Error></Errors></Response>"
			break
		}
		f.held[name] = in
		if f.lose {
			f.lose = false
			return nil, io.ErrUnexpectedEOF
		}
		xml = "<CreateLaunchTemplateResponse/>"
	case "DescribeLaunchTemplates":
		if in, there := f.held[in.Get("Filter.1.Value.1")]; there {
			xml = "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId>" + tagsOf(in) + "</item></launchTemplates>"
		}
		xml = "<DescribeLaunchTemplatesResponse>" + xml + "</DescribeLaunchTemplatesResponse>"
	case "DescribeLaunchTemplateVersions":
		for _, in := range f.held {
			xml += "<item><launchTemplateData><userData>" + in.Get("LaunchTemplateData.UserData") + "</userData></launchTemplateData></item>"
		}
		xml = "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>" + xml + "</launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>"
	case "DeleteLaunchTemplate":
		clear(f.held)
		xml = "<DeleteLaunchTemplateResponse/>"
	default:
		return nil, fmt.Errorf("%s is not expected", action)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(xml)), Request: r}, nil
}

func tagsOf(in url.Values) string {
	var b strings.Builder
	for n := 1; ; n++ {
		tag := fmt.Sprintf("TagSpecification.1.Tag.%d.", n)
		if !in.Has(tag + "Key") {
			return "<tagSet>" + b.String() + "</tagSet>"
		}
		fmt.Fprintf(&b, "<item><key>%s</key><value>%s</value></item>", in.Get(tag+"Key"), in.Get(tag+"Value"))
	}
}

func open(t *testing.T, f *templates) *account.Account { return openWith(t, f.answer) }

func openWith(t *testing.T, answer transport) *account.Account {
	t.Helper()
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	a, err := account.Open(t.Context(), "us-west-2", config.WithHTTPClient(answer),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret", "")))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestClaimIsOneOwnersAtATime(t *testing.T) {
	f := &templates{held: map[string]url.Values{}}
	a, ctx := open(t, f), t.Context()
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	mine := account.Claim{ID: "1", Owner: "ada@host", Since: since, Expires: since.Add(time.Hour), Body: []byte(`{"undo": "ü"}`)}
	if err := a.Claim(ctx, "hello", "drill", mine); err != nil {
		t.Fatal(err)
	}
	if err := a.Claim(ctx, "hello", "drill", account.Claim{ID: "2"}); !errors.Is(err, account.ErrClaimed) {
		t.Errorf("a second claim: %v", err)
	}
	held, found, err := a.Claimed(ctx, "hello", "drill")
	if err != nil || !found || held.ID != "1" || held.Owner != mine.Owner || !held.Since.Equal(since) || !held.Expires.Equal(mine.Expires) ||
		string(held.Body) != string(mine.Body) {
		t.Errorf("%+v, %v, %v", held, found, err)
	}
	if err := a.Unclaim(ctx, "hello", "drill", "2"); err != nil || len(f.held) != 1 {
		t.Errorf("giving up what is another's: %v, %d left", err, len(f.held))
	}
	if err := a.Unclaim(ctx, "hello", "drill", "1"); err != nil || len(f.held) != 0 {
		t.Errorf("giving up: %v, %d left", err, len(f.held))
	}
	if _, found, err := a.Claimed(ctx, "hello", "drill"); found || err != nil {
		t.Errorf("after that: %v, %v", found, err)
	}
}

func TestClaimWhoseAnswerWasLostIsHeld(t *testing.T) {
	f := &templates{held: map[string]url.Values{}, lose: true}
	a := open(t, f)
	if err := a.Claim(t.Context(), "hello", "up", account.Claim{ID: "1"}); err != nil {
		t.Error(err)
	}
	for name, in := range f.held {
		if body, err := base64.StdEncoding.DecodeString(in.Get("LaunchTemplateData.UserData")); err != nil || string(body) != "{}" || name != "understudy/hello/up" {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
}

func TestClaimThatIsTooLargeIsNotSent(t *testing.T) {
	f := &templates{held: map[string]url.Values{}}
	if err := open(t, f).Claim(t.Context(), "hello", "drill", account.Claim{ID: "1", Body: make([]byte, account.ClaimRoom+1)}); err == nil || len(f.held) > 0 {
		t.Errorf("error %v, %d sent", err, len(f.held))
	}
}
