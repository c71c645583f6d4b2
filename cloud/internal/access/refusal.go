package access

import (
	"fmt"
	"net/http"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// denied is AWS's answer to who may not ("Troubleshoot access denied error messages", IAM user guide). AWS adds an encoded message
// to EC2's, which its caller cannot read either.
func denied(s *wire.Service, c door.Caller, n need, d policy.Decision, by policy.Reason) *wire.Error {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", c.ARN, n.Action)
	if n.Resource != anything {
		text += " on resource: " + n.Resource
	}
	if d == policy.ExplicitDeny {
		text += fmt.Sprintf(" with an explicit deny in %s %s", article(by), by)
	} else {
		text += fmt.Sprintf(" because no %s allows the %s action", by, n.Action)
	}
	if n.template != "" { // AWS says this sentence alone
		text = "You are not authorized to use launch template: " + n.template + " (" + text + ")"
	}
	return refusal(s, text)
}

func article(by policy.Reason) string {
	if by == policy.ByIdentity {
		return "an"
	}
	return "a"
}

// refusal has the code by which a service refuses.
func refusal(s *wire.Service, text string) *wire.Error {
	e := &wire.Error{Code: "AccessDenied", Message: text, Status: http.StatusForbidden}
	switch s {
	case wire.EC2:
		e.Code, e.Message = "UnauthorizedOperation", "You are not authorized to perform this operation. "+text
	case wire.SNS: // "Errors" of each operation in its API reference
		e.Code = "AuthorizationError"
	case wire.RecoveryControl, wire.ZonalShift:
		e.Code = "AccessDeniedException"
	case wire.RecoveryCluster, wire.SSM, wire.ACM:
		e.Code, e.Status = "AccessDeniedException", http.StatusBadRequest
	}
	return e
}

// unreadable refuses a caller with a policy that cannot be read: what it denies is not known.
func unreadable(s *wire.Service, c door.Caller, err error) *wire.Error {
	return refusal(s, fmt.Sprintf("The policies of %s cannot be read: %v", c.ARN, err))
}
