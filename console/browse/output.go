package browse

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/account"
)

// Output is what an instance wrote to its console.
type Output struct {
	Instance string    `json:"instance"`
	At       time.Time `json:"at"`
	Text     string    `json:"text"`
}

// Console reads the end of an instance's console (GetConsoleOutput in the EC2 API reference: the last 64 KB).
func Console(ctx context.Context, a *account.Account, instance string) (Output, error) {
	out, err := a.EC2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &instance})
	if err != nil {
		return Output{}, fmt.Errorf("get console output of %s in %s: %w", instance, a.Region, err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		return Output{}, fmt.Errorf("console output of %s: %w", instance, err)
	}
	return Output{Instance: instance, At: aws.ToTime(out.Timestamp), Text: string(text)}, nil
}
