package compute_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
)

// Terraform tries a launch again for minutes, and an Auto Scaling group's failed launches are passed over, where the error says
// "Invalid IAM Instance Profile".
func TestInstanceProfilesAreRefusedByName(t *testing.T) {
	d := regiontest.New(t)
	_, err := d.RunInstances(t.Context(), &ec2.RunInstancesInput{
		MinCount: new(int32(1)), MaxCount: new(int32(1)), IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: new("p")},
	})
	if err == nil || !strings.Contains(err.Error(), "UnsupportedOperation: The parameter 'IamInstanceProfile' is not supported here") ||
		strings.Contains(err.Error(), "Invalid IAM Instance Profile") {
		t.Errorf("got %v", err)
	}
}
