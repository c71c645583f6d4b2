package routing

import (
	"fmt"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
)

// Aliases that lead in circles, a hundred from each of two names, once took 100 to the power of their depth steps.
func TestAliasesInCirclesEnd(t *testing.T) {
	var records []r53types.ResourceRecordSet
	for i := range 100 {
		id := fmt.Sprint(i)
		records = append(
			records,
			a("one.hello.test.", "", weight(id, 1), alias("two.hello.test.", true)),
			a("two.hello.test.", "", weight(id, 1), alias("one.hello.test.", true)),
		)
	}
	v := world{}.view(records...)
	if got := ask(v, "one.hello.test.", dns.TypeA, Client{}); got != "NOERROR SOA" {
		t.Errorf("answer %s", got)
	}
}
