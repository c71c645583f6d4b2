package zones

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
)

// TestTrafficPoliciesAreServed has a tree answer, fail over at its second level, follow another version, survive a
// restart and go.
func TestTrafficPoliciesAreServed(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	z := s.zoneNamed(t, "example.com")
	hc, err := s.client.CreateHealthCheck(
		t.Context(),
		&route53.CreateHealthCheckInput{CallerReference: aws.String("r"), HealthCheckConfig: tcp("198.51.100.1", 80)},
	)
	if err != nil {
		t.Fatal(err)
	}
	check := *hc.HealthCheck.Id
	disable := func(inverted bool) {
		t.Helper()
		if _, err := s.client.UpdateHealthCheck(t.Context(), &route53.UpdateHealthCheckInput{
			HealthCheckId: &check, Disabled: aws.Bool(true), Inverted: &inverted,
		}); err != nil {
			t.Fatal(err)
		}
	}
	disable(false) // healthy
	document := byRule(`
		"start":{"RuleType":"weighted","Items":[{"RuleReference":"switch","Weight":1,"EvaluateTargetHealth":true}]},
		"switch":{"RuleType":"failover","Primary":{"EndpointReference":"one","HealthCheck":"` + check + `"},"Secondary":{"EndpointReference":"two"}}`)
	policy, err := s.client.CreateTrafficPolicy(t.Context(), &route53.CreateTrafficPolicyInput{Name: aws.String("p"), Document: &document})
	if err != nil {
		t.Fatal(err)
	}
	p := *policy.TrafficPolicy.Id
	made, err := s.client.CreateTrafficPolicyInstance(t.Context(), newInstance(z, "www.example.com", p, 1))
	if err != nil {
		t.Fatal(err)
	}
	id := *made.TrafficPolicyInstance.Id
	answers := func(s *service, want string) {
		t.Helper()
		if got := s.dig(t, "www.example.com", "A"); got != want {
			t.Errorf("dig answers %q, want %q", got, want)
		}
	}
	answers(s, "198.51.100.1")
	disable(true)
	until(t, "the secondary is answered", func() bool { return s.dig(t, "www.example.com", "A") == "198.51.100.2" })

	// An alias of the zone's own may lead to it.
	if _, err := s.change(t, z, create(a1("alias.example.com", alias(z, "www.example.com")))); err != nil {
		t.Fatal(err)
	}
	if got := s.dig(t, "alias.example.com", "A"); got != "198.51.100.2" {
		t.Errorf("the alias answers %q", got)
	}
	list, err := s.client.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: &z})
	if err != nil {
		t.Fatal(err)
	}
	var roots []string
	for _, set := range list.ResourceRecordSets {
		if strings.HasPrefix(*set.Name, "_") {
			t.Errorf("%s is listed", *set.Name)
		}
		if set.TrafficPolicyInstanceId != nil {
			roots = append(roots, *set.Name+*set.TrafficPolicyInstanceId)
		}
	}
	if len(roots) != 1 || roots[0] != "www.example.com."+id {
		t.Errorf("roots %v", roots)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = serve(t, dir)
	defer s.Close()
	answers(s, "198.51.100.2")

	other := strings.Replace(oneEndpoint, "198.51.100.1", "198.51.100.3", 1)
	if _, err := s.client.CreateTrafficPolicyVersion(t.Context(), &route53.CreateTrafficPolicyVersionInput{Id: &p, Document: &other}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.UpdateTrafficPolicyInstance(t.Context(), &route53.UpdateTrafficPolicyInstanceInput{
		Id: &id, TTL: aws.Int64(60), TrafficPolicyId: &p, TrafficPolicyVersion: aws.Int32(2),
	}); err != nil {
		t.Fatal(err)
	}
	answers(s, "198.51.100.3")
	if _, err := s.change(t, z, remove(a1("alias.example.com", alias(z, "www.example.com")))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.DeleteTrafficPolicyInstance(t.Context(), &route53.DeleteTrafficPolicyInstanceInput{Id: &id}); err != nil {
		t.Fatal(err)
	}
	answers(s, "")
	if _, err := s.client.DeleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: &z}); err != nil {
		t.Error(err)
	}
}

