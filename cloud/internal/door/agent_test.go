package door

import "testing"

func TestAgentIsTheProgram(t *testing.T) {
	for header, want := range map[string]string{
		"aws-cli/2.9.19 Python/3.11.2 Linux/6.1 exe/x86_64.debian.12 prompt/off command/ec2.describe-vpcs":               "aws-cli/2.9.19",
		"Boto3/1.26.27 Python/3.11.2 Linux/6.1 Botocore/1.29.27":                                                         "Boto3/1.26.27",
		"aws-sdk-go-v2/1.42.1 ua/2.1 os/linux lang/go#1.26.0 md/GOOS#linux app/understudy api/ec2#1.313.1 m/E":           "understudy",
		"APN/1.0 HashiCorp/1.0 Terraform/1.5.7 (+https://www.terraform.io) terraform-provider-aws/5.0 aws-sdk-go/1.44.0": "Terraform/1.5.7",
		"curl/7.88.1": "curl/7.88.1",
		"":            "",
		"APN/1.0":     "",
		"averyveryveryveryveryveryveryveryveryveryveryveryveryverylongnameofaprogram": "averyveryveryveryveryveryveryveryveryveryveryveryveryverylongnam",
	} {
		if got := agent(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
