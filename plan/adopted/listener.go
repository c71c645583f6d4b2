package adopted

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Listeners that others made, and their rules. What they do with requests, and which, is held as the API's JSON, all of it.

const (
	settingPort        = "port"
	settingProtocol    = "protocol"
	settingPolicy      = "policy"
	settingCertificate = "certificate"
	settingActions     = "actions"
	settingConditions  = "conditions"
	settingPriority    = "priority"
)

// jsonOf writes what the API tells, without what it does not tell.
func jsonOf(value any) string {
	b, err := json.Marshal(value)
	var plain any
	if err == nil {
		err = json.Unmarshal(b, &plain)
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err != nil || e.Encode(said(plain)) != nil {
		return "" // of the SDK's structures all can be written
	}
	return strings.TrimSpace(text.String())
}

// said leaves out what is nothing.
func said(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if inner = said(inner); inner == nil || inner == "" {
				delete(v, key)
			} else {
				v[key] = inner
			}
		}
	case []any:
		for i := range v {
			v[i] = said(v[i])
		}
	}
	return value
}

// parseJSON reads what jsonOf has written. A key that the API does not know is an error.
func parseJSON[T any](text string) (value T, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err = d.Decode(&value); err != nil {
		return value, fmt.Errorf("%q is not what the API has there: %w", text, err)
	}
	return value, nil
}

// actionsOfText reads actions. One that knows a secret is not held: it is not told, and would be taken away.
func actionsOfText(text string) ([]elbtypes.Action, error) {
	actions, err := parseJSON[[]elbtypes.Action](text)
	for _, a := range actions {
		if a.AuthenticateOidcConfig != nil {
			return nil, fmt.Errorf("the action %s has a secret that is not told", a.Type)
		}
	}
	return actions, err
}

func conditionsOfText(text string) ([]elbtypes.RuleCondition, error) {
	return parseJSON[[]elbtypes.RuleCondition](text)
}

func knowsListener(name, value string) (err error) {
	switch name {
	case settingPort:
		return wholeNumber(name, value)
	case settingProtocol, settingPolicy, settingCertificate:
		return nil
	case settingActions:
		_, err = actionsOfText(value)
		return err
	}
	return fmt.Errorf("%s is no setting of listeners that can be held", name)
}

func readAdoptedListener(ctx context.Context, a *account.Account, arn string) (map[string]string, error) {
	out, err := a.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}})
	if account.IsNotFound(err) || err == nil && len(out.Listeners) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l := out.Listeners[0]
	settings := map[string]string{settingPort: resource.Number(aws.ToInt32(l.Port)), settingProtocol: string(l.Protocol), settingActions: jsonOf(l.DefaultActions)}
	if l.SslPolicy != nil {
		settings[settingPolicy] = *l.SslPolicy
	}
	if len(l.Certificates) > 0 {
		settings[settingCertificate] = aws.ToString(l.Certificates[0].CertificateArn)
	}
	return settings, nil
}

// writeAdoptedListener says the whole of it: of a protocol with certificates they have to be said too (ModifyListener in the Elastic Load Balancing
// API Reference).
func writeAdoptedListener(ctx context.Context, a *account.Account, arn string, wanted, _ map[string]string) (err error) {
	in := &elb.ModifyListenerInput{ListenerArn: &arn}
	for name, value := range wanted {
		switch name {
		case settingPort:
			n, _ := strconv.ParseInt(value, 10, 32) // knowsListener has seen it
			in.Port = aws.Int32(int32(n))
		case settingProtocol:
			in.Protocol = elbtypes.ProtocolEnum(value)
		case settingPolicy:
			in.SslPolicy = &value
		case settingCertificate:
			in.Certificates = []elbtypes.Certificate{{CertificateArn: &value}}
		case settingActions:
			if in.DefaultActions, err = actionsOfText(value); err != nil {
				return err
			}
		}
	}
	_, err = a.ELB.ModifyListener(ctx, in)
	return err
}

func knowsRule(name, value string) (err error) {
	switch name {
	case settingPriority:
		return wholeNumber(name, value)
	case settingActions:
		_, err = actionsOfText(value)
	case settingConditions:
		_, err = conditionsOfText(value)
	default:
		err = fmt.Errorf("%s is no setting of rules", name)
	}
	return err
}

func readAdoptedRule(ctx context.Context, a *account.Account, arn string) (map[string]string, error) {
	out, err := a.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{RuleArns: []string{arn}})
	if account.IsNotFound(err) || err == nil && len(out.Rules) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := out.Rules[0]
	return map[string]string{settingPriority: aws.ToString(r.Priority), settingActions: jsonOf(r.Actions), settingConditions: jsonOf(once(r.Conditions))}, nil
}

// once tells of conditions only once what they say: the API tells values in two places, and takes them in one (RuleCondition in the Elastic Load
// Balancing API Reference).
func once(conditions []elbtypes.RuleCondition) (all []elbtypes.RuleCondition) {
	for _, c := range conditions {
		if c.PathPatternConfig != nil || c.HostHeaderConfig != nil || c.HttpHeaderConfig != nil || c.HttpRequestMethodConfig != nil ||
			c.QueryStringConfig != nil || c.SourceIpConfig != nil {
			c.Values = nil
		}
		all = append(all, c)
	}
	return all
}

func writeAdoptedRule(ctx context.Context, a *account.Account, arn string, wanted, _ map[string]string) (err error) {
	in := &elb.ModifyRuleInput{RuleArn: &arn}
	if text, ok := wanted[settingActions]; ok {
		if in.Actions, err = actionsOfText(text); err != nil {
			return err
		}
	}
	if text, ok := wanted[settingConditions]; ok {
		if in.Conditions, err = conditionsOfText(text); err != nil {
			return err
		}
	}
	if in.Actions != nil || in.Conditions != nil {
		if _, err := a.ELB.ModifyRule(ctx, in); err != nil {
			return err
		}
	}
	priority, ok := wanted[settingPriority]
	if !ok {
		return nil
	}
	n, _ := strconv.ParseInt(priority, 10, 32) // knowsRule has seen it
	_, err = a.ELB.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{{RuleArn: &arn, Priority: aws.Int32(int32(n))}}})
	return err
}
