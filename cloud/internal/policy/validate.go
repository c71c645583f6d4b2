package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

var (
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	principalForm = regexp.MustCompile(`^arn:aws:(iam::[0-9]{12}:(root|(user|role)/.+)|sts::[0-9]{12}:(assumed-role/.+/.+|federated-user/.+))$`)
	uniqueIDForm  = regexp.MustCompile(`^A(IDA|ROA)[A-Z0-9]{12,}$`) // what is left of a deleted user or role
	serviceForm   = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$`)
	actionForm    = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)
)

// Identity reads a policy that is attached to an identity: it names resources and no principal.
func Identity(text string) (Document, error) {
	d, err := Parse(text)
	if err != nil {
		return d, err
	}
	for _, s := range d.Statements {
		switch {
		case s.hasPrincipal:
			return d, Malformed("Policy document should not specify a principal.")
		case len(s.Actions) == 0:
			return d, Malformed("Policy statement must contain actions.")
		case len(s.Resources) == 0:
			return d, Malformed("Policy statement must contain resources.")
		}
		if err := checkActions(s.Actions); err != nil {
			return d, err
		}
		for _, r := range s.Resources {
			if r != "*" && !strings.HasPrefix(r, "arn:") && !strings.HasPrefix(r, "*") {
				return d, Malformed(fmt.Sprintf("Resource %s must be in ARN format or \"*\".", r))
			}
		}
	}
	return d, nil
}

func checkActions(actions []string) error {
	for _, a := range actions {
		switch {
		case !strings.Contains(a, ":") && a != "*":
			return Malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		case !actionForm.MatchString(a):
			return Malformed(fmt.Sprintf("Action vendors and names must be valid: %s", a))
		}
	}
	return nil
}

// Trust reads a role's trust policy: it names principals and no resource, and actions of STS alone.
func Trust(text string) (Document, error) {
	d, err := Parse(text)
	if err != nil {
		return d, err
	}
	for _, s := range d.Statements {
		switch {
		case s.hasResources:
			return d, Malformed("Has prohibited field Resource")
		case !s.hasPrincipal:
			return d, Malformed("Missing required field Principal")
		case s.notPrincipal:
			return d, Malformed("AssumeRole policy must not contain NotPrincipal")
		case len(s.Actions) == 0:
			return d, Malformed("Policy statement must contain actions.")
		}
		for _, a := range s.Actions {
			if !strings.HasPrefix(strings.ToLower(a), "sts:") && a != "*" {
				return d, Malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		if err := checkPrincipals(s.Principals); err != nil {
			return d, err
		}
	}
	return d, nil
}

// Endpoint reads the policy of a VPC endpoint, which names principals and resources ("Control access to VPC endpoints using endpoint
// policies", AWS PrivateLink guide).
func Endpoint(text string) (Document, error) {
	d, err := Parse(text)
	if err != nil {
		return d, err
	}
	for _, s := range d.Statements {
		switch {
		case !s.hasPrincipal:
			return d, Malformed("Missing required field Principal")
		case s.notPrincipal:
			return d, Malformed("NotPrincipal is not supported here.")
		case len(s.Actions) == 0:
			return d, Malformed("Policy statement must contain actions.")
		case len(s.Resources) == 0:
			return d, Malformed("Policy statement must contain resources.")
		}
		if err := cmp.Or(checkActions(s.Actions), checkPrincipals(s.Principals)); err != nil {
			return d, err
		}
	}
	return d, nil
}

func checkPrincipals(p *Principals) error {
	for _, name := range p.AWS {
		if name != "*" && !accountForm.MatchString(name) && !principalForm.MatchString(name) && !uniqueIDForm.MatchString(name) {
			return Malformed(fmt.Sprintf("Invalid principal in policy: \"AWS\":%q", name))
		}
	}
	for _, name := range p.Service {
		if !serviceForm.MatchString(name) {
			return Malformed(fmt.Sprintf("Invalid principal in policy: \"SERVICE\":%q", name))
		}
	}
	return nil
}
