package zones

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
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
		"failover":    byRule(`"start":{"RuleType":"failover","Primary":{"EndpointReference":"lb","EvaluateTargetHealth":true},"Secondary":{"EndpointReference":"web","HealthCheck":"x"}}`),
		"geo":         byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","IsDefault":true},{"EndpointReference":"two","Country":"US","Subdivision":"WA"},{"EndpointReference":"two","Continent":"EU"}]}`),
		"default":     byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","Country":"*","IsDefault":"true"}]}`),
		"latency":     byRule(`"start":{"RuleType":"latency","Regions":[{"EndpointReference":"one","Region":"us-east-1"},{"EndpointReference":"two","Region":"eu-west-1"}]}`),
		"multivalue":  byRule(`"start":{"RuleType":"multivalue","Items":[{"EndpointReference":"one"},{"EndpointReference":"two","HealthCheck":"x"}]}`),
		"weighted":    byRule(`"start":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":"4"},{"EndpointReference":"two","Weight":255,"EvaluateTargetHealth":"false"}]}`),
		"nested":      byRule(`"start":{"RuleType":"weighted","Items":[{"RuleReference":"next","Weight":1},{"RuleReference":"next","Weight":1}]},"next":{"RuleType":"multivalue","Items":[{"EndpointReference":"one"}]}`),
		"geoproximity": byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[
			{"EndpointReference":"one","Location":{"Type":"Region","LocationName":"aws:route53:us-east-1"},"Bias":"-10"},
			{"EndpointReference":"one","Location":{"Type":"LocalZone","LocationName":"aws:route53:us-east-1-atl-1a"}},
			{"EndpointReference":"two","Location":{"Type":"Coordinate","Latitude":"38.9","Longitude":"-77.01"},"Bias":10}]}`),
		"geoproximity of old": strings.Replace(byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[
			{"EndpointReference":"one","Region":"aws:route53:us-east-1","Bias":"-10"},{"EndpointReference":"two","Latitude":"38.9","Longitude":-77.01}]}`), "2023-05-09", "2015-10-01", 1),
	} {
		if _, err := parsePolicy(document); err != nil {
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
	for i := range maxPolicyDepth {
		chain = append(chain, fmt.Sprintf(`"r%d":{"RuleType":"weighted","Items":[{"RuleReference":"r%d","Weight":1}]}`, i, i+1))
	}
	chain = append(chain, fmt.Sprintf(`"r%d":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1}]}`, maxPolicyDepth), `"start":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1}]}`)
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
		"a region twice":     byRule(`"start":{"RuleType":"latency","Regions":[{"EndpointReference":"one","Region":"us-east-1"},{"EndpointReference":"two","Region":"us-east-1"}]}`),
		"two defaults":       byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","Country":"*"},{"EndpointReference":"two","IsDefault":true}]}`),
		"no location":        byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one"}]}`),
		"a continent":        byRule(`"start":{"RuleType":"geo","Locations":[{"EndpointReference":"one","Continent":"XX"}]}`),
		"a rule of values":   byRule(`"start":{"RuleType":"multivalue","Items":[{"RuleReference":"start"}]}`),
		"a circle":           byRule(`"start":{"RuleType":"weighted","Items":[{"RuleReference":"start","Weight":1}]}`),
		"too deep":           byRule(strings.Join(chain, ",")),
		"bias":               byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[{"EndpointReference":"one","Location":{"Type":"Region","LocationName":"aws:route53:us-east-1"},"Bias":"100"}]}`),
		"three decimals":     byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[{"EndpointReference":"one","Location":{"Type":"Coordinate","Latitude":"38.901","Longitude":"1"}}]}`),
		"place of old":       byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[{"EndpointReference":"one","Region":"aws:route53:us-east-1"}]}`),
		"health":             byRule(`"start":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1,"EvaluateTargetHealth":"yes"}]}`),
	} {
		_, err := parsePolicy(document)
		if err == nil {
			t.Errorf("%s is taken", what)
			continue
		}
		refused(t, err, "InvalidTrafficPolicyDocument", "")
	}
}

// TestPoliciesBecomeTrees looks at the record sets of a policy in which rules lead to rules.
func TestPoliciesBecomeTrees(t *testing.T) {
	d, err := parsePolicy(byRule(`
		"start":{"RuleType":"failover","Primary":{"RuleReference":"near","EvaluateTargetHealth":true,"HealthCheck":"check"},"Secondary":{"EndpointReference":"lb","EvaluateTargetHealth":"true"}},
		"near":{"RuleType":"latency","Regions":[{"RuleReference":"dice","Region":"us-east-1"},{"RuleReference":"dice","Region":"eu-west-1"}]},
		"dice":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1},{"EndpointReference":"two","Weight":2,"HealthCheck":"check"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sets, err := compilePolicy(d, policyInstance{ID: "ID", Name: "www.example.com.", TTL: 30}, zone{ID: "Z1", Name: "example.com."})
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

func makePolicy(t *testing.T, a *api, name, document string) string {
	t.Helper()
	out, err := a.createPolicy(t.Context(), &route53.CreateTrafficPolicyInput{Name: &name, Document: &document})
	if err != nil {
		t.Fatal(err)
	}
	return *out.TrafficPolicy.Id
}

func newInstance(zone, name, policy string, version int32) *route53.CreateTrafficPolicyInstanceInput {
	return &route53.CreateTrafficPolicyInstanceInput{HostedZoneId: &zone, Name: &name, TTL: aws.Int64(30), TrafficPolicyId: &policy, TrafficPolicyVersion: &version}
}

func TestTrafficPoliciesTakeTheirCourse(t *testing.T) {
	dir := t.TempDir()
	a, _ := newAPI(t, dir)
	z := makeZone(t, a, "example.com")
	p := makePolicy(t, a, "p", oneEndpoint)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	version := func(document string) error {
		_, err := a.createPolicyVersion(t.Context(), &route53.CreateTrafficPolicyVersionInput{Id: &p, Document: &document, Comment: aws.String("c")})
		return err
	}
	drop := func(n int32) error {
		_, err := a.deletePolicy(t.Context(), &route53.DeleteTrafficPolicyInput{Id: &p, Version: &n})
		return err
	}
	_, err := a.createPolicy(t.Context(), &route53.CreateTrafficPolicyInput{Name: aws.String("p"), Document: aws.String(oneEndpoint)})
	refused(t, err, "TrafficPolicyAlreadyExists", "")
	must(version(strings.Replace(oneEndpoint, "198.51.100.1", "198.51.100.2", 1)))
	must(version(strings.Replace(strings.Replace(oneEndpoint, `"A"`, `"AAAA"`, 1), "198.51.100.1", "2001:db8::1", 1)))
	refused(t, version("{}"), "InvalidTrafficPolicyDocument", "")
	must(drop(2))
	must(version(oneEndpoint))
	_, err = a.updatePolicyComment(t.Context(), &route53.UpdateTrafficPolicyCommentInput{Id: &p, Version: aws.Int32(4), Comment: aws.String("newest")})
	must(err)
	_, err = a.updatePolicyComment(t.Context(), &route53.UpdateTrafficPolicyCommentInput{Id: &p, Version: aws.Int32(2), Comment: aws.String("gone")})
	refused(t, err, "NoSuchTrafficPolicy", "")

	made, err := a.createInstance(t.Context(), newInstance(z, "www.example.com", p, 1))
	must(err)
	id := *made.TrafficPolicyInstance.Id
	if *made.TrafficPolicyInstance.State != "Creating" || made.TrafficPolicyInstance.TrafficPolicyType != "A" {
		t.Errorf("%+v", made.TrafficPolicyInstance)
	}
	refused(t, drop(1), "TrafficPolicyInUse", "")
	must(apply(t, a, z, create(a1("taken.example.com"))))
	for _, c := range []struct {
		in   *route53.CreateTrafficPolicyInstanceInput
		code string
	}{
		{newInstance(z, "WWW.example.com.", p, 4), "TrafficPolicyInstanceAlreadyExists"},
		{newInstance(z, "taken.example.com", p, 1), "InvalidInput"},
		{newInstance(z, "www.example.net", p, 1), "InvalidInput"},
		{newInstance("ZNONE", "x.example.com", p, 1), "NoSuchHostedZone"},
		{newInstance(z, "x.example.com", "none", 1), "NoSuchTrafficPolicy"},
		{newInstance(z, "x.example.com", p, 2), "NoSuchTrafficPolicy"},
		{newInstance(z, "x.example.com", makePolicy(t, a, "web", strings.Replace(oneEndpoint, `"Type":"value","Value":"198.51.100.1"`, `"Type":"s3-website","Region":"us-east-1","Value":"x"`, 1)), 1), "InvalidInput"},
		{newInstance(z, "x.example.com", makePolicy(t, a, "check", byRule(`"start":{"RuleType":"multivalue","Items":[{"EndpointReference":"one","HealthCheck":"none"}]}`)), 1), "InvalidInput"},
	} {
		_, err := a.createInstance(t.Context(), c.in)
		refused(t, err, c.code, "")
	}
	root := set("www.example.com", r53types.RRTypeA, []string{"198.51.100.1"})
	for what, change := range map[string]r53types.Change{"create": create(root), "upsert": upsert(root), "delete": remove(root)} {
		if err := apply(t, a, z, change); err == nil {
			t.Errorf("%s of an instance's record set is let through", what)
		}
	}
	update := func(version int32) error {
		_, err := a.updateInstance(t.Context(), &route53.UpdateTrafficPolicyInstanceInput{Id: &id, TTL: aws.Int64(60), TrafficPolicyId: &p, TrafficPolicyVersion: &version})
		return err
	}
	refused(t, update(3), "ConflictingTypes", "")
	must(update(4))
	a.db.Close()
	a, _ = newAPI(t, dir)
	got, err := a.getInstance(t.Context(), &route53.GetTrafficPolicyInstanceInput{Id: &id})
	must(err)
	if i := got.TrafficPolicyInstance; *i.State != "Applied" || *i.TTL != 60 || *i.TrafficPolicyVersion != 4 {
		t.Errorf("%+v", i)
	}
	_, err = a.deleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: &z})
	refused(t, err, "HostedZoneNotEmpty", "")
	for i := range maxInstances - 1 {
		_, err := a.createInstance(t.Context(), newInstance(z, fmt.Sprintf("w%d.example.com", i), p, 1))
		must(err)
	}
	_, err = a.createInstance(t.Context(), newInstance(z, "more.example.com", p, 1))
	refused(t, err, "TooManyTrafficPolicyInstances", "")
	_, err = a.deleteInstance(t.Context(), &route53.DeleteTrafficPolicyInstanceInput{Id: &id})
	must(err)
	_, err = a.deleteInstance(t.Context(), &route53.DeleteTrafficPolicyInstanceInput{Id: &id})
	refused(t, err, "NoSuchTrafficPolicyInstance", "")
	must(apply(t, a, z, create(a1("www.example.com"))))
}

