package account

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// Code returns AWS's error code, or the empty string where the error is not AWS's.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// IsCode tells whether the error has one of these codes of AWS. Some codes have the suffix "Exception" in one
// protocol and not in another; it is ignored.
func IsCode(err error, codes ...string) bool {
	code := strings.TrimSuffix(Code(err), "Exception")
	return code != "" && slices.ContainsFunc(codes, func(c string) bool { return strings.TrimSuffix(c, "Exception") == code })
}

// IsNotFound tells whether the resource named in the call does not exist (any more). AWS has many codes for
// this: InvalidVpcID.NotFound, LoadBalancerNotFound, NoSuchHealthCheck, and for an Auto Scaling group
// ValidationError with "not found" in its message.
func IsNotFound(err error) bool {
	code := strings.TrimSuffix(Code(err), "Exception")
	switch {
	case code == "":
		return false
	case strings.HasSuffix(code, "NotFound"), strings.HasPrefix(code, "NoSuch"):
		return true
	case code == "InvalidAMIID.Unavailable", code == "Gateway.NotAttached", code == "InvalidLaunchTemplateId.VersionNotFound":
		return true
	}
	return code == "ValidationError" && strings.Contains(err.Error(), "not found")
}

// isUnheard tells whether EC2 or Auto Scaling does not know an instance profile that IAM has: what IAM has made becomes known to other
// services after a while ("Troubleshoot IAM" in the IAM User Guide, "Changes that I make are not always immediately visible").
func isUnheard(err error) bool {
	text := ""
	if err != nil {
		text = strings.ToLower(err.Error())
	}
	return IsCode(err, "InvalidParameterValue", "ValidationError") &&
		(strings.Contains(text, "invalid iam instance profile") || strings.Contains(text, "has no associated iam roles"))
}

// IsInUse tells whether the call failed because something else uses the resource.
func IsInUse(err error) bool {
	return IsCode(err, "DependencyViolation", "ResourceInUse", "ScalingActivityInProgress", "InvalidGroup.InUse",
		"InvalidIPAddress.InUse", "InvalidSnapshot.InUse", "IncorrectState", "PriorRequestNotComplete", "ResourceContention", "DeleteConflict")
}

// IsLost tells whether a call was sent and no complete answer came, or one that says that something went wrong in AWS. AWS
// may have carried the call out.
func IsLost(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError {
		_, throttled := retry.DefaultThrottleErrorCodes[Code(err)] // EC2 says so with a status of 503
		return !throttled
	}
	var network net.Error
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Op == "dial" {
		return false // nothing was sent
	}
	return Code(err) == "" && (errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// IsCut tells whether an error is, or may be, that of a call whose context ended: the SDK tells of one that was cut in the middle
// of its answer as of an answer that cannot be read. What AWS itself has answered is not cut.
func IsCut(err error) bool {
	var call *smithy.OperationError
	return errors.Is(err, context.Canceled) || Code(err) == "" && errors.As(err, &call)
}

// IsTaken tells whether the name, the addresses or the port of a new resource are already in use.
func IsTaken(err error) bool {
	return IsCode(err, "InvalidSubnet.Conflict", "InvalidGroup.Duplicate", "InvalidLaunchTemplateName.AlreadyExists",
		"DuplicateTargetGroupName", "DuplicateLoadBalancerName", "DuplicateListener", "PriorityInUse", "AlreadyExists", "AlreadyExistsFault", "EntityAlreadyExists")
}

// IsUnsupported tells whether the endpoint does not have the operation.
func IsUnsupported(err error) bool {
	return IsCode(err, "InvalidAction", "UnsupportedOperation", "NotImplemented", "UnknownOperation")
}
