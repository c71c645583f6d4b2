//go:build linux

package cloud_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/understudy/understudy/cloud"
)

const trustsEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// sayRole has an instance tell on its console, at its first boot, who it is by its role, as AWS's own clients and curl find out without
// any configuration.
const sayRole = `#!/bin/bash
[ ! -e /told ] && : >/told || exit
told() { echo "ROLE $1 $(tr '\n' ' ') END" >/dev/console; }
aws sts get-caller-identity --output text --query Arn 2>&1 | told cli
aws ec2 describe-instances --output text --query 'Reservations[].Instances[].InstanceId' 2>&1 | told instances
/usr/bin/python3 -c 'import boto3; print(boto3.client("ec2", region_name="us-east-1").describe_vpcs()["Vpcs"][0]["OwnerId"])' 2>&1 | tail -n 1 | told boto3
curl --max-time 20 --silent --show-error --output /dev/null --write-out '%{remote_ip} %{http_code} %{ssl_verify_result}' https://ec2.us-east-1.amazonaws.com/ 2>&1 | told curl
`

// sayWhetherLetIn has an instance in a private subnet ask EC2 for its VPCs again and again, as its role, and say where it was answered
// and what: the ids of the VPCs, or an error.
const sayWhetherLetIn = `#!/bin/bash
credentials=http://169.254.169.254/latest/meta-data/iam/security-credentials/
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$keys"; }
(while :; do
	keys=$(curl --silent --max-time 5 $credentials$(curl --silent --max-time 5 $credentials))
	said=$(curl --silent --max-time 2 --write-out ' by %{remote_ip}' --aws-sigv4 aws:amz:us-east-1:ec2 --user "$(field AccessKeyId):$(field SecretAccessKey)" \
		--header "x-amz-security-token: $(field Token)" 'https://ec2.us-east-1.amazonaws.com/?Action=DescribeVpcs&Version=2016-11-15' | tr -d '\n')
	echo "ASKED $said END" >/dev/console
	sleep 0.2
done) 2>/dev/null &
`

// An instance calls AWS's API by the names and with the certificates that AWS's clients know, and as its role, also after its region
// was lost: by the internet, or from a private subnet by an interface endpoint, if that lets it.
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
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}},
		{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*","Condition":{"StringLike":{"aws:SourceVpce":"vpce-*"},"IpAddress":{"aws:VpcSourceIp":"10.0.1.0/24"}}}]}`)}))
	net := makeTwoSubnets(t, api)
	needed(api.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{
		VpcId: &net.vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)},
	}))(t)
	run := func(subnet string, public bool, script string) string {
		image, kind := hostImage(t, api)
		return *needed(api.RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: &image, InstanceType: kind, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: asUserData(t, everyBoot(script)),
			IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String("web")},
			NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{{
				DeviceIndex: aws.Int32(0), SubnetId: &subnet, AssociatePublicIpAddress: &public,
			}},
		}))(t).Instances[0].InstanceId
	}
	web := run(net.public, true, sayRole)
	hidden := run(net.private, false, sayWhetherLetIn)
	account := c.Status().Account
	for what, want := range map[string]string{
		"cli": "arn:aws:sts::" + account + ":assumed-role/web-role/" + web, "instances": hidden, "boto3": account, "curl": "192.0.2.2 403 0",
	} {
		var said string
		until(t, "the instance says "+what, func() bool {
			_, rest, _ := strings.Cut(consoleBy(t, api, web), "ROLE "+what+" ")
			var whole bool
			said, _, whole = strings.Cut(rest, " END")
			return whole
		})
		if !strings.Contains(said, want) {
			t.Errorf("%s: %s, want %s", what, said, want)
		}
	}
	asked := func(want ...string) { // the newest answer has these words
		t.Helper()
		until(t, fmt.Sprintf("the hidden instance is told %q", want), func() bool {
			all := strings.Split(consoleBy(t, api, hidden), "ASKED ")
			last := all[len(all)-1]
			return strings.Contains(last, " END") && !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(last, w) })
		})
	}
	asked(" by  END")
	group := *needed(api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: &net.vpc, GroupName: aws.String("closed"), Description: aws.String("lets nobody in"),
	}))(t).GroupId
	made := needed(api.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: &net.vpc, ServiceName: aws.String("com.amazonaws.us-east-1.ec2"), VpcEndpointType: "Interface", SubnetIds: []string{net.private},
	}))(t).VpcEndpoint
	eni := needed(api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: made.NetworkInterfaceIds}))(t).NetworkInterfaces[0]
	at, open := " by "+*eni.PrivateIpAddress+" END", *eni.Groups[0].GroupId
	modify := func(in ec2.ModifyVpcEndpointInput) {
		t.Helper()
		in.VpcEndpointId = made.VpcEndpointId
		needed(api.ModifyVpcEndpoint(ctx, &in))(t)
	}
	asked(at, "<vpcId>"+net.vpc)
	modify(ec2.ModifyVpcEndpointInput{AddSecurityGroupIds: []string{group}, RemoveSecurityGroupIds: []string{open}})
	asked(" by  END")
	modify(ec2.ModifyVpcEndpointInput{AddSecurityGroupIds: []string{open}, PolicyDocument: aws.String(
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"ec2:DescribeSubnets","Resource":"*"}}`)})
	asked(at, "because no VPC endpoint policy allows the ec2:DescribeVpcs action")
	modify(ec2.ModifyVpcEndpointInput{ResetPolicy: aws.Bool(true)})
	if err := c.KillRegion(ctx, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	if err := c.StartRegion(ctx, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	asked(at, "<vpcId>"+net.vpc)
	needed(api.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}}))(t)
	asked(" by  END")
}