// TestPoliciesAndInstancesAreListed pages through all lists, one at a time.
func TestPoliciesAndInstancesAreListed(t *testing.T) {
	a, _ := newAPI(t, t.TempDir())
	p, one := makePolicy(t, a, "p", oneEndpoint), aws.Int32(1)
	makePolicy(t, a, "another", oneEndpoint)
	if _, err := a.createPolicyVersion(t.Context(), &route53.CreateTrafficPolicyVersionInput{Id: &p, Document: aws.String(oneEndpoint)}); err != nil {
		t.Fatal(err)
	}
	zones := []string{makeZone(t, a, "example.com"), makeZone(t, a, "example.net")}
	for i, name := range []string{"b.example.com", "a.example.com", "c.example.net"} {
		if _, err := a.createInstance(t.Context(), newInstance(zones[i/2], name, p, int32(i/2+1))); err != nil {
			t.Fatal(err)
		}
	}
	pages := func(what, want string, next func() (string, bool, error)) {
		t.Helper()
		var got []string
		for more := true; more; {
			var s string
			var err error
			if s, more, err = next(); err != nil {
				t.Fatal(what, err)
			}
			got = append(got, s)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", what, text, want)
		}
	}
	policies := &route53.ListTrafficPoliciesInput{MaxItems: one}
	pages("policies", "p:2/2 another:1/1", func() (string, bool, error) {
		out, err := a.listPolicies(t.Context(), policies)
		if err != nil {
			return "", false, err
		}
		policies.TrafficPolicyIdMarker = out.TrafficPolicyIdMarker
		s := out.TrafficPolicySummaries[0]
		return fmt.Sprintf("%s:%d/%d", *s.Name, *s.LatestVersion, *s.TrafficPolicyCount), out.IsTruncated, nil
	})
	versions := &route53.ListTrafficPolicyVersionsInput{Id: &p, MaxItems: one}
	pages("versions", "1 2", func() (string, bool, error) {
		out, err := a.listPolicyVersions(t.Context(), versions)
		if err != nil {
			return "", false, err
		}
		versions.TrafficPolicyVersionMarker = out.TrafficPolicyVersionMarker
		return fmt.Sprint(*out.TrafficPolicies[0].Version), out.IsTruncated, nil
	})
	all := &route53.ListTrafficPolicyInstancesInput{MaxItems: one}
	want := []string{"a.example.com.", "b.example.com.", "c.example.net."}
	if zones[1] < zones[0] {
		want = []string{"c.example.net.", "a.example.com.", "b.example.com."}
	}
	pages("instances", strings.Join(want, " "), func() (string, bool, error) {
		out, err := a.listInstances(t.Context(), all)
		if err != nil {
			return "", false, err
		}
		all.HostedZoneIdMarker, all.TrafficPolicyInstanceNameMarker, all.TrafficPolicyInstanceTypeMarker = out.HostedZoneIdMarker, out.TrafficPolicyInstanceNameMarker, out.TrafficPolicyInstanceTypeMarker
		return *out.TrafficPolicyInstances[0].Name, out.IsTruncated, nil
	})
	zone := &route53.ListTrafficPolicyInstancesByHostedZoneInput{HostedZoneId: &zones[0], MaxItems: one}
	pages("a zone's instances", "a.example.com. b.example.com.", func() (string, bool, error) {
		out, err := a.listInstancesByZone(t.Context(), zone)
		if err != nil {
			return "", false, err
		}
		zone.TrafficPolicyInstanceNameMarker, zone.TrafficPolicyInstanceTypeMarker = out.TrafficPolicyInstanceNameMarker, out.TrafficPolicyInstanceTypeMarker
		return *out.TrafficPolicyInstances[0].Name, out.IsTruncated, nil
	})
	policy := &route53.ListTrafficPolicyInstancesByPolicyInput{TrafficPolicyId: &p, TrafficPolicyVersion: aws.Int32(2), MaxItems: one}
	pages("a version's instances", "c.example.net.", func() (string, bool, error) {
		out, err := a.listInstancesByPolicy(t.Context(), policy)
		if err != nil {
			return "", false, err
		}
		return *out.TrafficPolicyInstances[0].Name, out.IsTruncated, nil
	})
}

func FuzzPolicyDocument(f *testing.F) {
	f.Add(oneEndpoint)
	f.Add(byRule(`"start":{"RuleType":"failover","Primary":{"RuleReference":"b"},"Secondary":{"EndpointReference":"lb"}},"b":{"RuleType":"weighted","Items":[{"EndpointReference":"one","Weight":1}]}`))
	f.Add(byRule(`"start":{"RuleType":"geoproximity","GeoproximityLocations":[{"EndpointReference":"one","Location":{"Type":"LocalZone","LocationName":"aws:route53:us-east-1-atl-1a"}}]}`))
	f.Fuzz(func(t *testing.T, document string) {
		d, err := parsePolicy(document)
		if err != nil {
			return
		}
		if !json.Valid([]byte(document)) {
			t.Error("taken, and no JSON")
		}
		sets, err := compilePolicy(d, policyInstance{ID: "i", Name: "www.example.com.", TTL: 1}, zone{ID: "Z1", Name: "example.com."})
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
