package e2e

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/understudy/understudy"
)

// Where the AWS CLI shows hosts: the first two, and how many there are.
const (
	ofHosts = "aws ec2 describe-instances --filters Name=tag:understudy:role,Values=host-a,host-b Name=instance-state-name,Values=running " +
		"--query Reservations[].Instances[]."
	ofHostCount = "aws ec2 describe-instances --filters Name=tag:understudy:role,Values=host-* Name=instance-state-name,Values=running " +
		"--query length(Reservations[].Instances[])"
	// The refresh by which the second declaration's machines have come: none is needed for those of a new fleet.
	ofRefresh = "aws autoscaling describe-instance-refreshes --auto-scaling-group-name {fleet} --query InstanceRefreshes[0].Preferences."
)

// prepareMachines makes what the declarations name and do not make.
func prepareMachines(s *stage) (undo func()) {
	inBoth := func(call string) {
		for _, region := range []string{primary, secondary} {
			for _, key := range []string{"ops", "admin"} {
				s.aws(region, "ec2", call, "--key-name", key)
			}
		}
	}
	inBoth("create-key-pair")
	for _, region := range []string{primary, secondary} {
		golden := s.aws(region, "ec2", "describe-images", "--owners", "amazon", "--filters", "Name=name,Values=understudy-hello-*", "--query", "Images[0].ImageId")
		s.aws(region, "ssm", "put-parameter", "--name", "/golden/hello", "--type", "String", "--data-type", "aws:ec2:image", "--value", strings.TrimSpace(golden))
	}
	for region, value := range secrets {
		s.aws(region, "ssm", "put-parameter", "--name", "/hello/instance", "--type", "SecureString", "--value", value)
	}
	s.aws(primary, "iam", "create-role", "--role-name", "of-web", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
	s.aws(primary, "iam", "create-instance-profile", "--instance-profile-name", "web")
	s.aws(primary, "iam", "add-role-to-instance-profile", "--instance-profile-name", "web", "--role-name", "of-web")
	return func() {
		inBoth("delete-key-pair")
		for _, region := range []string{primary, secondary} {
			s.aws(region, "ssm", "delete-parameters", "--names", "/golden/hello", "/hello/instance")
		}
		s.aws(primary, "iam", "remove-role-from-instance-profile", "--instance-profile-name", "web", "--role-name", "of-web")
		s.aws(primary, "iam", "delete-instance-profile", "--instance-profile-name", "web")
		s.aws(primary, "iam", "delete-role", "--role-name", "of-web")
	}
}

// secrets are the values of a parameter of both regions.
var secrets = map[string]string{primary: `it's "east" $HOME`, secondary: "the west's"}

// showEnvironment looks whether each region's service has its region's secret in its environment, where one is declared. Nobody else is told of it.
func showEnvironment(s *stage, step string) {
	if step == "first" {
		missesParameter(s)
	}
	for region, secret := range secrets {
		for _, address := range s.publicAddresses(region) {
			var page struct{ Region, Instance string }
			if err := json.Unmarshal([]byte(s.page(address)), &page); err != nil || page.Region != region || (page.Instance == secret) != (step == "first") {
				s.t.Errorf("%s: the service of %s shows %+v, %v", step, region, page, err)
			}
		}
		for _, id := range strings.Fields(s.aws(region, "ec2", "describe-instances", "--query", "Reservations[].Instances[].InstanceId")) {
			for _, told := range [][]string{
				{"get-console-output", "--query", "Output"}, {"describe-instance-attribute", "--attribute", "userData", "--query", "UserData.Value"},
			} {
				out := s.aws(region, append([]string{"ec2", told[0], "--instance-id", id}, told[1:]...)...)
				plain, err := base64.StdEncoding.DecodeString(out)
				if strings.Contains(out, secret) || err == nil && strings.Contains(string(plain), secret) {
					s.t.Errorf("%s: %s of %s tells the secret", step, told[0], id)
				}
			}
		}
	}
}

// missesParameter looks whether a parameter that one region lacks is said by doctor and by parity, and puts it back.
func missesParameter(s *stage) {
	const declared = "testdata/fields/machines.first.yaml"
	s.aws(secondary, "ssm", "delete-parameter", "--name", "/hello/instance")
	found := s.examine(1, "blocker", "-f", declared)
	if len(found) != 1 || found[0] != "parameter secondary: us-west-2 has no parameter /hello/instance" {
		s.t.Errorf("doctor finds %q", found)
	}
	if r := s.run(binary, "parity", "-f", declared); r.code != 1 || !strings.Contains(r.stdout, "parameter /hello/instance") {
		s.t.Errorf("parity: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	s.aws(secondary, "ssm", "put-parameter", "--name", "/hello/instance", "--type", "SecureString", "--value", secrets[secondary])
}

// machinesFields are the keys of the machines that hosts and fleet run on.
var machinesFields = []field{
	{key: "regions.primary.image", side: understudy.Primary, first: "ami-.*", second: "ami-.*", shown: ofTemplate + "ImageId"},
	{key: "regions.secondary.image", side: understudy.Secondary, first: "ami-.*", second: "ami-.*", shown: ofTemplate + "ImageId"},
	{key: "image.baked", first: "None", second: "understudy-hello-.*", shown: ofImages + "Name\""},
	{key: "image.parameter", side: understudy.Primary, first: "None", second: "understudy: stack hello", shown: ofImages + "Description\""},
	{key: "fleet.refresh.min_healthy", first: "None", second: "90", shown: ofRefresh + "MinHealthyPercentage"},
	{key: "fleet.refresh.warm_up", first: "None", second: "7", shown: ofRefresh + "InstanceWarmup"},
	{key: "fleet.refresh.checkpoints", first: "None", second: "50 100", shown: ofRefresh + "CheckpointPercentages"},
	{key: "fleet.refresh.checkpoint_delay", first: "None", second: "3", shown: ofRefresh + "CheckpointDelay"},
	{key: "instance.profile.managed", first: ".*/ReadOnlyAccess", second: ".*/AutoScalingServiceRolePolicy",
		shown: "aws iam list-policies --only-attached --query Policies[].Arn"},
	{key: "instance.profile.policy", first: "understudy-hello-us-east-1", second: "",
		shown: "aws iam list-roles --query \"Roles[?starts_with(RoleName,'understudy')].RoleName\""},
	{key: "instance.profile.name", first: "(.*/understudy-hello-us-east-1 ?){2}", second: "(.*/web ?){2}", shown: ofHosts + "IamInstanceProfile.Arn"},
	{key: "instance.metadata", first: "optional", second: "required", shown: ofTemplate + "MetadataOptions.HttpTokens"},
	{key: "instance.hop_limit", first: "2", second: "3", shown: ofTemplate + "MetadataOptions.HttpPutResponseHopLimit"},
	{key: "instance.volume.size", first: "20", second: "21", shown: ofTemplate + "BlockDeviceMappings[].Ebs.VolumeSize"},
	{key: "instance.volume.type", first: "gp3( gp3)+", second: "io2( io2)+", shown: "aws ec2 describe-volumes --query Volumes[].VolumeType"},
	{key: "instance.volume.iops", first: "4000", second: "500", shown: ofTemplate + "BlockDeviceMappings[].Ebs.Iops"},
	{key: "instance.volume.throughput", first: "200", second: "", shown: ofTemplate + "BlockDeviceMappings[].Ebs.Throughput"},
	{key: "instance.volume.encrypted", first: "", second: "True", shown: ofTemplate + "BlockDeviceMappings[].Ebs.Encrypted"},
	{key: "instance.key", first: "ops", second: "", shown: ofTemplate + "KeyName"},
	{key: "instance.monitoring", first: "enabled enabled", second: "disabled disabled", shown: ofHosts + "Monitoring.State"},
	{key: "instance.user_data", first: "Q29udGVudC1UeXBl.*", second: "Q29udGVudC1UeXBl.*", shown: ofTemplate + "UserData"},
	{key: "hosts.count", first: "2", second: "3", shown: ofHostCount},
	{key: "hosts.type", first: "t3.nano t3.nano", second: "t3.micro t3.micro", shown: ofHosts + "InstanceType"},
	{key: "hosts.key", first: "admin admin", second: "", shown: ofHosts + "KeyName"},
	{key: "hosts.user_data", first: "Q29udGVudC1UeXBl.*", second: "Q29udGVudC1UeXBl.*",
		shown: "aws ec2 describe-instance-attribute --attribute userData --instance-id {host a} --query UserData.Value"},
}
