package wire

import (
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// decodeAnything decodes a body as every operation that could have it: whatever it holds, decoding ends
// in a value or an AWS error, never in a panic.
func decodeAnything(t *testing.T, s *Service, body string) {
	t.Helper()
	for _, name := range []string{"RunInstances", "CreateVpc", "AuthorizeSecurityGroupIngress", "ChangeResourceRecordSets", "CreateHealthCheck"} {
		types, ok := sdkTypes[s][name]
		if !ok {
			continue
		}
		in := reflect.New(reflect.TypeOf(types[0]).Elem()).Elem()
		op := s.table.operation(name)
		var err error
		if s.protocol == restXML {
			r := httptest.NewRequest(op.method, "/", strings.NewReader(body))
			r.SetPathValue("Id", "Z1")
			err = restXMLCodec{}.decode(s, op, r, in)
		} else if form, bad := url.ParseQuery(body); bad == nil {
			err = s.decodeForm(op, form, in)
		}
		if err != nil {
			if _, known := err.(*Error); !known {
				t.Errorf("%s: %T is no AWS error: %v", name, err, err)
			}
		}
	}
}
