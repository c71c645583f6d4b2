package wire

import (
	"bytes"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// protocolHeaders are what a client of CloudWatch names its protocol with.
var protocolHeaders = map[string][2]string{
	"query": {"X", ""}, "json": {"X-Amz-Target", "GraniteServiceVersion20100801.SetAlarmState"}, "cbor": {"Smithy-Protocol", "rpc-v2-cbor"},
}

// What CloudWatch answers about an alarm that is not there was recorded from AWS in November 2026.
func TestErrorsHaveAWSsFormInEachProtocol(t *testing.T) {
	missing := &Error{Code: "ResourceNotFound", Status: 404}
	invalid := Errorf("ValidationError", "no")
	for _, c := range []struct {
		protocol, mode string
		e              *Error
		status         int
		says, not      string
	}{
		{"query", "", missing, 404, "<Code>ResourceNotFound</Code></Error>", "Message"},
		{"json", "", missing, 400, `{"__type":"com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound"}`, "essage"},
		{"json", "true", missing, 404, "ResourceNotFound", "essage"},
		{"cbor", "", missing, 400, "com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound", "essage"},
		{"cbor", "true", missing, 404, "ResourceNotFound", "essage"},
		{"query", "", invalid, 400, "<Code>ValidationError</Code><Message>no</Message>", "Exception"},
		{"json", "true", invalid, 400, `"com.amazon.coral.validate#ValidationException"`, "ValidationError"},
		{"cbor", "true", invalid, 400, "com.amazon.coral.validate#ValidationException", "ValidationError"},
	} {
		r, w := httptest.NewRequest("POST", "/", nil), httptest.NewRecorder()
		r.Header.Set(protocolHeaders[c.protocol][0], protocolHeaders[c.protocol][1])
		r.Header.Set("x-amzn-query-mode", c.mode)
		WriteError(w, r, CloudWatch, c.e)
		if body := w.Body.String(); w.Code != c.status || !strings.Contains(body, c.says) || strings.Contains(body, c.not) {
			t.Errorf("%s, mode %q: %d %q, want %d and %q without %q", c.protocol, c.mode, w.Code, body, c.status, c.says, c.not)
		}
		if w.Header().Get("x-amzn-RequestId") == "" {
			t.Errorf("%s: no id of the request", c.protocol)
		}
	}
}

func TestAnswersHaveAWSsFormInEachProtocol(t *testing.T) {
	out := reflect.ValueOf(&cloudwatch.GetMetricDataOutput{MetricDataResults: []cwtypes.MetricDataResult{{Values: []float64{41}}}}).Elem()
	for protocol, want := range map[string]struct{ contentType, says string }{
		"query": {"text/xml", "<Values><member>41.0</member></Values>"},
		"json":  {"application/x-amz-json-1.0", `"Values":[41.0]`},
		// A list of indefinite length with one double (RFC 8949, section 3.2.2).
		"cbor": {"application/cbor", "fValues\x9f\xfb\x40\x44\x80\x00\x00\x00\x00\x00\xff"},
	} {
		r, w := httptest.NewRequest("POST", "/", nil), httptest.NewRecorder()
		r.Header.Set(protocolHeaders[protocol][0], protocolHeaders[protocol][1])
		if err := CloudWatch.codec(r).encode(CloudWatch, CloudWatch.table.operation("GetMetricData"), w, "id", out); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Content-Type"); got != want.contentType || !bytes.Contains(w.Body.Bytes(), []byte(want.says)) {
			t.Errorf("%s: %s %q", protocol, got, w.Body)
		}
	}
}
