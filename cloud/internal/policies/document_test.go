package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/wire"
)

const oneEndpoint = `{"AWSPolicyFormatVersion":"2015-10-01","RecordType":"A","StartEndpoint":"e","Endpoints":{"e":{"Type":"value","Value":"198.51.100.1"}}}`

// byRule is a document with two endpoints, of which the start rule and others are the test's own.
func byRule(rules string) string {
	return `{"AWSPolicyFormatVersion":"2023-05-09","RecordType":"A","StartRule":"start","Endpoints":{
		"one":{"Type":"value","Value":"198.51.100.1"},"two":{"Type":"value","Value":"198.51.100.2"},
		"lb":{"Type":"application-load-balancer","Value":"lb-1.us-east-1.elb.amazonaws.com"},
		"web":{"Type":"s3-website","Region":"us-east-1","Value":"www.example.com"}},"Rules":{` + rules + `}}`
}

func TestPolicyDocumentsAreTaken(t *testing.T) {
	for what, document := range map[string]string{
		"an endpoint": oneEndpoint,
		"failover": byRule(`"start":{"RuleType":"failover","Primary":{"EndpointReference":"lb",` +
			`"EvaluateTargetHealth":true},"Secondary":{"EndpointReference":"web","HealthCheck":"x"}}`),
		"geo": byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","IsDefault":true},` +
			`{"EndpointReference":"two","Country":"US","Subdivision":"WA"},{"EndpointReference":"two","Continent":"EU"}]}`),
		"default": byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","Country":"*","IsDefault":"true"}]}`),
		"latency": byRule(`"start":{"RuleType":"latency",` +
			`"Regions":[{"EndpointReference":"one","Region":"us-east-1"},{"EndpointReference":"two","Region":"eu-west-1"}]}`),
		"multivalue": byRule(`"start":{"RuleType":"multivalue","Items":[{"EndpointReference":"one"},{"EndpointReference":"two","HealthCheck":"x"}]}`),
		"weighted": byRule(`"start":{"RuleType":"weighted",` +
			`"Items":[{"EndpointReference":"one","Weight":"4"},{"EndpointReference":"two","Weight":255,"EvaluateTargetHealth":"false"}]}`),
		"nested": byRule(`"start":{"RuleType":"weighted","Items":[{"RuleReference":"next","Weight":1},{"RuleReference":"next","Weight":1}]},` +
			`"next":{"RuleType":"multivalue","Items":[{"EndpointReference":"one"}]}`),
		"geoproximity": byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[
			{"EndpointReference":"one","Location":{"Type":"Region","LocationName":"aws:route53:us-east-1"},"Bias":"-10"},
			{"EndpointReference":"one","Location":{"Type":"LocalZone","LocationName":"aws:route53:us-east-1-atl-1a"}},
			{"EndpointReference":"two","Location":{"Type":"Coordinate","Latitude":"38.9","Longitude":"-77.01"},"Bias":10}]}`),
		"geoproximity of old": strings.Replace(byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[
			{"EndpointReference":"one","Region":"aws:route53:us-east-1","Bias":"-10"},{"EndpointReference":"two","Latitude":"38.9","Longitude":-77.01}]}`), "2023-05-09", "2015-10-01", 1),
	} {
		if _, err := Parse(document); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPolicyDocumentsAreRefused(t *testing.T) {
	change := func(from, to string) string {
		if !strings.Contains(oneEndpoint, from) {
			t.Fatalf("no %s", from)
		}
		return strings.Replace(oneEndpoint, from, to, 1)
	}
	var chain []string
	for i := range maxDepth {
		chain = append(chain, fmt.Sprintf(`"r%d":{"RuleType":"weighted","Items":[{"RuleReference":"r%d","Weight":1}]}`, i, i+1))
	}
	chain = append(
		chain,
		fmt.Sprintf(`"r%d":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1}]}`, maxDepth),
		`"start":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1}]}`,
	)
	for what, document := range map[string]string{
		"nothing":            "",
		"no JSON":            "{",
		"more after the end": oneEndpoint + "{}",
		"an array":           "[]",
		"too long":           oneEndpoint + strings.Repeat(" ", 102400),
		"twice":              change(`"RecordType":"A"`, `"RecordType":"A","RecordType":"A"`),
		"unknown member":     change(`"RecordType":"A"`, `"RecordType":"A","Comment":"x"`),
		"version":            change("2015-10-01", "2016-10-01"),
		"type":               change(`"RecordType":"A"`, `"RecordType":"SOA"`),
		"value":              change("198.51.100.1", "198.51.100"),
		"no start":           change(`"StartEndpoint":"e",`, ``),
		"unknown start":      change(`"StartEndpoint":"e"`, `"StartEndpoint":"f"`),
		"two starts":         change(`"StartEndpoint":"e"`, `"StartEndpoint":"e","StartRule":"r"`),
		"endpoint's type":    change(`"Type":"value"`, `"Type":"cname"`),
		"region":             change(`"Type":"value"`, `"Type":"value","Region":"us-east-1"`),
		"load balancer":      change(`"Type":"value"`, `"Type":"elastic-load-balancer"`),
		"rule's type":        byRule(`"start":{"RuleType":"simple","Items":[{"EndpointReference":"one"}]}`),
		"no branches":        byRule(`"start":{"RuleType":"weighted","Items":[]}`),
		"no secondary":       byRule(`"start":{"RuleType":"failover","Primary":{"EndpointReference":"one"}}`),
		"other branches":     byRule(`"start":{"RuleType":"latency","Items":[{"EndpointReference":"one","Region":"us-east-1"}]}`),
		"unknown endpoint":   byRule(`"start":{"RuleType":"multivalue","Items":[{"EndpointReference":"three"}]}`),
		"unknown rule":       byRule(`"start":{"RuleType":"weighted","Items":[{"RuleReference":"three","Weight":1}]}`),
		"two references":     byRule(`"start":{"RuleType":"weighted","Items":[{"RuleReference":"start","EndpointReference":"one","Weight":1}]}`),
		"no weight":          byRule(`"start":{"RuleType":"weighted","Items":[{"EndpointReference":"one"}]}`),
		"weight":             byRule(`"start":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":"256"}]}`),
		"weight of latency":  byRule(`"start":{"RuleType":"latency","Regions":[{"EndpointReference":"one","Region":"us-east-1","Weight":1}]}`),
		"an unknown region":  byRule(`"start":{"RuleType":"latency","Regions":[{"EndpointReference":"one","Region":"mars-1"}]}`),
		"a region twice": byRule(`"start":{"RuleType":"latency",` +
			`"Regions":[{"EndpointReference":"one","Region":"us-east-1"},{"EndpointReference":"two","Region":"us-east-1"}]}`),
		"two defaults":     byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","Country":"*"},{"EndpointReference":"two","IsDefault":true}]}`),
		"no location":      byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one"}]}`),
		"a continent":      byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","Continent":"XX"}]}`),
		"a rule of values": byRule(`"start":{"RuleType":"multivalue","Items":[{"RuleReference":"start"}]}`),
		"a circle":         byRule(`"start":{"RuleType":"weighted","Items":[{"RuleReference":"start","Weight":1}]}`),
		"too deep":         byRule(strings.Join(chain, ",")),
		"bias": byRule(`"start":{"RuleType":"geoproximity",` +
			`"GeoproximityLocations":[{"EndpointReference":"one","Location":{"Type":"Region","LocationName":"aws:route53:us-east-1"},"Bias":"100"}]}`),
		"three decimals": byRule(`"start":{"RuleType":"geoproximity",` +
			`"GeoproximityLocations":[{"EndpointReference":"one","Location":{"Type":"Coordinate","Latitude":"38.901","Longitude":"1"}}]}`),
		"place of old": byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[{"EndpointReference":"one","Region":"aws:route53:us-east-1"}]}`),
		"health":       byRule(`"start":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1,"EvaluateTargetHealth":"yes"}]}`),
	} {
		_, err := Parse(document)
		if err == nil {
			t.Errorf("%s is taken", what)
			continue
		}
		var refusal *wire.Error
		if !errors.As(err, &refusal) || refusal.Code != "InvalidTrafficPolicyDocument" {
			t.Errorf("%s: %v, want InvalidTrafficPolicyDocument", what, err)
		}
	}
}

// TestPoliciesBecomeTrees looks at the record sets of a policy in which rules lead to rules.
func TestPoliciesBecomeTrees(t *testing.T) {
	d, err := Parse(byRule(`
		"start":{"RuleType":"failover","Primary":{"RuleReference":"near","EvaluateTargetHealth":true,"HealthCheck":"check"},"Secondary":{"EndpointReference":"lb","EvaluateTargetHealth":"true"}},
		"near":{"RuleType":"latency","Regions":[{"RuleReference":"dice","Region":"us-east-1"},{"RuleReference":"dice","Region":"eu-west-1"}]},
		"dice":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1},{"EndpointReference":"two","Weight":2,"HealthCheck":"check"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sets, err := d.Compile(Instance{ID: "ID", Name: "www.example.com.", TTL: 30, Zone: "Z1", Parent: "example.com."})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range sets {
		line := fmt.Sprintf("%s %s %s%s", *s.Name, *s.SetIdentifier, s.Failover, s.Region)
		if s.Weight != nil {
			line += fmt.Sprint(*s.Weight)
		}
		if s.AliasTarget != nil {
			line += fmt.Sprintf(" -> %s %s %t", *s.AliasTarget.HostedZoneId, *s.AliasTarget.DNSName, s.AliasTarget.EvaluateTargetHealth)
		} else {
			line += fmt.Sprintf(" = %d %s", *s.TTL, *s.ResourceRecords[0].Value)
		}
		got = append(got, line+" "+aws.ToString(s.HealthCheckId))
	}
	want := `_ID-1.example.com. weighted-1 1 = 30 198.51.100.1 
_ID-1.example.com. weighted-2 2 = 30 198.51.100.2 check
_ID-2.example.com. latency-1 us-east-1 -> Z1 _ID-1.example.com. false 
_ID-2.example.com. latency-2 eu-west-1 -> Z1 _ID-1.example.com. false 
www.example.com. failover-1 PRIMARY -> Z1 _ID-2.example.com. true check
www.example.com. failover-2 SECONDARY -> Z35SXDOTRQ7X7K lb-1.us-east-1.elb.amazonaws.com. true `
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("record sets\n%s\nwant\n%s", text, want)
	}
}

