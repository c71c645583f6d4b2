package account_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/account"
)

// refusal is an answer of EC2's with an error.
func refusal(status int, code string) *http.Response {
	body := "<Response><Errors><Error><Code>" + code + "</Code></Error></Errors></Response>"
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// An instance profile that IAM has just made is unknown to EC2 and Auto Scaling for a while, who say so in their own words.
func TestAProfileThatWasJustMadeIsAskedForAgain(t *testing.T) {
	for said, again := range map[string]bool{
		"Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name":   true,
		`IAM Instance Profile "arn:aws:iam::123456789012:instance-profile/web" has no associated IAM Roles`: true,
		"Value (t9.huge) for parameter instanceType is invalid.":                                            false,
	} {
		synctest.Test(t, func(t *testing.T) {
			began, sent := time.Now(), 0
			a := openWith(t, func(*http.Request) (*http.Response, error) {
				if sent++; time.Since(began) < 20*time.Second {
					body := "<Response><Errors><Error><Code>InvalidParameterValue</Code><Message>" + said + "</Message></Error></Errors></Response>"
					return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<R/>"))}, nil
			})
			_, err := a.EC2.RunInstances(account.Eventual(t.Context()), &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
			if (err == nil) != again || (sent > 1) != again {
				t.Errorf("%s: %v after %d calls", said, err, sent)
			}
		})
	}
}

// answersAfter refuses calls until a time has passed, and counts them.
func answersAfter(unseen time.Duration, sent *int) func(*http.Request) (*http.Response, error) {
	began := time.Now()
	return func(*http.Request) (*http.Response, error) {
		if *sent++; time.Since(began) < unseen {
			return refusal(http.StatusBadRequest, "InvalidRouteTableID.NotFound"), nil
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<R><return>true</return></R>"))}, nil
	}
}

func TestWhatWasJustMadeIsAskedForAgain(t *testing.T) {
	route := func(ctx context.Context, a *account.Account) error {
		_, err := a.EC2.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: aws.String("rtb-1"), DestinationCidrBlock: aws.String("0.0.0.0/0")})
		return err
	}
	unroute := func(ctx context.Context, a *account.Account) error {
		_, err := a.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: aws.String("rtb-1"), DestinationCidrBlock: aws.String("0.0.0.0/0")})
		return err
	}
	looked := func(ctx context.Context, a *account.Account) error {
		return account.Poll(ctx, "it", time.Hour, func(ctx context.Context) (bool, error) { return false, route(ctx, a) })
	}
	for name, c := range map[string]struct {
		call     func(context.Context, *account.Account) error
		eventual bool
		unseen   time.Duration
		fails    bool
		once     bool
	}{
		"soon":                      {route, true, 20 * time.Second, false, false},
		"never":                     {route, true, time.Hour, true, false},
		"what has been there":       {route, false, time.Second, true, true},
		"what is to go":             {unroute, true, time.Second, true, true},
		"by a look, which is again": {looked, true, time.Second, true, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			sent := 0
			a := openWith(t, answersAfter(c.unseen, &sent))
			ctx := t.Context()
			if c.eventual {
				ctx = account.Eventual(ctx)
			}
			if err := c.call(ctx, a); (err != nil) != c.fails || c.fails && !account.IsNotFound(err) || c.once != (sent == 1) {
				t.Errorf("%s: %v after %d calls", name, err, sent)
			}
		})
	}
}

// A creation without a client token is sent again only where AWS surely did not carry it out.
func TestOnceIsSentAgainOnlyWhenThrottled(t *testing.T) {
	for code, c := range map[string]struct {
		sent int
		lost bool
	}{
		"RequestLimitExceeded": {6, false},
		"InternalError":        {1, true},
		"Unavailable":          {1, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			sent := 0
			a := openWith(t, func(*http.Request) (*http.Response, error) {
				sent++
				return refusal(http.StatusServiceUnavailable, code), nil
			})
			_, err := a.EC2.CreateInternetGateway(t.Context(), &ec2.CreateInternetGatewayInput{}, account.Once)
			if sent != c.sent || account.IsLost(err) != c.lost {
				t.Errorf("%s: sent %d times, lost %v: %v", code, sent, account.IsLost(err), err)
			}
		})
	}
}
