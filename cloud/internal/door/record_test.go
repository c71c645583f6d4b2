package door_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

// line is a recorded call.
type line struct {
	Service, Operation, Region, Method, URI, Text string
	Header                                        map[string]string
	Bytes                                         []byte
}

func (e *endpoint) lines(t *testing.T) (all []line) {
	t.Helper()
	for d := json.NewDecoder(strings.NewReader(e.recorded.String())); ; {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
}

func TestCallsAreRecordedAsTheyWereSent(t *testing.T) {
	e := open(t)
	cfg := e.good("us-east-1")
	if _, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-1"}}); err != nil {
		t.Fatal(err)
	}
	cfg.RetryMaxAttempts = 1
	// The region has no CloudWatch, which is no matter: the call came.
	_, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"one"}})
	if err == nil {
		t.Error("a service that is not there answers")
	}
	got := e.lines(t)
	if len(got) != 2 {
		t.Fatalf("%d calls: %s", len(got), e.recorded.String())
	}
	vpcs, alarms := got[0], got[1]
	if vpcs.Service != "ec2" || vpcs.Operation != "DescribeVpcs" || vpcs.Region != "us-east-1" || vpcs.Method != "POST" || vpcs.URI != "/" ||
		vpcs.Text != "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1" || vpcs.Header["Content-Type"] != "application/x-www-form-urlencoded" {
		t.Errorf("%+v", vpcs)
	}
	// {"AlarmNames": ["one"]} in CBOR (RFC 8949) of indefinite lengths, whose first byte is no text.
	if want := "\xbf\x6aAlarmNames\x9f\x63one\xff\xff"; string(alarms.Bytes) != want || alarms.Header["Smithy-Protocol"] != "rpc-v2-cbor" {
		t.Errorf("%+v, want %q", alarms, want)
	}
}

// A value is recorded where it is said to be plain, and nowhere else: a new version need not say that it is a secret.
func TestRecordHasNoSecret(t *testing.T) {
	e := open(t)
	cfg := e.good("us-east-1")
	cfg.RetryMaxAttempts = 1
	for _, kind := range []ssmtypes.ParameterType{ssmtypes.ParameterTypeSecureString, "", ssmtypes.ParameterTypeString, ssmtypes.ParameterTypeStringList} {
		_, err := ssm.NewFromConfig(cfg).PutParameter(t.Context(), &ssm.PutParameterInput{Name: new("/db"), Value: new("hunter2"), Type: kind, Overwrite: new(true)})
		if err == nil {
			t.Error("a service that is not there answers")
		}
	}
	var got []string
	for _, l := range e.lines(t) {
		var in struct{ Name, Type, Value string }
		if err := json.Unmarshal([]byte(l.Text), &in); err != nil {
			t.Fatal(err)
		}
		got = append(got, l.Operation+" "+in.Name+" "+in.Type+" "+in.Value)
	}
	want := []string{
		"PutParameter /db SecureString HIDDEN", "PutParameter /db  HIDDEN", "PutParameter /db String hunter2", "PutParameter /db StringList hunter2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, body := range []string{`{"Value":"hunter3"`, `{"value":"hunter3","Value":"hunter3","Value":"hunter3"}`, `["hunter3"]`} {
		e.raw(t, "ssm", "AmazonSSM.PutParameter", body)
	}
	if text := e.recorded.String(); strings.Contains(text, "hunter3") || len(e.lines(t)) != len(want)+3 {
		t.Errorf("recorded: %s", text)
	}
}

func TestRecordHasNoPrivateKeys(t *testing.T) {
	e := open(t)
	e.raw(t, "acm", "CertificateManager.ImportCertificate", `{"Certificate":"Y2VydA==","PrivateKey":"aHVudGVyMg=="}`)
	text := e.recorded.String()
	if strings.Contains(text, "aHVudGVyMg") || !strings.Contains(text, "Y2VydA") || !strings.Contains(text, "HIDDEN") {
		t.Errorf("recorded: %s", text)
	}
}

// raw posts a body that no SDK sends.
func (e *endpoint) raw(t *testing.T, service, target, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", target)
	sum := sha256.Sum256([]byte(body))
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, req, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

func TestRecordHasNoSignature(t *testing.T) {
	e := open(t)
	cfg := e.good("us-east-1")
	signed, err := sts.NewPresignClient(sts.NewFromConfig(cfg)).PresignGetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if got := e.lines(t); answer.StatusCode != http.StatusOK || len(got) != 1 || got[0].Operation != "GetCallerIdentity" {
		t.Errorf("status %d, recorded %+v", answer.StatusCode, got)
	}
	if text := e.recorded.String(); strings.Contains(text, "X-Amz-Signature") || !strings.Contains(text, "X-Amz-Date") {
		t.Errorf("recorded: %s", text)
	}
	if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err != nil {
		t.Fatal(err)
	}
	if text := e.recorded.String(); strings.Contains(text, "Signature=") {
		t.Errorf("recorded: %s", text)
	}
}
