package door_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/throttle"
	"github.com/understudy/understudy/internal/patience"
)

// A call above the rate is refused as EC2 refuses it. CreateDefaultVpc is allowed once a second.
func TestCallsAboveTheRateAreRefusedInTheServicesWords(t *testing.T) {
	client := ec2.NewFromConfig(open(t, func(c *door.Config) { c.Throttle = throttle.New() }).good("us-east-1"))
	for until := patience.Deadline(); ; {
		_, err := client.CreateDefaultVpc(t.Context(), nil)
		var e smithy.APIError
		if !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		if e.ErrorCode() == "RequestLimitExceeded" {
			refused(t, err, 503, "RequestLimitExceeded", "Request limit exceeded.")
			return
		}
		if time.Now().After(until) {
			t.Fatal("no call is refused")
		}
	}
}
