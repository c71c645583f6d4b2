package balancing

import (
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// What is refused is refused for what it is.
func TestRefusalsSayWhy(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	_, err := client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: new("other"), TargetType: "lambda"})
	wantRefusal(t, "lambda", err, "InvalidConfigurationRequest", "TargetType 'lambda' is not supported here")
}

// Private addresses of elsewhere are targets of any zone (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html).
func TestAddressesOutsideOfTheVPC(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	group := *roomtest.Must(client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("addresses"), VpcId: &s.vpc, Port: new(int32(80)), Protocol: "HTTP", TargetType: "ip",
	}))(t).TargetGroups[0].TargetGroupArn
	register := func(address, zone string) error {
		target := elbtypes.TargetDescription{Id: &address}
		if zone != "" {
			target.AvailabilityZone = &zone
		}
		_, err := client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{target}})
		return err
	}
	roomtest.WantAPIError(t, register("172.16.3.4", ""), "InvalidTarget")
	roomtest.WantAPIError(t, register("172.16.3.4", "us-east-1a"), "InvalidTarget")
	roomtest.WantAPIError(t, register("198.51.100.9", "all"), "InvalidTarget")
	if err := register("172.16.3.4", "all"); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	target := roomtest.Must(client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group}))(t).TargetHealthDescriptions[0].Target
	if target.AvailabilityZone == nil || *target.AvailabilityZone != "all" {
		t.Errorf("its zone is shown as %v", target.AvailabilityZone)
	}
}

// An HTTPS listener names the fields that tell a target of TLS.
func TestNamesOfTLSFields(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	arn := roomtest.Must(client.CreateListener(ctx, s.secureRequest(443, s.shelf.put(t, "1", "one.example.com"))))(t).Listeners[0].ListenerArn
	const version, suite = "routing.http.request.x_amzn_tls_version.header_name", "routing.http.request.x_amzn_tls_cipher_suite.header_name"
	set := func(key, value string) error {
		_, err := client.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{
			ListenerArn: arn, Attributes: []elbtypes.ListenerAttribute{{Key: &key, Value: &value}},
		})
		return err
	}
	shown := map[string]string{}
	for _, a := range roomtest.Must(client.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: arn}))(t).Attributes {
		shown[*a.Key] = *a.Value
	}
	if len(shown) != 19 || shown[suite] != "X-Amzn-Tls-Cipher-Suite" {
		t.Errorf("%d attributes: %v", len(shown), shown)
	}
	roomtest.WantAPIError(t, set(version, "a b"), "ValidationError")
	roomtest.WantAPIError(t, set(version, strings.Repeat("x", 41)), "ValidationError")
	if err := set(version, "My_Version"); err != nil {
		t.Fatal(err)
	}
	row, _ := s.r.listeners.Get(*arn)
	if names := runTLSNames(row); names.Version != "My_Version" || names.Suite != "" {
		t.Errorf("the data path has %+v", names)
	}
}
