//go:build linux

package cloud_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/understudy/understudy/cloud"
)

const trustsEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// sayRole has an instance tell on its console, at each boot, who it is by its role, as AWS's own clients and curl find out without
// any configuration.
const sayRole = `#!/bin/bash
told() { echo "BOOT $(wc -l </boots) $1 $(tr -d '\n') END" >/dev/console; }
echo >>/boots
aws sts get-caller-identity --output text --query Arn 2>&1 | told cli
aws ec2 describe-instances --output text --query 'Reservations[].Instances[].InstanceId' 2>&1 | told instances
/usr/bin/python3 -c 'import boto3; print(boto3.client("ec2", region_name="us-east-1").describe_vpcs()["Vpcs"][0]["OwnerId"])' 2>&1 | tail -n 1 | told boto3
curl --max-time 20 --silent --show-error --output /dev/null --write-out '%{remote_ip} %{http_code} %{ssl_verify_result}' https://ec2.us-east-1.amazonaws.com/ 2>&1 | told curl
`

// An instance calls AWS's API by the names and with the certificates that AWS's clients know, and as its role, also after its region
// was lost.
func TestInstanceSignsByItsRole(t *testing.T) {
	t.Parallel()
	c := start(t, cloud.Options{Regions: []string{"us-east-1"}, IAM: "enforce"})
	ctx, id, api := t.Context(), users(c), client(c, "")
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(id.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("web-role"), AssumeRolePolicyDocument: aws.String(trustsEC2)}))
	must(id.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")}))
	must(id.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{
		InstanceProfileName: aws.String("web"), RoleName: aws.String("web-role"),
	}))
	must(id.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("web-role"), PolicyName: aws.String("from"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}}]}`)}))
	net := makeTwoSubnets(t, api)
	image, kind := hostImage(t, api)
	made := needed(api.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: kind, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: aws.String(encoded(everyBoot(sayRole))),
		IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String("web")},
		NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: &net.public, AssociatePublicIpAddress: aws.Bool(true),
		}},
	}))(t).Instances[0]
	account := c.Status().Account
	for boot := 1; boot <= 2; boot++ {
		for what, want := range map[string]string{
			"cli":       "arn:aws:sts::" + account + ":assumed-role/web-role/" + *made.InstanceId,
			"instances": *made.InstanceId, "boto3": account, "curl": "192.0.2.2 403 0",
		} {
			var said string
			mark := fmt.Sprintf("BOOT %d %s ", boot, what)
			until(t, "the instance says "+mark, func() bool {
				_, rest, _ := strings.Cut(consoleBy(t, api, *made.InstanceId), mark)
				var whole bool
				said, _, whole = strings.Cut(rest, " END")
				return whole
			})
			if said != want {
				t.Errorf("boot %d: %s: %s, want %s", boot, what, said, want)
			}
		}
		if boot == 1 {
			if err := c.KillRegion(ctx, "us-east-1"); err != nil {
				t.Fatal(err)
			}
			if err := c.StartRegion(ctx, "us-east-1"); err != nil {
				t.Fatal(err)
			}
		}
	}
}
