package balancing

import (
	"context"
	"maps"
	"slices"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/balancer/http1"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

const serverEnabled = "routing.http.response.server.enabled"

// responseFields are the header fields that a listener can be told to give every answer, and what their values may be. An empty value
// is none (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html).
var responseFields = map[string]func(string) bool{
	"Strict-Transport-Security":        fieldValue,
	"Access-Control-Allow-Origin":      fieldValue,
	"Access-Control-Allow-Methods":     listOf("GET", "HEAD", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PUT", "*"),
	"Access-Control-Allow-Headers":     fieldValue,
	"Access-Control-Allow-Credentials": either("true"),
	"Access-Control-Expose-Headers":    fieldValue,
	"Access-Control-Max-Age":           between(0, 86400),
	"Content-Security-Policy":          fieldValue,
	"X-Content-Type-Options":           either("nosniff"),
	"X-Frame-Options":                  fieldValue,
}

// longestField is how long a value may be, in bytes.
const longestField = 1024

// fieldValue tells whether a text can be a header field's value (RFC 9110, 5.5), of printable ASCII as it is written today.
func fieldValue(s string) bool {
	return len(s) <= longestField && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func listOf(members ...string) func(string) bool {
	return func(s string) bool {
		for member := range strings.SplitSeq(s, ",") {
			if !slices.Contains(members, strings.TrimSpace(member)) {
				return false
			}
		}
		return true
	}
}

// requestFields tell a target of its client's TLS, by these names if a listener says no others. Those of a client's certificate are in no
// request, since there is no mutual TLS here.
var requestFields = []string{
	"X-Amzn-Mtls-Clientcert-Serial-Number", "X-Amzn-Mtls-Clientcert-Issuer", "X-Amzn-Mtls-Clientcert-Subject", "X-Amzn-Mtls-Clientcert-Validity",
	"X-Amzn-Mtls-Clientcert-Leaf", "X-Amzn-Mtls-Clientcert", balancer.TLSVersionField, balancer.TLSSuiteField,
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
var listenerAttributes, secureListenerAttributes = func() (all, secure map[string]attribute) {
	all = map[string]attribute{serverEnabled: {fallback: "true", allowed: either("true", "false")}}
	for name, allowed := range responseFields {
		all[responseKey(name)] = attribute{allowed: func(s string) bool { return s == "" || allowed(s) }}
	}
	secure = maps.Clone(all)
	for _, name := range requestFields {
		secure[requestKey(name)] = attribute{fallback: name, allowed: fieldName}
	}
	return all, secure
}()

// attributes are those that a listener has.
func (row listenerRow) attributes() map[string]attribute {
	switch {
	case row.Protocol == elbtypes.ProtocolEnumTcp:
		return flowListenerAttributes
	case row.Protocol != "":
		return nil
	case row.secure():
		return secureListenerAttributes
	}
	return listenerAttributes
}

// fieldName tells whether a field may have a name (the same page as responseFields).
func fieldName(s string) bool {
	return s != "" && len(s) <= 40 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

func requestKey(field string) string {
	return "routing.http.request." + strings.ReplaceAll(strings.ToLower(field), "-", "_") + ".header_name"
}

func responseKey(field string) string {
	return "routing.http.response." + strings.ReplaceAll(strings.ToLower(field), "-", "_") + ".header_value"
}

// runAnswers says what becomes of a listener's answers.
func runAnswers(row listenerRow) balancer.Answers {
	a := balancer.Answers{Anonymous: attributeOf(listenerAttributes, row.Attributes, serverEnabled) == "false"}
	for _, name := range slices.Sorted(maps.Keys(responseFields)) {
		if value := row.Attributes[responseKey(name)]; value != "" {
			a.Fields = append(a.Fields, http1.Field{Name: name, Value: value})
		}
	}
	return a
}

// runTLSNames says by which names a target hears of TLS.
func runTLSNames(row listenerRow) balancer.TLSNames {
	return balancer.TLSNames{Version: row.Attributes[requestKey(balancer.TLSVersionField)], Suite: row.Attributes[requestKey(balancer.TLSSuiteField)]}
}

func showListenerAttributes(row listenerRow) (out []elbtypes.ListenerAttribute) {
	known := row.attributes()
	for _, k := range slices.Sorted(maps.Keys(known)) {
		out = append(out, elbtypes.ListenerAttribute{Key: new(k), Value: new(attributeOf(known, row.Attributes, k))})
	}
	return out
}

// DescribeListenerAttributes lists every setting of a listener.
func (r *Room) DescribeListenerAttributes(ctx context.Context, in *elb.DescribeListenerAttributesInput) (*elb.DescribeListenerAttributesOutput, error) {
	if err := room.Only(in, "ListenerArn"); err != nil {
		return nil, err
	}
	if err := r.requireARN(listenerARN, "ListenerArn", in.ListenerArn); err != nil {
		return nil, err
	}
	row, ok := r.listeners.Get(*in.ListenerArn)
	if !ok {
		return nil, missingListener()
	}
	return &elb.DescribeListenerAttributesOutput{Attributes: showListenerAttributes(row)}, nil
}

// ModifyListenerAttributes changes settings, all or none.
func (r *Room) ModifyListenerAttributes(ctx context.Context, in *elb.ModifyListenerAttributesInput) (*elb.ModifyListenerAttributesOutput, error) {
	if err := room.Only(in, "Attributes", "ListenerArn"); err != nil {
		return nil, err
	}
	row, err := r.changeListener(in.ListenerArn, func(_ *store.Tx, row *listenerRow) (err error) {
		for _, a := range in.Attributes {
			if row.Attributes, err = changeAttribute("Listener", row.attributes(), row.Attributes, a.Key, a.Value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &elb.ModifyListenerAttributesOutput{Attributes: showListenerAttributes(row)}, nil
}
