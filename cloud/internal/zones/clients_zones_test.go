package zones

import (
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/internal/judge"
)

func TestCommandLineTendsZonesAndChecks(t *testing.T) {
	s := serveHere(t)
	z := strings.TrimPrefix(s.zoneNamed(t, "example.com"), "/hostedzone/")
	check, err := s.cli(
		t,
		"create-health-check",
		"--caller-reference",
		"c",
		"--query",
		"HealthCheck.Id",
		"--health-check-config",
		"Type=HTTPS,FullyQualifiedDomainName=a.example.com,Port=8443",
	)
	if err != nil {
		t.Fatal(check)
	}
	const weighted = `{"Changes":[{"Action":"CREATE","ResourceRecordSet":{"Name":"w.example.com",` +
		`"Type":"A","TTL":60,"SetIdentifier":"a","Weight":1,"ResourceRecords":[{"Value":"198.51.100.1"}]}}]}`
	const vpc = "VPCRegion=us-east-1,VPCId=vpc-0123456789abcdef0"
	s.walk(t, []struct{ want, args string }{
		{"new", "update-hosted-zone-comment --comment new --query HostedZone.Config.Comment --id " + z},
		{"1", "get-hosted-zone-count"},
		{"10000", "get-hosted-zone-limit --type MAX_RRSETS_BY_ZONE --query Limit.Value --hosted-zone-id " + z},
		{"500", "get-account-limit --type MAX_HOSTED_ZONES_BY_OWNER --query Limit.Value"},
		{"", "change-tags-for-resource --resource-type hostedzone --add-tags Key=a,Value=b --resource-id " + z},
		{"b", "list-tags-for-resource --resource-type hostedzone --query ResourceTagSet.Tags[].Value --resource-id " + z},
		{"b", "list-tags-for-resources --resource-type hostedzone --query ResourceTagSets[].Tags[].Value --resource-ids " + z},
		{"(NoSuchHealthCheck)", "list-tags-for-resource --resource-type healthcheck --resource-id none"},
		{"PENDING", "change-resource-record-sets --query ChangeInfo.Status --hosted-zone-id " + z + " --change-batch " + weighted},
		{"NOERROR", "test-dns-answer --record-name w.example.com --record-type A --query ResponseCode --hosted-zone-id " + z},
		{"198.51.100.1", "test-dns-answer --record-name w.example.com --record-type A --edns0-client-subnet-ip 203.0.113.1 --query RecordData --hosted-zone-id " + z},
		{"a\t1", "list-resource-record-sets --start-record-name w.example.com --query ResourceRecordSets[].[SetIdentifier,Weight] --hosted-zone-id " + z},
		{"1", "get-health-check-count"},
		{"8443", "get-health-check --query HealthCheck.HealthCheckConfig.Port --health-check-id " + check},
		{"Failure: DNS resolution failed", "get-health-check-status --query HealthCheckObservations[0].StatusReport.Status --health-check-id " + check},
		{"Failure: DNS resolution failed", "get-health-check-last-failure-reason --query HealthCheckObservations[0].StatusReport.Status --health-check-id " + check},
		{"2", "update-health-check --inverted --query HealthCheck.HealthCheckVersion --health-check-id " + check},
		{"(HealthCheckVersionMismatch)", "update-health-check --health-check-version 1 --health-check-id " + check},
		{check, "list-health-checks --query HealthChecks[].Id"},
		{"", "delete-health-check --health-check-id " + check},
		{"(NoSuchHealthCheck)", "get-health-check --health-check-id " + check},
		{"Texas", "get-geo-location --country-code US --subdivision-code TX --query GeoLocationDetails.SubdivisionName"},
		{"Default", "list-geo-locations --max-items 1 --query GeoLocationDetailsList[].CountryName"},
		{"AF", "list-geo-locations --start-continent-code AF --max-items 1 --query GeoLocationDetailsList[].ContinentCode"},
		{"vpc-0123456789abcdef0", "create-hosted-zone --name corp.test --caller-reference p --hosted-zone-config PrivateZone=true --query VPC.VPCId --vpc " + vpc},
		{"corp.test.", "list-hosted-zones-by-vpc --vpc-id vpc-0123456789abcdef0 --vpc-region us-east-1 --query HostedZoneSummaries[].Name"},
		{"(PublicZoneVPCAssociation)", "associate-vpc-with-hosted-zone --hosted-zone-id " + z + " --vpc " + vpc},
		{"(NoSuchChange)", "get-change --id CNONE"},
		{"example.com.\tcorp.test.", "list-hosted-zones-by-name --query HostedZones[].Name"},
	})
}

