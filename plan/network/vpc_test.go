package network

import (
	"strings"
	"testing"

	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// The VPC with the declared network is the one in use; without one, another is made beside the earlier.
func TestTheVPCWithTheDeclaredNetworkIsInUse(t *testing.T) {
	one := func(id, network string) string {
		return "<item><vpcId>" + id + "</vpcId><cidrBlock>" + network + "</cidrBlock></item>"
	}
	for name, c := range map[string]struct{ found, id, earlier string }{
		"as declared": {one("vpc-1", "10.10.0.0/16"), "vpc-1", ""},
		"another":     {one("vpc-1", "10.9.0.0/16"), "", "vpc-1 of 10.9.0.0/16"},
		"both":        {one("vpc-1", "10.9.0.0/16") + one("vpc-2", "10.10.0.0/16"), "vpc-2", "vpc-1 of 10.9.0.0/16"},
		"a third":     {one("vpc-1", "10.9.0.0/16") + one("vpc-2", "10.8.0.0/16"), "", "vpc-1 of 10.9.0.0/16, vpc-2 of 10.8.0.0/16"},
	} {
		s, _ := resourcetest.TwoNetworks(t, map[string]string{"DescribeVpcs": "<vpcSet>" + c.found + "</vpcSet>"})
		v := &VPC{Scope: s}
		there, err := v.Find(t.Context())
		var earlier []string
		for _, e := range v.Earlier {
			earlier = append(earlier, e.String())
		}
		if err != nil || there != (c.id != "") || v.ID != c.id || resource.Set(earlier...) != c.earlier || len(v.Spare) > 0 {
			t.Errorf("%s: %v, %q in use, earlier %v, doubles %v, %v", name, there, v.ID, earlier, v.Spare, err)
		}
		if said := v.Succeeds(); (said == "") != (c.earlier == "") || c.earlier != "" && !strings.Contains(said, "by one of 10.10.0.0/16") {
			t.Errorf("%s: the step says %q", name, said)
		}
	}
}