func TestCommandLineSteersTraffic(t *testing.T) {
	s := serveHere(t)
	z := s.zoneNamed(t, "example.com")
	p, err := s.cli(t, "create-traffic-policy", "--name", "p", "--document", oneEndpoint, "--query", "TrafficPolicy.Id")
	if err != nil {
		t.Fatal(p)
	}
	s.walk(t, []struct{ want, args string }{
		{"(TrafficPolicyAlreadyExists)", "create-traffic-policy --name p --document " + oneEndpoint},
		{"(InvalidTrafficPolicyDocument)", "create-traffic-policy --name q --document {}"},
		{"2", "create-traffic-policy-version --query TrafficPolicy.Version --document " + oneEndpoint + " --id " + p},
		{"new", "update-traffic-policy-comment --query TrafficPolicy.Comment --comment new --traffic-policy-version 2 --id " + p},
		{"A", "get-traffic-policy --query TrafficPolicy.Type --traffic-policy-version 1 --id " + p},
		{"2", "list-traffic-policies --query TrafficPolicySummaries[].TrafficPolicyCount"},
		{"1\t2", "list-traffic-policy-versions --query TrafficPolicies[].Version --id " + p},
	})
	id, err := s.cli(
		t,
		"create-traffic-policy-instance",
		"--hosted-zone-id",
		z,
		"--name",
		"www.example.com",
		"--ttl",
		"30",
		"--traffic-policy-id",
		p,
		"--traffic-policy-version",
		"1",
		"--query",
		"TrafficPolicyInstance.Id",
	)
	if err != nil {
		t.Fatal(id)
	}
	s.walk(t, []struct{ want, args string }{
		{"Applied", "get-traffic-policy-instance --query TrafficPolicyInstance.State --id " + id},
		{"1", "get-traffic-policy-instance-count --query TrafficPolicyInstanceCount"},
		{id, "list-traffic-policy-instances --query TrafficPolicyInstances[].Id"},
		{id, "list-traffic-policy-instances-by-hosted-zone --query TrafficPolicyInstances[].Id --hosted-zone-id " + z},
		{id, "list-traffic-policy-instances-by-policy --traffic-policy-version 1 --query TrafficPolicyInstances[].Id --traffic-policy-id " + p},
		{
			"Updating",
			"update-traffic-policy-instance --ttl 60 --traffic-policy-version 2 --query TrafficPolicyInstance.State --traffic-policy-id " + p + " --id " + id,
		},
		{"(TrafficPolicyInUse)", "delete-traffic-policy --traffic-policy-version 2 --id " + p},
		{"", "delete-traffic-policy-instance --id " + id},
		{"(NoSuchTrafficPolicyInstance)", "get-traffic-policy-instance --id " + id},
		{"", "delete-traffic-policy --traffic-policy-version 2 --id " + p},
		{"(NoSuchTrafficPolicy)", "get-traffic-policy --traffic-policy-version 2 --id " + p},
	})
}

func TestBoto3SteersTraffic(t *testing.T) {
	s := serveHere(t)
	z := s.zoneNamed(t, "example.com")
	got := s.boto3(t, `
import json
def document(address):
    return json.dumps(dict(AWSPolicyFormatVersion='2015-10-01', RecordType='A', StartRule='r', Endpoints=dict(e=dict(Type='value', Value=address)),
        Rules=dict(r=dict(RuleType='geo', Locations=[dict(EndpointReference='e', IsDefault=True)]))))
z = '`+z+`'
p = r.create_traffic_policy(Name='p', Document=document('198.51.100.1'))['TrafficPolicy']
v = r.create_traffic_policy_version(Id=p['Id'], Document=document('198.51.100.2'), Comment='second')['TrafficPolicy']
print(p['Version'], v['Version'], v['Comment'], json.loads(v['Document'])['StartRule'])
print(r.update_traffic_policy_comment(Id=p['Id'], Version=1, Comment='first')['TrafficPolicy']['Comment'])
print([(s['Name'], s['LatestVersion']) for s in r.list_traffic_policies()['TrafficPolicySummaries']])
print([s['Comment'] for s in r.list_traffic_policy_versions(Id=p['Id'])['TrafficPolicies']])
i = r.create_traffic_policy_instance(HostedZoneId=z, Name='www.example.com', TTL=60, TrafficPolicyId=p['Id'], TrafficPolicyVersion=1)['TrafficPolicyInstance']
print(i['State'], i['TrafficPolicyType'], r.get_traffic_policy_instance(Id=i['Id'])['TrafficPolicyInstance']['State'])
def answer():
    return r.test_dns_answer(HostedZoneId=z, RecordName='www.example.com', RecordType='A')['RecordData']
print(answer())
r.update_traffic_policy_instance(Id=i['Id'], TTL=60, TrafficPolicyId=p['Id'], TrafficPolicyVersion=2)
print(answer(), r.get_traffic_policy_instance_count()['TrafficPolicyInstanceCount'])
print(len(r.list_traffic_policy_instances()['TrafficPolicyInstances']), len(r.list_traffic_policy_instances_by_hosted_zone(HostedZoneId=z)['TrafficPolicyInstances']), len(r.list_traffic_policy_instances_by_policy(TrafficPolicyId=p['Id'], TrafficPolicyVersion=1)['TrafficPolicyInstances']))
print(refused(r.delete_traffic_policy, Id=p['Id'], Version=2))
r.delete_traffic_policy_instance(Id=i['Id'])
r.delete_traffic_policy(Id=p['Id'], Version=2)
r.delete_traffic_policy(Id=p['Id'], Version=1)
print(refused(r.get_traffic_policy, Id=p['Id'], Version=1))
`)
	want := `1 2 second r
first
[('p', 2)]
['first', 'second']
Creating A Applied
['198.51.100.1']
['198.51.100.2'] 1
1 1 0
TrafficPolicyInUse
NoSuchTrafficPolicy`
	if got != want {
		t.Errorf("boto3 prints\n%s\nwant\n%s", got, want)
	}
}
