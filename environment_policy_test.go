package understudy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// Instances may read the parameters that are declared, in both regions, and nothing else.
func TestInstancesReadTheirParametersAlone(t *testing.T) {
	d := &understudy.Declaration{Regions: map[understudy.Side]understudy.Region{
		understudy.Primary: {Name: "us-gov-east-1"}, understudy.Secondary: {Name: "us-gov-west-1"},
	}}
	d.Instance.Environment = understudy.Environment{"A": {Text: "x"}}
	if got := d.ParametersPolicy(); got != "" {
		t.Errorf("for texts: %s", got)
	}
	d.Instance.Environment = understudy.Environment{"A": {Text: "x"}, "B": {Parameter: "/hello/b"}, "C": {Parameter: "c"}, "D": {Parameter: "c"}}
	const arns = `["arn:aws-us-gov:ssm:us-gov-east-1:*:parameter/hello/b","arn:aws-us-gov:ssm:us-gov-east-1:*:parameter/c",` +
		`"arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/hello/b","arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/c"]`
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParameter","Resource":` + arns + `},` +
		`{"Effect":"Allow","Action":"kms:Decrypt","Resource":["arn:aws-us-gov:kms:us-gov-east-1:*:key/*","arn:aws-us-gov:kms:us-gov-west-1:*:key/*"],` +
		`"Condition":{"StringEquals":{"kms:ViaService":["ssm.us-gov-east-1.amazonaws.com","ssm.us-gov-west-1.amazonaws.com"]},` +
		`"StringLike":{"kms:EncryptionContext:PARAMETER_ARN":` + arns + `}}}]}`
	if diff := cmp.Diff(want, d.ParametersPolicy()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