func FuzzPolicyDocument(f *testing.F) {
	f.Add(oneEndpoint)
	f.Add(
		byRule(
			`"start":{"RuleType":"failover","Primary":{"RuleReference":"b"},"Secondary":{"EndpointReference":"lb"}},` +
				`"b":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1}]}`,
		),
	)
	f.Add(
		byRule(
			`"start":{"RuleType":"geoproximity","GeoproximityLocations":[{"EndpointReference":"one",` +
				`"Location":{"Type":"LocalZone","LocationName":"aws:route53:us-east-1-atl-1a"}}]}`,
		),
	)
	f.Fuzz(func(t *testing.T, document string) {
		d, err := Parse(document)
		if err != nil {
			return
		}
		if !json.Valid([]byte(document)) {
			t.Error("taken, and no JSON")
		}
		sets, err := d.Compile(Instance{ID: "i", Name: "www.example.com.", TTL: 1, Zone: "Z1", Parent: "example.com."})
		if err == nil && len(sets) == 0 {
			t.Error("a policy without record sets")
		}
		seen := map[records.Key]bool{}
		for _, s := range sets {
			if seen[records.KeyOf(s)] {
				t.Errorf("%s twice", records.KeyOf(s).Words())
			}
			seen[records.KeyOf(s)] = true
		}
	})
}