func TestCommandLineAssociatesVPCs(t *testing.T) {
	s := serveHere(t)
	const first, second = "VPCRegion=us-east-1,VPCId=vpc-0123456789abcdef0", "VPCRegion=us-east-1,VPCId=vpc-0123456789abcdef1"
	z, err := s.cli(t, "create-hosted-zone", "--name", "corp.test", "--caller-reference", "p", "--vpc", first, "--query", "HostedZone.Id")
	if err != nil {
		t.Fatal(z)
	}
	s.walk(t, []struct{ want, args string }{
		{"vpc-0123456789abcdef1", "create-vpc-association-authorization --query VPC.VPCId --vpc " + second + " --hosted-zone-id " + z},
		{"vpc-0123456789abcdef1", "list-vpc-association-authorizations --query VPCs[].VPCId --hosted-zone-id " + z},
		{"", "delete-vpc-association-authorization --vpc " + second + " --hosted-zone-id " + z},
		{"(VPCAssociationAuthorizationNotFound)", "delete-vpc-association-authorization --vpc " + second + " --hosted-zone-id " + z},
		{"PENDING", "associate-vpc-with-hosted-zone --query ChangeInfo.Status --vpc " + second + " --hosted-zone-id " + z},
		{"PENDING", "disassociate-vpc-from-hosted-zone --query ChangeInfo.Status --vpc " + first + " --hosted-zone-id " + z},
		{"(LastVPCAssociation)", "disassociate-vpc-from-hosted-zone --vpc " + second + " --hosted-zone-id " + z},
	})
}

