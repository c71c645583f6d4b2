package balancing

import (
	"maps"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/balancer/http1"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
func TestListenerAttributes(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	arn := s.listen(80)
	described := func() map[string]string {
		t.Helper()
		all := map[string]string{}
		for _, a := range roomtest.Must(client.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &arn}))(t).Attributes {
			all[*a.Key] = *a.Value
		}
		return all
	}
	modify := func(pairs ...string) error {
		in := &elb.ModifyListenerAttributesInput{ListenerArn: &arn}
		for _, p := range pairs {
			k, v, _ := strings.Cut(p, "=")
			in.Attributes = append(in.Attributes, elbtypes.ListenerAttribute{Key: &k, Value: &v})
		}
		_, err := client.ModifyListenerAttributes(ctx, in)
		return err
	}
	const response = "routing.http.response."
	want := map[string]string{response + "server.enabled": "true"}
	for _, field := range []string{
		"strict_transport_security", "access_control_allow_origin", "access_control_allow_methods", "access_control_allow_headers",
		"access_control_allow_credentials", "access_control_expose_headers", "access_control_max_age", "content_security_policy",
		"x_content_type_options", "x_frame_options",
	} {
		want[response+field+".header_value"] = ""
	}
	if d := cmp.Diff(want, described()); d != "" {
		t.Errorf("at first: (-want +got)\n%s", d)
	}
	changes := map[string]string{
		"server.enabled": "false", "x_content_type_options.header_value": "nosniff", "access_control_allow_methods.header_value": "GET,OPTIONS",
		"strict_transport_security.header_value": "max-age=31536000; includeSubDomains",
	}
	for k, v := range changes {
		want[response+k] = v
		if err := modify(response + k + "=" + v); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{
		response + "server.enabled=maybe", response + "x_content_type_options.header_value=sniff", response + "access_control_max_age.header_value=-1",
		response + "access_control_allow_methods.header_value=GET,FETCH", response + "x_frame_options.header_value=DENY\r\nSet-Cookie: a=b",
		response + "content_security_policy.header_value=" + strings.Repeat("x", 1025), "tcp.idle_timeout.seconds=60", "colour=red",
	} {
		roomtest.WantAPIError(t, modify(response+"server.enabled=true", bad), "ValidationError")
	}
	if err := modify("colour=red"); err == nil || !strings.Contains(err.Error(), "attribute key 'colour' is not recognized") {
		t.Errorf("an unknown key: %v", err)
	}
	s.reopen()
	if d := cmp.Diff(want, described()); d != "" {
		t.Errorf("changed: (-want +got)\n%s", d)
	}
	row, _ := s.r.listeners.Get(arn)
	answers := balancer.Answers{Anonymous: true, Fields: http1.Fields{
		{Name: "Access-Control-Allow-Methods", Value: "GET,OPTIONS"}, {Name: "Strict-Transport-Security", Value: "max-age=31536000; includeSubDomains"},
		{Name: "X-Content-Type-Options", Value: "nosniff"},
	}}
	if d := cmp.Diff(answers, runAnswers(row)); d != "" {
		t.Errorf("the data path: (-want +got)\n%s", d)
	}
	for k := range maps.Keys(changes) {
		if strings.HasSuffix(k, "header_value") {
			if err := modify(response + k + "="); err != nil {
				t.Error(err)
			}
		}
	}
	if row, _ = s.r.listeners.Get(arn); runAnswers(row).Fields != nil {
		t.Errorf("emptied: %+v", runAnswers(row))
	}
	arn += "0"
	roomtest.WantAPIError(t, modify(response+"server.enabled=true"), "ListenerNotFound")
	_, err := client.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &arn})
	roomtest.WantAPIError(t, err, "ListenerNotFound")
}
