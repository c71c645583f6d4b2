package zones

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/routing"
)

// The addresses are of the places that package routing makes up.
func TestAnswersAreThoseForTheClient(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	a.answers = newAnswers(a, routing.New(0, 1, nil), "")
	z := makeZone(t, a, "example.com")
	err := apply(t, a, z,
		create(set("g.example.com", r53types.RRTypeA, []string{"192.0.2.1"}, located("eu", "EU//"))),
		create(set("g.example.com", r53types.RRTypeA, []string{"192.0.2.2"}, located("all", "/*/"))))
	if err != nil {
		t.Fatal(err)
	}
	const kyiv = "198.18.128.7" // places.txt
	for name, c := range map[string]struct {
		in   route53.TestDNSAnswerInput
		want string
	}{
		"no client":         {route53.TestDNSAnswerInput{}, "192.0.2.2"},
		"a resolver":        {route53.TestDNSAnswerInput{ResolverIP: aws.String(kyiv)}, "192.0.2.1"},
		"its client":        {route53.TestDNSAnswerInput{ResolverIP: aws.String(kyiv), EDNS0ClientSubnetIP: aws.String("203.0.113.1")}, "192.0.2.2"},
		"its client's mask": {route53.TestDNSAnswerInput{EDNS0ClientSubnetIP: aws.String(kyiv), EDNS0ClientSubnetMask: aws.String("8")}, "192.0.2.2"},
	} {
		c.in.HostedZoneId, c.in.RecordName, c.in.RecordType = &z, aws.String("g.example.com"), r53types.RRTypeA
		out, err := a.testAnswer(t.Context(), &c.in)
		if err != nil || *out.ResponseCode != "NOERROR" || !slices.Equal(out.RecordData, []string{c.want}) {
			t.Errorf("%s: %v, %v, want %s", name, out, err, c.want)
		}
	}
	for name, in := range map[string]route53.TestDNSAnswerInput{
		"address": {ResolverIP: aws.String("x")}, "mask alone": {EDNS0ClientSubnetMask: aws.String("24")},
		"mask": {EDNS0ClientSubnetIP: aws.String(kyiv), EDNS0ClientSubnetMask: aws.String("33")},
	} {
		in.HostedZoneId, in.RecordName, in.RecordType = &z, aws.String("g.example.com"), r53types.RRTypeA
		_, err := a.testAnswer(t.Context(), &in)
		t.Run(name, func(t *testing.T) { refused(t, err, "InvalidInput", "") })
	}
}
