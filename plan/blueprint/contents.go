package blueprint

import (
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// Rules are the rules of a security group.
type Rules struct{ In, Out []Rule }

// Rule is one of them. The peer is a network or a reference; a protocol of -1 is all of them.
type Rule struct {
	Protocol string
	From, To int
	Peer     string
}

// Baking is how an image is made: an instance of the base runs the script as its user data, and the image is taken of it when the script has
// ended well.
type Baking struct {
	Base   understudy.Origin
	Script string
}

// AnsweringRule is a listener's rule.
type AnsweringRule struct {
	Priority   int
	Conditions []elbtypes.RuleCondition
	Actions    []elbtypes.Action
}

// InstanceRole is what the instances' role is made of, and the tags of the instance profile that carries it.
type InstanceRole struct {
	Description, Trust string
	Managed            []string
	Inline             []InlinePolicy
	ProfileTags        account.Tags
}

// InlinePolicy is a policy of the role's own, as JSON.
type InlinePolicy struct{ Name, Document string }

// LaunchedOver is what a host is launched with in the place of what its launch template says. What is empty is the template's.
type LaunchedOver struct {
	Image     string // a reference, in a blueprint
	Type, Key string
	UserData  string // base64
}
