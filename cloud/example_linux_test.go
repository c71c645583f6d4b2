package cloud_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud"
)

// A program that starts clouds calls Main first, in main or TestMain.
func ExampleStart() {
	ctx := context.Background()
	c, err := cloud.Start(ctx, cloud.Options{Speed: 30})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	id, secret := c.Credentials()
	client := ec2.New(ec2.Options{
		Region: "us-west-2", BaseEndpoint: aws.String(c.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
	made, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.20.0.0/16")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*made.Vpc.CidrBlock)
	// Output: 10.20.0.0/16
}
