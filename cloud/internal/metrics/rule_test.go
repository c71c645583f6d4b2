package metrics

import (
	"fmt"
	"strings"
	"testing"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func TestRules(t *testing.T) {
	states := map[string]cwtypes.StateValue{"a": "ALARM", "o": "OK", "i": "INSUFFICIENT_DATA", "with (brackets)": "ALARM"}
	for _, c := range []struct {
		rule   string
		holds  bool
		alarms string
	}{
		{"ALARM(a)", true, "[a]"}, {`ALARM("a")`, true, "[a]"}, {"OK( o )", true, "[o]"}, {"INSUFFICIENT_DATA(i)", true, "[i]"}, {"ALARM(o)", false, "[o]"},
		{"ALARM('with (brackets)')", true, "[with (brackets)]"}, {"TRUE", true, "[]"}, {"FALSE", false, "[]"}, {"NOT FALSE", true, "[]"},
		{"NOT(TRUE)", false, "[]"},
		{"ALARM(o) OR ALARM(a) AND OK(o)", true, "[o a]"}, {"(ALARM(a) OR TRUE) AND ALARM(o)", false, "[a o]"},
		{"NOT ALARM(o) AND NOT ALARM(i)", true, "[o i]"},
		{"AT_LEAST(2, ALARM, (a, o, \"with (brackets)\"))", true, "[a o with (brackets)]"}, {"AT_LEAST(2, ALARM, (a,o,i))", false, "[a o i]"},
		{"AT_LEAST(2, NOT ALARM, (a, o, i))", true, "[a o i]"}, {"AT_LEAST(60%, NOT OK, (a, o, i)) AND TRUE", true, "[a o i]"},
		{"AT_LEAST(67%, NOT OK, (a, o, i))", false, "[a o i]"}, {"NOT AT_LEAST(1, INSUFFICIENT_DATA, (i))", false, "[i]"},
		{"ALARM(a)AND(OK(o))", true, "[a o]"}, {"TRUE OR TRUE AND FALSE", true, "[]"}, {"NOT NOT ALARM(a)", true, "[a]"},
	} {
		r, err := ParseRule(c.rule)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		if got := r.Holds(func(name string) cwtypes.StateValue { return states[name] }); got != c.holds {
			t.Errorf("%s holds: %t", c.rule, got)
		}
		if got := fmt.Sprint(r.Alarms()); got != c.alarms {
			t.Errorf("%s names %s", c.rule, got)
		}
	}
	var many []string
	for i := range maxRuleAlarms + 1 {
		many = append(many, fmt.Sprintf("OK(a%d)", i))
	}
	for _, bad := range []string{
		"", "ALARM", "ALARM()", "ALARM(a", `ALARM("a)`, "a", "ALARM(a) OK(o)", "ALARM(a) OR",
		"(TRUE", "TRUE)", "TRUEFALSE", "NOT", "alarm(a)", "AT_LEAST(0, OK, (a))", "AT_LEAST(2, OK, (a))",
		"AT_LEAST(101%, OK, (a))", "AT_LEAST(1, OK, ())", "AT_LEAST(1, OK, a)",
		"AT_LEAST(1, ON, (a))", "AT_LEAST(1, OK, (a)", "AT_LEAST(OK, (a))", strings.Join(many, " OR "),
		strings.Repeat("(", 600) + "TRUE" + strings.Repeat(")", 600), strings.Repeat("NOT ", 600) + "TRUE",
	} {
		if _, err := ParseRule(bad); err == nil {
			t.Errorf("%.40q was read", bad)
		}
	}
}
