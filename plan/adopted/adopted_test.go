package adopted

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"pgregory.net/rapid"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/network"
)

func TestRulesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		peer := rapid.SampledFrom([]string{"0.0.0.0/0", "2001:db8::/32", "sg-1", "pl-1"})
		one := rapid.Custom(func(t *rapid.T) network.Rule {
			switch protocol := rapid.SampledFrom([]string{"-1", "tcp", "udp", "47", "icmp", "icmpv6"}).Draw(t, "protocol"); {
			case protocol == "-1":
				return network.Rule{Protocol: "-1", Peer: peer.Draw(t, "peer")}
			case strings.HasPrefix(protocol, "icmp"): // -1 is any
				return network.Rule{Protocol: protocol, From: rapid.Int32Range(-1, 255).Draw(t, "type"), To: rapid.Int32Range(-1, 255).Draw(t, "code"),
					Peer: peer.Draw(t, "peer")}
			default:
				from := rapid.Int32Range(0, 65535).Draw(t, "from")
				return network.Rule{Protocol: protocol, From: from, To: rapid.Int32Range(from, 65535).Draw(t, "to"), Peer: peer.Draw(t, "peer")}
			}
		})
		rules := rapid.SliceOfN(one, 0, 5).Draw(t, "rules")
		read, err := parseRules(network.RulesText(rules))
		if err != nil {
			t.Fatal(err)
		}
		if len(network.Without(rules, read)) > 0 || len(network.Without(read, rules)) > 0 {
			t.Errorf("%v is read as %v", rules, read)
		}
	})
}

func TestWhatIsNoRuleIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"tcp", "tcp 80", "tcp eighty 0.0.0.0/0", "tcp 80-80 0.0.0.0/0", "tcp 080 0.0.0.0/0", "all 80 0.0.0.0/0",
		"icmp type 8 0.0.0.0/0", "tcp 80 sg-1" + foreignPeer + "210987654321"} {
		if r, err := parseRules(text); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
}

func TestSettingsThatCannotBeHeldAreRefused(t *testing.T) {
	t.Parallel()
	for kind, settings := range map[understudy.AdoptedKind][]string{
		understudy.AdoptedFilter: {"description", "x", ingressSetting, "tcp"}, understudy.AdoptedBalancer: {"scheme", "internal"},
		understudy.AdoptedFleet: {"desired", "2", fleetMin, "two"}, understudy.AdoptedTargetGroup: {"port", "80", "interval", "5s"},
		understudy.AdoptedListener: {"attribute x", "1", settingPort, "http", settingActions, "forward", settingActions,
			`[{"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"Issuer": "x"}}]`, settingActions, `[{"Kind": "forward"}]`},
		understudy.AdoptedRule:     {settingPort, "80", settingPriority, "first", settingConditions, "{}"},
		understudy.AdoptedRecord:   {"policy", "weighted", "weight", "much", "evaluates target", "true", "values", "192.0.2.1"},
		understudy.AdoptedCheck:    {"type", "HTTP", "interval", "10", "threshold", "three", "inverted", "maybe"},
		understudy.AdoptedTemplate: {"name", "x", settingDefault, "latest"},
	} {
		for i := 0; i < len(settings); i += 2 {
			if adoptables[kind].knows(settings[i], settings[i+1]) == nil {
				t.Errorf("%s: %s %s is taken", kind, settings[i], settings[i+1])
			}
		}
	}
	for _, kind := range understudy.AdoptedKinds {
		if adoptables[kind].read == nil {
			t.Errorf("nothing reads a %s", kind)
		}
	}
}

// What the API tells is written and read back without loss, and without what it does not tell.
func TestActionsAndConditionsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	actions := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, Order: aws.Int32(1), ForwardConfig: &elbtypes.ForwardActionConfig{
		TargetGroups:                []elbtypes.TargetGroupTuple{{TargetGroupArn: aws.String("a<b>"), Weight: aws.Int32(0)}},
		TargetGroupStickinessConfig: &elbtypes.TargetGroupStickinessConfig{Enabled: aws.Bool(false)}}}}
	text := jsonOf(actions)
	if strings.Contains(text, "null") || !strings.Contains(text, "a<b>") {
		t.Error(text)
	}
	if read, err := actionsOfText(text); err != nil || jsonOf(read) != text {
		t.Errorf("%s is read as %s, %v", text, jsonOf(read), err)
	}
	conditions := []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/a"}, PathPatternConfig: &elbtypes.PathPatternConditionConfig{
		Values: []string{"/a"}}}, {Field: aws.String("host-header"), Values: []string{"old.test"}}}
	text = jsonOf(once(conditions))
	read, err := conditionsOfText(text)
	if err != nil || len(read) != 2 || read[0].Values != nil || read[0].PathPatternConfig == nil || read[1].Values == nil {
		t.Errorf("%s is read as %+v, %v", text, read, err)
	}
}

func TestRulesAreTurnedIntoWhatIsWritten(t *testing.T) {
	extra, missing, err := turned("tcp 22 10.0.0.0/8", "tcp 80 0.0.0.0/0")
	if err != nil || len(extra) != 1 || len(missing) != 1 || *extra[0].FromPort != 80 || *missing[0].FromPort != 22 {
		t.Errorf("revoke %v, authorize %v, %v", extra, missing, err)
	}
}
