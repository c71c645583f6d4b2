package parameters

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/judge"
)

// A second client has the last word on what an answer says: the AWS CLI reads the protocol by AWS's own model.
func TestParametersByTheCommandLine(t *testing.T) {
	d := open(t)
	steps := []struct{ want, args string }{
		{"Standard\t1", "put-parameter --name /app/host --type String --value db.example --description d --tags Key=stage,Value=prod"},
		{"(ParameterAlreadyExists)", "put-parameter --name /app/host --type String --value other"},
		{"Standard\t2", "put-parameter --name /app/host --value db2.example --overwrite"},
		{"Standard\t1", "put-parameter --name /app/password --type SecureString --value hunter2"},
		{"hunter2", "get-parameter --name /app/password --with-decryption --query Parameter.Value"},
		{"SecureString", "get-parameter --name /app/password --query Parameter.Type"},
		{"db.example\t:1", "get-parameter --name /app/host:1 --query Parameter.[Value,Selector]"},
		{"An error occurred (ParameterNotFound) when calling the GetParameter operation:", "get-parameter --name /app/none"},
		{"db2.example\n/app/none", "get-parameters --names /app/host /app/none --query [Parameters[].Value,InvalidParameters]"},
		{"/app/host\tdb2.example\n/app/password\thunter2", "get-parameters-by-path --path /app --recursive --with-decryption --query Parameters[].[Name,Value]"},
		{"ami-00000000000000001", "get-parameters-by-path --path /aws/service/ami-amazon-linux-latest --query Parameters[].Value"},
		{"/app/password\talias/aws/ssm", "describe-parameters --parameter-filters Key=Type,Values=SecureString --query Parameters[].[Name,KeyId]"},
		{"/app/host", "describe-parameters --parameter-filters Key=tag:stage,Values=prod --query Parameters[].Name"},
		{"The following filter key is not valid: Label.", "describe-parameters --parameter-filters Key=Label,Values=x"},
		{"2", "label-parameter-version --name /app/host --labels live --query ParameterVersion"},
		{"1\tNone\n2\tlive", "get-parameter-history --name /app/host --query Parameters[].[Version,Labels[0]]"},
		{"live", "unlabel-parameter-version --name /app/host --parameter-version 2 --labels live --query RemovedLabels"},
		{"prod", "list-tags-for-resource --resource-type Parameter --resource-id /app/host --query TagList[].Value"},
		{"", "add-tags-to-resource --resource-type Parameter --resource-id /app/host --tags Key=a,Value=b"},
		{"", "remove-tags-from-resource --resource-type Parameter --resource-id /app/host --tag-keys stage"},
		{"No access to reserved parameter name: aws/x.", "put-parameter --name /aws/x --type String --value v"},
		{"The operation SendCommand of ssm is not supported by this cloud.", "send-command --document-name AWS-RunShellScript"},
		{"", "delete-parameter --name /app/host"},
		{"/app/password\n/app/host", "delete-parameters --names /app/host /app/password --query [DeletedParameters,InvalidParameters]"},
	}
	var commands [][]string
	for _, s := range steps {
		commands = append(commands, append([]string{"ssm"}, strings.Fields(s.args)...))
	}
	for i, got := range judge.Commands(t, d.endpoint, "AKIDEXAMPLE", "secret", commands) {
		if want := steps[i].want; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("aws ssm %s\nprints %s\nwant   %s", steps[i].args, got, want)
		}
	}
}

// The calls of Terraform's aws_ssm_parameter, in its order and with the empty strings that it sends: created, read, found
// unchanged, updated in place, deleted, and gone.
func TestTerraformsCalls(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	const kind = ssmtypes.ResourceTypeForTaggingParameter
	name := new("/app/password")
	// read is what the provider reads of a parameter after each change.
	read := func() map[string]string {
		t.Helper()
		p := roomtest.Must(d.GetParameter(ctx, &ssm.GetParameterInput{Name: name, WithDecryption: new(true)}))(t).Parameter
		found := roomtest.Must(d.DescribeParameters(ctx, &ssm.DescribeParametersInput{
			ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: new("Name"), Option: new("Equals"), Values: []string{*name}}},
		}))(t).Parameters
		if len(found) != 1 {
			t.Fatalf("described %+v", found)
		}
		m := found[0]
		state := map[string]string{
			"arn": *p.ARN, "name": *p.Name, "type": string(p.Type), "value": *p.Value, "data_type": *p.DataType, "description": deref(m.Description),
			"key_id": deref(m.KeyId), "allowed_pattern": deref(m.AllowedPattern), "tier": string(m.Tier),
		}
		for _, tag := range roomtest.Must(d.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: kind, ResourceId: name}))(t).TagList {
			state["tag "+*tag.Key] = *tag.Value
		}
		return state
	}
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{
		Name: name, Type: secure, Value: new("one"), AllowedPattern: new(""), Overwrite: new(false), DataType: new("text"),
		Description: new("d"), Tags: []ssmtypes.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b"), Value: new("2")}},
	}))(t)
	want := map[string]string{
		"arn": "arn:aws:ssm:us-east-1:111122223333:parameter/app/password", "name": *name, "type": "SecureString", "value": "one", "data_type": "text",
		"description": "d", "key_id": "alias/aws/ssm", "allowed_pattern": "", "tier": "Standard", "tag a": "1", "tag b": "2",
	}
	for range 2 {
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Error(diff)
		}
		d.reopen()
	}
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{
		Name: name, Type: plain, Value: new("two"), AllowedPattern: new("[a-z]+"), Overwrite: new(true), Tier: ssmtypes.ParameterTierAdvanced,
	}))(t)
	roomtest.Must(d.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{ResourceType: kind, ResourceId: name, TagKeys: []string{"a"}}))(t)
	roomtest.Must(d.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{
		ResourceType: kind, ResourceId: name, Tags: []ssmtypes.Tag{{Key: new("b"), Value: new("3")}},
	}))(t)
	delete(want, "tag a")
	want["type"], want["value"], want["key_id"], want["allowed_pattern"], want["tier"], want["tag b"] = "String", "two", "", "[a-z]+", "Advanced", "3"
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Error(diff)
	}
	roomtest.Must(d.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: name}))(t)
	_, err := d.GetParameter(ctx, &ssm.GetParameterInput{Name: name, WithDecryption: new(true)})
	refused(t, "what was destroyed", err, "ParameterNotFound", "")

	data := roomtest.Must(d.GetParameter(ctx, &ssm.GetParameterInput{
		Name: new(amazonLinux + "al2023-ami-kernel-default-x86_64"), WithDecryption: new(true),
	}))(t).Parameter
	if data.Type != plain || *data.Value != "ami-00000000000000001" || data.Version != 1 {
		t.Errorf("the data source reads %+v", data)
	}
}
