package account

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"

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

// IsCode tells whether the error has one of AWS's codes. Some have a suffix "Exception" in one
// protocol and none in another, which makes no difference here.
func IsCode(err error, codes ...string) bool {
	code := strings.TrimSuffix(Code(err), "Exception")
	return code != "" && slices.ContainsFunc(codes, func(c string) bool { return strings.TrimSuffix(c, "Exception") == code })
}

// IsNotFound tells whether the thing named in the call is not there (any more). AWS spells it in many
// ways: InvalidVpcID.NotFound, LoadBalancerNotFound, NoSuchHealthCheck, and for an Auto Scaling group
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

// IsInUse tells whether something else must go first, or is about to.
func IsInUse(err error) bool {
	return IsCode(err, "DependencyViolation", "ResourceInUse", "ScalingActivityInProgress", "InvalidGroup.InUse",
		"InvalidSnapshot.InUse", "IncorrectState", "PriorRequestNotComplete", "ResourceContention")
}

// IsLost tells whether a call was sent and its answer never came, or came broken: what was asked for may
// have been done.
func IsLost(err error) bool {
	var network net.Error
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Op == "dial" {
		return false // nothing was sent
	}
	return Code(err) == "" && (errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// IsTaken tells whether something has the name, the addresses or the port that a new thing was to have.
func IsTaken(err error) bool {
	return IsCode(err, "InvalidSubnet.Conflict", "InvalidGroup.Duplicate", "InvalidLaunchTemplateName.AlreadyExists",
		"DuplicateTargetGroupName", "DuplicateLoadBalancerName", "DuplicateListener", "AlreadyExists", "AlreadyExistsFault")
}

// IsUnsupported tells whether the endpoint has no such operation.
func IsUnsupported(err error) bool {
	return IsCode(err, "InvalidAction", "UnsupportedOperation", "NotImplemented", "UnknownOperation")
}
