package parity

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/account"
)

// A parameter of the service is in both regions and of one type; what it is nobody compares.
func TestParametersOfTheServiceAreCompared(t *testing.T) {
	d := declaration(t, "egress: nat\ninstance: {environment: {A: {parameter: /hello/a}, B: {parameter: b}, C: text}}\n")
	of := func(region Region, types map[string]string) Region {
		c := &canon{place: place{Account: &account.Account{Region: region.Name}, declared: d}, f: &facts{parameters: types},
			roles: map[string]string{}, names: map[string]string{}, out: region}
		c.describeParameters()
		return c.out
	}
	for name, c := range map[string]struct {
		east, west map[string]string
		want, heal []string
	}{
		"alike": {east: map[string]string{"/hello/a": "String", "b": "SecureString"}, west: map[string]string{"/hello/a": "String", "b": "SecureString"}},
		"missing": {map[string]string{"/hello/a": "String", "b": "SecureString"}, map[string]string{"/hello/a": "String"},
			[]string{"critical parameter b in us-west-2"},
			[]string{"aws ssm put-parameter --name b --type SecureString --value file://VALUE --region us-west-2"}},
		"other type": {map[string]string{"/hello/a": "String", "b": "SecureString"}, map[string]string{"/hello/a": "String", "b": "String"},
			[]string{"medium parameter b: type in us-west-2?"},
			[]string{"aws ssm put-parameter --name b --type SecureString --value file://VALUE --overwrite --region us-west-2"}},
	} {
		found := Compare(Pair{Left: of(east(), c.east), Right: of(west(), c.west)}, d).Findings
		found = slices.DeleteFunc(found, func(f Finding) bool { return f.Kind != kindParameter })
		var heal []string
		for _, f := range found {
			heal = append(heal, f.Heal...)
		}
		if diff := cmp.Diff(c.want, outline(found)) + cmp.Diff(c.heal, heal); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