// The Go SDK reads the answers of all operations that no other test here has it ask for.
func TestSDKReadsLists(t *testing.T) {
	s := serveHere(t)
	ctx, c := t.Context(), s.client
	z := request.Bare(s.zoneNamed(t, "example.com"))
	check, err := c.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{CallerReference: aws.String("c"), HealthCheckConfig: tcp("198.51.100.1", 80)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.CreateTrafficPolicy(ctx, &route53.CreateTrafficPolicyInput{Name: aws.String("p"), Document: aws.String(oneEndpoint)})
	if err != nil {
		t.Fatal(err)
	}
	set, err := c.CreateReusableDelegationSet(ctx, &route53.CreateReusableDelegationSetInput{CallerReference: aws.String("s")})
	if err != nil {
		t.Fatal(err)
	}
	const kind = r53types.TagResourceTypeHostedzone
	for name, call := range map[string]func() (bool, error){
		"ChangeTagsForResource": func() (bool, error) {
			_, err := c.ChangeTagsForResource(ctx, &route53.ChangeTagsForResourceInput{
				ResourceId: &z, ResourceType: kind, AddTags: []r53types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
			})
			return true, err
		},
		"ListTagsForResource": func() (bool, error) {
			out, err := c.ListTagsForResource(ctx, &route53.ListTagsForResourceInput{ResourceId: &z, ResourceType: kind})
			return err == nil && *out.ResourceTagSet.ResourceId == z, err
		},
		"ListTagsForResources": func() (bool, error) {
			out, err := c.ListTagsForResources(ctx, &route53.ListTagsForResourcesInput{ResourceIds: []string{z}, ResourceType: kind})
			return err == nil && len(out.ResourceTagSets) == 1, err
		},
		"GetAccountLimit": func() (bool, error) {
			out, err := c.GetAccountLimit(ctx, &route53.GetAccountLimitInput{Type: r53types.AccountLimitTypeMaxHealthChecksByOwner})
			return err == nil && *out.Limit.Value == checks.Quota && out.Count == 1, err
		},
		"GetCheckerIpRanges": func() (bool, error) {
			out, err := c.GetCheckerIpRanges(ctx, nil)
			return err == nil && len(out.CheckerIpRanges) == 2, err
		},
		"GetHealthCheckCount": func() (bool, error) {
			out, err := c.GetHealthCheckCount(ctx, nil)
			return err == nil && *out.HealthCheckCount == 1, err
		},
		"GetHealthCheckLastFailureReason": func() (bool, error) {
			_, err := c.GetHealthCheckLastFailureReason(ctx, &route53.GetHealthCheckLastFailureReasonInput{HealthCheckId: check.HealthCheck.Id})
			return true, err
		},
		"ListHealthChecks": func() (bool, error) {
			out, err := c.ListHealthChecks(ctx, nil)
			return err == nil && len(out.HealthChecks) == 1, err
		},
		"GetHostedZoneCount": func() (bool, error) {
			out, err := c.GetHostedZoneCount(ctx, nil)
			return err == nil && *out.HostedZoneCount == 1, err
		},
		"UpdateHostedZoneComment": func() (bool, error) {
			out, err := c.UpdateHostedZoneComment(ctx, &route53.UpdateHostedZoneCommentInput{Id: &z, Comment: aws.String("new")})
			return err == nil && *out.HostedZone.Config.Comment == "new", err
		},
		"GetReusableDelegationSetLimit": func() (bool, error) {
			out, err := c.GetReusableDelegationSetLimit(ctx, &route53.GetReusableDelegationSetLimitInput{
				DelegationSetId: set.DelegationSet.Id, Type: r53types.ReusableDelegationSetLimitTypeMaxZonesByReusableDelegationSet,
			})
			return err == nil && *out.Limit.Value > 0, err
		},
		"ListReusableDelegationSets": func() (bool, error) {
			out, err := c.ListReusableDelegationSets(ctx, nil)
			return err == nil && len(out.DelegationSets) == 1, err
		},
		"ListCidrCollections": func() (bool, error) {
			out, err := c.ListCidrCollections(ctx, nil)
			return err == nil && len(out.CidrCollections) == 0, err
		},
		"ListGeoLocations": func() (bool, error) {
			out, err := c.ListGeoLocations(ctx, nil)
			return err == nil && len(out.GeoLocationDetailsList) == 100 && out.IsTruncated, err
		},
		"ListTrafficPolicies": func() (bool, error) {
			out, err := c.ListTrafficPolicies(ctx, nil)
			return err == nil && len(out.TrafficPolicySummaries) == 1, err
		},
		"ListTrafficPolicyVersions": func() (bool, error) {
			out, err := c.ListTrafficPolicyVersions(ctx, &route53.ListTrafficPolicyVersionsInput{Id: p.TrafficPolicy.Id})
			return err == nil && len(out.TrafficPolicies) == 1, err
		},
		"UpdateTrafficPolicyComment": func() (bool, error) {
			out, err := c.UpdateTrafficPolicyComment(ctx, &route53.UpdateTrafficPolicyCommentInput{
				Id: p.TrafficPolicy.Id, Version: p.TrafficPolicy.Version, Comment: aws.String("new"),
			})
			return err == nil && *out.TrafficPolicy.Comment == "new", err
		},
		"GetTrafficPolicyInstanceCount": func() (bool, error) {
			out, err := c.GetTrafficPolicyInstanceCount(ctx, nil)
			return err == nil && *out.TrafficPolicyInstanceCount == 0, err
		},
		"ListTrafficPolicyInstances": func() (bool, error) {
			out, err := c.ListTrafficPolicyInstances(ctx, nil)
			return err == nil && len(out.TrafficPolicyInstances) == 0, err
		},
		"ListTrafficPolicyInstancesByHostedZone": func() (bool, error) {
			out, err := c.ListTrafficPolicyInstancesByHostedZone(ctx, &route53.ListTrafficPolicyInstancesByHostedZoneInput{HostedZoneId: &z})
			return err == nil && len(out.TrafficPolicyInstances) == 0, err
		},
		"ListTrafficPolicyInstancesByPolicy": func() (bool, error) {
			out, err := c.ListTrafficPolicyInstancesByPolicy(ctx, &route53.ListTrafficPolicyInstancesByPolicyInput{
				TrafficPolicyId: p.TrafficPolicy.Id, TrafficPolicyVersion: p.TrafficPolicy.Version,
			})
			return err == nil && len(out.TrafficPolicyInstances) == 0, err
		},
	} {
		if right, err := call(); err != nil || !right {
			t.Errorf("%s: right %v, %v", name, right, err)
		}
	}
}

func TestBoto3PagesAndWaits(t *testing.T) {
	s := serveHere(t)
	got := s.boto3(t, `
z = r.create_hosted_zone(Name='example.com', CallerReference='r')['HostedZone']['Id']
changes = [{'Action': 'CREATE', 'ResourceRecordSet': {'Name': 'n%d.example.com' % i, 'Type': 'A', 'TTL': 60, 'ResourceRecords': [{'Value': '192.0.2.1'}]}} for i in range(700)]
change = r.change_resource_record_sets(HostedZoneId=z, ChangeBatch={'Changes': changes})['ChangeInfo']
print(change['Status'])
r.get_waiter('resource_record_sets_changed').wait(Id=change['Id'])
names = [s['Name'] for page in r.get_paginator('list_resource_record_sets').paginate(HostedZoneId=z) for s in page['ResourceRecordSets']]
print(len(names), len(set(names)))
for i in range(5):
    r.create_health_check(CallerReference=str(i), HealthCheckConfig={'Type': 'TCP', 'IPAddress': '198.51.100.1', 'Port': 80})
print(len([c for page in r.get_paginator('list_health_checks').paginate(PaginationConfig={'PageSize': 2}) for c in page['HealthChecks']]))
try:
    r.change_resource_record_sets(HostedZoneId=z, ChangeBatch={'Changes': changes[:2]})
except r.exceptions.InvalidChangeBatch as e:
    print(str(e).count('already exists'))
print(refused(r.get_hosted_zone, Id='ZNONE'), refused(r.delete_hosted_zone, Id=z))
`)
	want := "PENDING\n702 701\n5\n2\nNoSuchHostedZone HostedZoneNotEmpty"
	if got != want {
		t.Errorf("boto3 prints\n%s\nwant\n%s", got, want)
	}
}

// Every type is read back by two resolvers' tools in the form in which it was written, or the one they prefer.
func TestDigAndKdigReadEveryType(t *testing.T) {
	s := serveHere(t)
	z := s.zoneNamed(t, "example.com")
	digest := strings.Repeat("AB", 32)
	host, port, err := net.SplitHostPort(s.dns)
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range map[r53types.RRType]struct{ value, dig, kdig string }{
		r53types.RRTypeA:     {"192.0.2.1", "", ""},
		r53types.RRTypeAaaa:  {"2001:db8::1", "", ""},
		r53types.RRTypeCaa:   {`0 issue "ca.example.net"`, "", ""},
		r53types.RRTypeCname: {"x.example.org.", "", ""},
		r53types.RRTypeDs:    {"123 13 2 " + digest, "123 13 2 " + digest[:56] + " " + digest[56:], ""},
		r53types.RRTypeHttps: {"1 . alpn=h2", `1 . alpn="h2"`, "1 . alpn=h2"},
		r53types.RRTypeMx:    {"10 mail.example.org.", "", ""},
		r53types.RRTypeNaptr: {`10 20 "s" "SIP+D2U" "" _sip._udp.example.org.`, "", ""},
		r53types.RRTypeNs:    {"ns.example.org.", "", ""},
		r53types.RRTypePtr:   {"host.example.org.", "", ""},
		r53types.RRTypeSpf:   {`"v=spf1 -all"`, "", ""},
		r53types.RRTypeSrv:   {"1 2 80 host.example.org.", "", ""},
		r53types.RRTypeSshfp: {"4 2 " + digest, "4 2 " + digest[:56] + " " + digest[56:], ""},
		r53types.RRTypeSvcb:  {"1 svc.example.org. port=8443", "", ""},
		r53types.RRTypeTlsa:  {"3 1 1 " + digest, "3 1 1 " + digest[:56] + " " + digest[56:], ""},
		r53types.RRTypeTxt:   {`"say \"\141\" \\" "two"`, `"say \"a\" \\" "two"`, ""},
	} {
		name := strings.ToLower(string(kind)) + ".example.com"
		if _, err := s.change(t, z, create(set(name, kind, []string{c.value}))); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		for tool, want := range map[string]string{"dig": c.dig, "kdig": c.kdig} {
			if want == "" {
				want = c.value
			}
			if kind == r53types.RRTypeTxt {
				want = c.dig
			}
			args := []string{"@" + host, "-p", port, "+short", "+norec", name, string(kind)}
			if kind == r53types.RRTypeNs {
				args = []string{"@" + host, "-p", port, "+noall", "+authority", "+norec", name, string(kind)} // a delegation
			}
			out, err := exec.CommandContext(t.Context(), judge.Need(t, tool), args...).CombinedOutput()
			if err != nil || !strings.Contains(strings.ToUpper(string(out)), strings.ToUpper(want)) {
				t.Errorf("%s reads %s %s as %s (%v)", tool, kind, want, out, err)
			}
		}
	}
}

func TestBoto3TendsZonesAndChecks(t *testing.T) {
	s := serveHere(t)
	got := s.boto3(t, `
z = r.create_hosted_zone(Name='example.com', CallerReference='r')['HostedZone']['Id']
print(r.update_hosted_zone_comment(Id=z, Comment='new')['HostedZone']['Config']['Comment'], r.get_hosted_zone(Id=z)['HostedZone']['Config']['PrivateZone'])
print(r.get_hosted_zone_count()['HostedZoneCount'], r.get_hosted_zone_limit(HostedZoneId=z, Type='MAX_RRSETS_BY_ZONE')['Count'], r.get_account_limit(Type='MAX_HEALTH_CHECKS_BY_OWNER')['Limit']['Value'])
print(len(r.list_hosted_zones()['HostedZones']), r.list_hosted_zones_by_name(DNSName='a.com')['HostedZones'][0]['Name'])
print(r.list_tags_for_resource(ResourceType='hostedzone', ResourceId=z.split('/')[-1])['ResourceTagSet']['Tags'])
r.change_tags_for_resource(ResourceType='hostedzone', ResourceId=z.split('/')[-1], AddTags=[{'Key': 'a', 'Value': 'b'}])
print(r.list_tags_for_resource(ResourceType='hostedzone', ResourceId=z.split('/')[-1])['ResourceTagSet']['Tags'])
print(len(r.list_tags_for_resources(ResourceType='hostedzone', ResourceIds=[z.split('/')[-1]])['ResourceTagSets']))
c = r.create_health_check(CallerReference='c', HealthCheckConfig={'Type': 'CALCULATED', 'HealthThreshold': 1, 'ChildHealthChecks': []})['HealthCheck']['Id']
e = r.create_health_check(CallerReference='e', HealthCheckConfig={'Type': 'HTTP', 'IPAddress': '198.51.100.1'})['HealthCheck']['Id']
print(r.get_health_check(HealthCheckId=c)['HealthCheck']['HealthCheckVersion'], r.update_health_check(HealthCheckId=c, ChildHealthChecks=[e])['HealthCheck']['HealthCheckVersion'], r.get_health_check_count()['HealthCheckCount'])
print(refused(r.get_health_check_status, HealthCheckId=c), refused(r.get_health_check_status, HealthCheckId=e), refused(r.get_health_check_last_failure_reason, HealthCheckId=e))
print(len(r.get_checker_ip_ranges()['CheckerIpRanges']))
for w, address in (('a', '192.0.2.1'), ('b', '192.0.2.2')):
    r.change_resource_record_sets(HostedZoneId=z, ChangeBatch={'Changes': [{'Action': 'UPSERT', 'ResourceRecordSet': {'Name': 'l.example.com', 'Type': 'A', 'TTL': 60, 'SetIdentifier': w, 'Region': {'a': 'us-east-1', 'b': 'eu-west-1'}[w], 'HealthCheckId': e, 'ResourceRecords': [{'Value': address}]}}]})
print(r.test_dns_answer(HostedZoneId=z, RecordName='l.example.com', RecordType='A', EDNS0ClientSubnetIP='198.18.26.1')['RecordData'])
print(r.get_geo_location(ContinentCode='EU')['GeoLocationDetails']['ContinentName'], r.list_geo_locations(MaxItems='2')['IsTruncated'])
v = {'VPCRegion': 'us-east-1', 'VPCId': 'vpc-0123456789abcdef0'}
w = {'VPCRegion': 'us-east-1', 'VPCId': 'vpc-0123456789abcdef1'}
p = r.create_hosted_zone(Name='corp.test', CallerReference='p', VPC=v)['HostedZone']['Id']
r.create_vpc_association_authorization(HostedZoneId=p, VPC=w)
print(len(r.list_vpc_association_authorizations(HostedZoneId=p)['VPCs']))
r.delete_vpc_association_authorization(HostedZoneId=p, VPC=w)
r.associate_vpc_with_hosted_zone(HostedZoneId=p, VPC=w)
print(r.list_hosted_zones_by_vpc(VPCId=w['VPCId'], VPCRegion='us-east-1')['HostedZoneSummaries'][0]['Name'])
r.disassociate_vpc_from_hosted_zone(HostedZoneId=p, VPC=v)
print(refused(r.disassociate_vpc_from_hosted_zone, HostedZoneId=p, VPC=w), refused(r.delete_hosted_zone, Id=p), refused(r.delete_health_check, HealthCheckId=e))
`)
	want := `new False
1 2 200
1 example.com.
[]
[{'Key': 'a', 'Value': 'b'}]
1
1 2 2
InvalidInput done done
2
['192.0.2.2']
Europe True
1
corp.test.
LastVPCAssociation done done`
	if got != want {
		t.Errorf("boto3 prints\n%s\nwant\n%s", got, want)
	}
}
