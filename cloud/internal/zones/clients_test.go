package zones

import (
	"os/exec"
	"strings"
	"testing"
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
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", head+script, s.url)
	cmd.Env = append(cmd.Environ(), "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// walk gives the AWS CLI commands one after the other, and looks for what each is to print.
func (s *service) walk(t *testing.T, steps []struct{ want, args string }) {
	t.Helper()
	for _, c := range steps {
		if got, _ := s.cli(t, strings.Fields(c.args)...); !strings.Contains(got, c.want) {
			t.Errorf("aws route53 %s\nprints %s\nwant   %s", c.args, got, c.want)
		}
	}
}

func TestCommandLineSigns(t *testing.T) {
	s := serveHere(t)
	z := s.zoneNamed(t, "example.com")
	s.walk(t, []struct{ want, args string }{
		{"NOT_SIGNING", "get-dnssec --query Status.ServeSignature --hosted-zone-id " + z},
		{"INACTIVE", "create-key-signing-key --caller-reference r --name key --status INACTIVE --query KeySigningKey.Status --key-management-service-arn " + keyARN + "k --hosted-zone-id " + z},
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
