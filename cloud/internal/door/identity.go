package door

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// newIdentity answers STS. The cloud has one account with one key, the root user's, whose id is the
// account's number (GetCallerIdentity in the STS API reference).
func newIdentity(c Config) http.Handler {
	m := wire.NewMux(c.Log)
	arn := "arn:aws:iam::" + c.Account + ":root"
	wire.Handle(m, wire.STS, "GetCallerIdentity", func(context.Context, *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
		return &sts.GetCallerIdentityOutput{Account: &c.Account, Arn: &arn, UserId: &c.Account}, nil
	})
	return m
}
