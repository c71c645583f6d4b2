package zones

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

const oneEndpoint = `{"AWSPolicyFormatVersion":"2015-10-01","RecordType":"A","StartEndpoint":"e","Endpoints":{"e":{"Type":"value","Value":"198.51.100.1"}}}`

// byRule is a document with two endpoints, of which the start rule and others are the test's own.
func byRule(rules string) string {
	return `{"AWSPolicyFormatVersion":"2023-05-09","RecordType":"A","StartRule":"start","Endpoints":{
		"one":{"Type":"value","Value":"198.51.100.1"},"two":{"Type":"value","Value":"198.51.100.2"},
		"lb":{"Type":"application-load-balancer","Value":"lb-1.us-east-1.elb.amazonaws.com"},
		"web":{"Type":"s3-website","Region":"us-east-1","Value":"www.example.com"}},"Rules":{` + rules + `}}`
}

func makePolicy(t *testing.T, a *Room, name, document string) string {
	t.Helper()
	out, err := a.createPolicy(t.Context(), &route53.CreateTrafficPolicyInput{Name: &name, Document: &document})
	if err != nil {
		t.Fatal(err)
	}
	return *out.TrafficPolicy.Id
}

func newInstance(zone, name, policy string, version int32) *route53.CreateTrafficPolicyInstanceInput {
	return &route53.CreateTrafficPolicyInstanceInput{
		HostedZoneId:         &zone,
		Name:                 &name,
		TTL:                  aws.Int64(30),
		TrafficPolicyId:      &policy,
		TrafficPolicyVersion: &version,
	}
}

func TestTrafficPoliciesTakeTheirCourse(t *testing.T) {
	dir := t.TempDir()
	a, _ := openAPI(t, dir)
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
		{newInstance(z, "x.example.com", makePolicy(t, a, "web",
			strings.Replace(oneEndpoint, `"Type":"value","Value":"198.51.100.1"`, `"Type":"s3-website","Region":"us-east-1","Value":"x"`, 1)), 1), "InvalidInput"},
		{newInstance(z, "x.example.com", makePolicy(t, a, "check",
			byRule(`"start":{"RuleType":"multivalue","Items":[{"EndpointReference":"one","HealthCheck":"none"}]}`)), 1), "InvalidInput"},
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
		_, err := a.updateInstance(
			t.Context(),
			&route53.UpdateTrafficPolicyInstanceInput{Id: &id, TTL: aws.Int64(60), TrafficPolicyId: &p, TrafficPolicyVersion: &version},
		)
		return err
	}
	refused(t, update(3), "ConflictingTypes", "")
	must(update(4))
	a.DB.Close()
	a, _ = openAPI(t, dir)
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
	a, _ := openAPI(t, t.TempDir())
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
		all.HostedZoneIdMarker, all.TrafficPolicyInstanceNameMarker, all.TrafficPolicyInstanceTypeMarker =
			out.HostedZoneIdMarker, out.TrafficPolicyInstanceNameMarker, out.TrafficPolicyInstanceTypeMarker
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
