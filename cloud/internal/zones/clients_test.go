package zones

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/understudy/understudy/internal/judge"
)

// boto3 runs a script with r as a client of Route 53, and returns what it prints.
func (s *service) boto3(t *testing.T, script string) string {
	t.Helper()
	const head = `
import boto3, sys
from botocore.config import Config
r = boto3.client('route53', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='a', aws_secret_access_key='b', config=Config(retries={'max_attempts': 0}))
def refused(f, **args):
    try:
        f(**args)
    except r.exceptions.ClientError as e:
        return e.response['Error']['Code']
    return 'done'
`
	cmd := exec.CommandContext(t.Context(), judge.Need(t, "python3:boto3"), "-c", head+script, s.url)
	cmd.Env = append(cmd.Environ(), "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// commands runs AWS CLI commands, JSON on its standard input, in one process: starting it takes longer than all that
// it does.
const commands = `
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
prints = []
for args in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        create_clidriver().main(['route53', '--endpoint-url', sys.argv[1], '--region', 'us-east-1', '--output', 'text'] + args)
    prints.append(out.getvalue().strip())
json.dump(prints, sys.stdout)
`

// walk gives the AWS CLI commands one after the other, and looks for what each is to print.
func (s *service) walk(t *testing.T, steps []struct{ want, args string }) {
	t.Helper()
	var in [][]string
	for _, c := range steps {
		in = append(in, strings.Fields(c.args))
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), judge.Need(t, "python3:awscli"), "-c", commands, s.url)
	cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	var prints []string
	if err == nil {
		err = json.Unmarshal(out, &prints)
	}
	if err != nil || len(prints) != len(steps) {
		t.Fatalf("aws: %v: %s", err, out)
	}
	for i, c := range steps {
		if !strings.Contains(prints[i], c.want) {
			t.Errorf("aws route53 %s\nprints %s\nwant   %s", c.args, prints[i], c.want)
		}
	}
}

func TestCommandLineSigns(t *testing.T) {
	s := serveHere(t)
	z := s.zoneNamed(t, "example.com")
	s.walk(t, []struct{ want, args string }{
		{"NOT_SIGNING", "get-dnssec --query Status.ServeSignature --hosted-zone-id " + z},
		{
			"INACTIVE",
			"create-key-signing-key --caller-reference r --name key --status INACTIVE " +
				"--query KeySigningKey.Status --key-management-service-arn " + keyARN + "k --hosted-zone-id " + z,
		},
		{"(KeySigningKeyWithActiveStatusNotFound)", "enable-hosted-zone-dnssec --hosted-zone-id " + z},
		{"PENDING", "activate-key-signing-key --name key --query ChangeInfo.Status --hosted-zone-id " + z},
		{"PENDING", "enable-hosted-zone-dnssec --query ChangeInfo.Status --hosted-zone-id " + z},
		{"257 3 13 ", "get-dnssec --query KeySigningKeys[0].DNSKEYRecord --hosted-zone-id " + z},
		{"(KeySigningKeyInUse)", "deactivate-key-signing-key --name key --hosted-zone-id " + z},
		{"(InvalidKeySigningKeyStatus)", "delete-key-signing-key --name key --hosted-zone-id " + z},
		{"PENDING", "disable-hosted-zone-dnssec --query ChangeInfo.Status --hosted-zone-id " + z},
		{"PENDING", "deactivate-key-signing-key --name key --query ChangeInfo.Status --hosted-zone-id " + z},
		{"PENDING", "delete-key-signing-key --name key --query ChangeInfo.Status --hosted-zone-id " + z},
		{"(NoSuchKeySigningKey)", "delete-key-signing-key --name key --hosted-zone-id " + z},
	})
}

func TestBoto3Signs(t *testing.T) {
	s := serveHere(t)
	z := s.zoneNamed(t, "example.com")
	got := s.boto3(t, `
z = '`+z+`'
k = r.create_key_signing_key(CallerReference='r', HostedZoneId=z, KeyManagementServiceArn='`+keyARN+`k', Name='key', Status='ACTIVE')['KeySigningKey']
print(k['Flag'], k['SigningAlgorithmMnemonic'], k['CreatedDate'] == k['LastModifiedDate'])
r.enable_hosted_zone_dnssec(HostedZoneId=z)
d = r.get_dnssec(HostedZoneId=z)
print(d['Status']['ServeSignature'], d['KeySigningKeys'][0]['DSRecord'] == k['DSRecord'])
print(refused(r.deactivate_key_signing_key, HostedZoneId=z, Name='key'))
r.disable_hosted_zone_dnssec(HostedZoneId=z)
r.deactivate_key_signing_key(HostedZoneId=z, Name='key')
r.activate_key_signing_key(HostedZoneId=z, Name='key')
r.deactivate_key_signing_key(HostedZoneId=z, Name='key')
r.delete_key_signing_key(HostedZoneId=z, Name='key')
print(len(r.get_dnssec(HostedZoneId=z)['KeySigningKeys']))
`)
	if want := "257 ECDSAP256SHA256 True\nSIGNING True\nKeySigningKeyInUse\n0"; got != want {
		t.Errorf("boto3 prints\n%s\nwant\n%s", got, want)
	}
}

func TestCommandLineGroupsNetworks(t *testing.T) {
	s := serveHere(t)
	id, err := s.cli(t, "create-cidr-collection", "--name", "c", "--caller-reference", "r", "--query", "Collection.Id")
	if err != nil {
		t.Fatal(id)
	}
	s.walk(t, []struct{ want, args string }{
		{"(CidrCollectionAlreadyExistsException)", "create-cidr-collection --name c --caller-reference r2"},
		{"C", "change-cidr-collection --query Id --changes LocationName=here,Action=PUT,CidrList=198.51.100.0/24 --id " + id},
		{
			"(CidrCollectionVersionMismatchException)",
			"change-cidr-collection --collection-version 1 --changes LocationName=here,Action=PUT,CidrList=203.0.113.0/24 --id " + id,
		},
		{"arn:aws:route53:::cidrcollection/" + id, "list-cidr-collections --query CidrCollections[].Arn"},
		{"here", "list-cidr-locations --query CidrLocations[].LocationName --collection-id " + id},
		{"198.51.100.0/24", "list-cidr-blocks --location-name here --query CidrBlocks[].CidrBlock --collection-id " + id},
		{"(NoSuchCidrLocationException)", "list-cidr-blocks --location-name there --collection-id " + id},
		{"(CidrCollectionInUseException)", "delete-cidr-collection --id " + id},
		{"C", "change-cidr-collection --query Id --changes LocationName=here,Action=DELETE_IF_EXISTS,CidrList=198.51.100.0/24 --id " + id},
		{"", "delete-cidr-collection --id " + id},
		{"(NoSuchCidrCollectionException)", "delete-cidr-collection --id " + id},
	})
}

func TestCommandLineDelegatesAndLogs(t *testing.T) {
	s := serveHere(t)
	id, err := s.cli(t, "create-reusable-delegation-set", "--caller-reference", "r", "--query", "DelegationSet.Id")
	if err != nil {
		t.Fatal(id)
	}
	z, err := s.cli(t, "create-hosted-zone", "--name", "example.com", "--caller-reference", "r", "--delegation-set-id", id, "--query", "HostedZone.Id")
	if err != nil {
		t.Fatal(z)
	}
	s.walk(t, []struct{ want, args string }{
		{"awsdns-", "get-reusable-delegation-set --query DelegationSet.NameServers --id " + id},
		{id, "list-reusable-delegation-sets --query DelegationSets[].Id"},
		{"1", "get-reusable-delegation-set-limit --type MAX_ZONES_BY_REUSABLE_DELEGATION_SET --query Count --delegation-set-id " + id},
		{"1", "get-account-limit --type MAX_REUSABLE_DELEGATION_SETS_BY_OWNER --query Count"},
		{id, "get-hosted-zone --query DelegationSet.Id --id " + z},
		{"(DelegationSetInUse)", "delete-reusable-delegation-set --id " + id},
		{"(ConflictingDomainExists)", "create-hosted-zone --name www.example.com --caller-reference r2 --delegation-set-id " + id},
	})
	config, err := s.cli(
		t,
		"create-query-logging-config",
		"--hosted-zone-id",
		z,
		"--cloud-watch-logs-log-group-arn",
		logGroupARN,
		"--query",
		"QueryLoggingConfig.Id",
	)
	if err != nil {
		t.Fatal(config)
	}
	s.walk(t, []struct{ want, args string }{
		{"(QueryLoggingConfigAlreadyExists)", "create-query-logging-config --cloud-watch-logs-log-group-arn " + logGroupARN + " --hosted-zone-id " + z},
		{logGroupARN, "get-query-logging-config --query QueryLoggingConfig.CloudWatchLogsLogGroupArn --id " + config},
		{config, "list-query-logging-configs --query QueryLoggingConfigs[].Id --hosted-zone-id " + z},
		{"", "delete-query-logging-config --id " + config},
		{"(NoSuchQueryLoggingConfig)", "get-query-logging-config --id " + config},
	})
}

func TestBoto3GroupsDelegatesAndLogs(t *testing.T) {
	s := serveHere(t)
	got := s.boto3(t, `
c = r.create_cidr_collection(Name='c', CallerReference='r')['Collection']
print(c['Version'])
change = r.change_cidr_collection(Id=c['Id'], CollectionVersion=1, Changes=[dict(LocationName='here', Action='PUT', CidrList=['198.51.100.0/24', '2001:db8::/32'])])
print(r.get_change(Id=change['Id'])['ChangeInfo']['Status'])
print(sorted(b['CidrBlock'] for b in r.list_cidr_blocks(CollectionId=c['Id'])['CidrBlocks']))
print([l['LocationName'] for l in r.list_cidr_locations(CollectionId=c['Id'])['CidrLocations']])
print([l['Version'] for l in r.list_cidr_collections()['CidrCollections']])
print(refused(r.delete_cidr_collection, Id=c['Id']))
d = r.create_reusable_delegation_set(CallerReference='r')['DelegationSet']
z = r.create_hosted_zone(Name='example.com', CallerReference='r', DelegationSetId=d['Id'])
print(z['DelegationSet']['NameServers'] == d['NameServers'], len(r.list_reusable_delegation_sets()['DelegationSets']))
print(r.get_reusable_delegation_set_limit(Type='MAX_ZONES_BY_REUSABLE_DELEGATION_SET', DelegationSetId=d['Id'])['Count'])
print(refused(r.delete_reusable_delegation_set, Id=d['Id']), r.get_reusable_delegation_set(Id=d['Id'])['DelegationSet']['CallerReference'])
q = r.create_query_logging_config(HostedZoneId=z['HostedZone']['Id'], CloudWatchLogsLogGroupArn='`+logGroupARN+`')['QueryLoggingConfig']
print(q['HostedZoneId'] in z['HostedZone']['Id'], r.get_query_logging_config(Id=q['Id'])['QueryLoggingConfig'] == q, len(r.list_query_logging_configs()['QueryLoggingConfigs']))
r.delete_query_logging_config(Id=q['Id'])
r.delete_hosted_zone(Id=z['HostedZone']['Id'])
r.delete_reusable_delegation_set(Id=d['Id'])
print(refused(r.get_reusable_delegation_set, Id=d['Id']))
`)
	want := `1
INSYNC
['198.51.100.0/24', '2001:db8::/32']
['here']
[2]
CidrCollectionInUseException
True 1
1
DelegationSetInUse r
True True 1
NoSuchDelegationSet`
	if got != want {
		t.Errorf("boto3 prints\n%s\nwant\n%s", got, want)
	}
}
