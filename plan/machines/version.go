package machines

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Version is an exact version of a launch template, or $Latest or $Default of it.
type Version struct{ Template, Number string }

func VersionOf(t *autoscalingtypes.LaunchTemplateSpecification) Version {
	if t == nil {
		return Version{}
	}
	return Version{aws.ToString(t.LaunchTemplateId), aws.ToString(t.Version)}
}

func (v Version) Launch() *autoscalingtypes.LaunchTemplateSpecification {
	return &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: &v.Template, Version: &v.Number}
}

func (v Version) Numbered() bool { return v.Number != "" && !strings.HasPrefix(v.Number, "$") }
