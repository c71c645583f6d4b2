package identity_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func decisions(all []types.EvaluationResult) (words []string) {
	for _, r := range all {
		words = append(words, *r.EvalActionName+" "+string(r.EvalDecision))
	}
	return words
}

func TestPoliciesAreSimulated(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.user("ann")
	if _, err := d.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("g")}); err != nil {
		t.Fatal(err)
	}
	gives := &iam.PutGroupPolicyInput{GroupName: aws.String("g"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowEC2)}
	if _, err := d.PutGroupPolicy(ctx, gives); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("ann")}); err != nil {
		t.Fatal(err)
	}
	in := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::123456789012:user/ann"), ActionNames: []string{"ec2:RunInstances", "s3:GetObject"},
	}
	out, err := d.SimulatePrincipalPolicy(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := decisions(out.EvaluationResults); !slices.Equal(got, []string{"ec2:RunInstances allowed", "s3:GetObject implicitDeny"}) {
		t.Errorf("got %q", got)
	}
	in.PermissionsBoundaryPolicyInputList = []string{allowS3}
	if out, err = d.SimulatePrincipalPolicy(ctx, in); err != nil || out.EvaluationResults[0].EvalDecision != "implicitDeny" {
		t.Errorf("beyond a boundary: %v, %v", out, err)
	}
	deny := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}}`
	custom, err := d.SimulateCustomPolicy(ctx, &iam.SimulateCustomPolicyInput{
		PolicyInputList: []string{allowEC2, deny}, ActionNames: []string{"ec2:RunInstances"},
		ContextEntries: []types.ContextEntry{{
			ContextKeyName: aws.String("aws:SecureTransport"), ContextKeyType: "boolean", ContextKeyValues: []string{"false"},
		}},
	})
	if err != nil || custom.EvaluationResults[0].EvalDecision != "explicitDeny" {
		t.Errorf("got %v, %v", custom, err)
	}
}
