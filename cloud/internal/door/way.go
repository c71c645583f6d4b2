package door

import (
	"context"
	"fmt"

	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Way is how a request from inside the cloud has come: by the internet, or by an interface endpoint of a VPC.
type Way struct {
	Endpoint string // vpce-...; empty for the internet
	VPC      string // vpc-..., the endpoint's
	Region   string // the endpoint's
	Service  string // the one that the endpoint leads to, as it signs
	// Policy is the endpoint's; nil for none.
	Policy *policy.Document
}

type wayKey struct{}

// WayOf returns how a request with this context has come; false for one from the host.
func WayOf(ctx context.Context) (Way, bool) {
	w, inside := ctx.Value(wayKey{}).(Way)
	return w, inside
}

// WithWay returns the context of a request that has come from inside.
func WithWay(ctx context.Context, w Way) context.Context {
	return context.WithValue(ctx, wayKey{}, w)
}

// leads refuses a call that an interface endpoint does not lead to: AWS's services answer so where their signatures name another
// service or region than theirs ("Troubleshoot Signature Version 4 signing for AWS API requests", IAM user guide).
func (w Way) leads(s *wire.Service, scope wire.Scope) *wire.Error {
	switch {
	case w.Endpoint == "":
		return nil
	case s.SigningName != w.Service:
		e := wrongScope(s, scope.Region, "")
		e.Message = fmt.Sprintf("Credential should be scoped to correct service: '%s'.", w.Service)
		return e
	case scope.Region != w.Region:
		return wrongScope(s, scope.Region, fmt.Sprintf("The endpoint %s is in %s.", w.Endpoint, w.Region))
	}
	return nil
}
