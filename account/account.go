// Package account accesses one AWS account in one region. It has the clients, the tags that mark a stack's
// resources, the client tokens that make a repeated call safe, and waiting.
//
// Credentials, endpoints and profiles come from the SDK's standard chain, so that whatever works with
// the AWS CLI works here, and AWS_ENDPOINT_URL points at another implementation of the same API.
package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// Option changes how the SDK's configuration is loaded, for example its endpoint.
type Option = func(*config.LoadOptions) error

// Account is one account in one region. Route 53 and STS are the same from every region.
type Account struct {
	Region      string
	EC2         *ec2.Client
	ELB         *elb.Client
	AutoScaling *autoscaling.Client
	Route53     *route53.Client
	STS         *sts.Client
	Quotas      *servicequotas.Client
	ACM         *acm.Client
	IAM         *iam.Client
	CloudWatch  *cloudwatch.Client
	SSM         *ssm.Client
}

// Open makes the clients. It sends no request: only the first request shows whether the credentials are good.
func Open(ctx context.Context, region string, options ...Option) (*Account, error) {
	options = append([]Option{
		config.WithRegion(region),
		config.WithRetryMode(aws.RetryModeStandard),
		config.WithRetryMaxAttempts(attempts),
		config.WithAppID("understudy"),
		config.WithAPIOptions([]func(*middleware.Stack) error{guard, patience}),
		config.WithLogger(logging.Nop{}), // what goes wrong is in the errors
	}, options...)
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("load AWS configuration for %s: %w", region, err)
	}
	return &Account{
		Region:      region,
		EC2:         ec2.NewFromConfig(cfg),
		ELB:         elb.NewFromConfig(cfg),
		AutoScaling: autoscaling.NewFromConfig(cfg),
		Route53:     route53.NewFromConfig(cfg),
		STS:         sts.NewFromConfig(cfg),
		Quotas:      servicequotas.NewFromConfig(cfg),
		ACM:         acm.NewFromConfig(cfg),
		IAM:         iam.NewFromConfig(cfg),
		CloudWatch:  cloudwatch.NewFromConfig(cfg),
		SSM:         ssm.NewFromConfig(cfg),
	}, nil
}

// Identity asks who the credentials belong to, and returns the account's number. It needs no permission
// (GetCallerIdentity in the STS API reference), so an error means wrong credentials or no connection to AWS. It takes
// seconds at most once the credentials are there, which a person may have to type a code for.
func (a *Account) Identity(ctx context.Context) (string, error) {
	if p := a.STS.Options().Credentials; p != nil {
		if _, err := p.Retrieve(ctx); err != nil {
			return "", fmt.Errorf("get credentials for %s: %w", a.Region, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, silence-time.Second)
	defer cancel()
	out, err := a.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) { o.RetryMaxAttempts = 2 })
	if err != nil {
		return "", fmt.Errorf("get caller identity in %s: %w", a.Region, err)
	}
	return aws.ToString(out.Account), nil
}

// Once is for EC2 calls that create something and take no client token: sent again after a lost answer, they
// would create a second one. Only a call that AWS has refused because there were too many is sent again. When a run that
// failed here is started again, it finds the first by its tags.
func Once(o *ec2.Options) {
	o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		s.Retryables = []retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes}}
	})
}

// attempts are more than the usual three: parallel calls are throttled.
const attempts = 6

// Brisk returns an account like this one whose failing calls are tried again at once: as often, and within seconds together.
func (a *Account) Brisk() *Account {
	retryer := retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts, s.MaxBackoff = attempts, time.Second })
	return &Account{
		Region:      a.Region,
		EC2:         ec2.New(a.EC2.Options(), func(o *ec2.Options) { o.Retryer = retryer }),
		ELB:         elb.New(a.ELB.Options(), func(o *elb.Options) { o.Retryer = retryer }),
		AutoScaling: autoscaling.New(a.AutoScaling.Options(), func(o *autoscaling.Options) { o.Retryer = retryer }),
		Route53:     route53.New(a.Route53.Options(), func(o *route53.Options) { o.Retryer = retryer }),
		STS:         sts.New(a.STS.Options(), func(o *sts.Options) { o.Retryer = retryer }),
		Quotas:      servicequotas.New(a.Quotas.Options(), func(o *servicequotas.Options) { o.Retryer = retryer }),
		ACM:         acm.New(a.ACM.Options(), func(o *acm.Options) { o.Retryer = retryer }),
		IAM:         iam.New(a.IAM.Options(), func(o *iam.Options) { o.Retryer = retryer }),
		CloudWatch:  cloudwatch.New(a.CloudWatch.Options(), func(o *cloudwatch.Options) { o.Retryer = retryer }),
		SSM:         ssm.New(a.SSM.Options(), func(o *ssm.Options) { o.Retryer = retryer }),
	}
}

// Silent returns the error if the region's API does not answer, and nil if it does, even with a refusal. It
// returns within seconds: the call is tried twice, which is fewer times than other calls.
func (a *Account) Silent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, err := a.EC2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{a.Region}}, func(o *ec2.Options) { o.RetryMaxAttempts = 2 })
	var answer interface{ HTTPStatusCode() int }
	if err == nil {
		return nil
	}
	// The status is 0 if no response came.
	if errors.As(err, &answer) && answer.HTTPStatusCode() > 0 && answer.HTTPStatusCode() < http.StatusInternalServerError {
		return nil
	}
	return fmt.Errorf("%s does not answer: %w", a.Region, err)
}
