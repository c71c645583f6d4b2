package door

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// newSTS answers the Security Token Service, of which a cloud with one pair of keys needs one operation.
func newSTS(c Config) http.Handler {
	mux := wire.NewMux(c.Log)
	wire.Handle(mux, wire.STS, "GetCallerIdentity", func(context.Context, *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
		arn := "arn:aws:iam::" + c.Account + ":root"
		return &sts.GetCallerIdentityOutput{Account: &c.Account, Arn: &arn, UserId: &c.Account}, nil
	})
	return mux
}
