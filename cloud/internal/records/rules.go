package records

//lint:file-ignore ST1005 the messages are AWS's, which answers carry as they are

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// A batch's limits (developer guide, quotas). An UPSERT counts twice.
const (
	MaxBatchRecords    = 1000
	maxBatchCharacters = 32000
	MaxZoneRecords     = 10000
	maxSetRecords      = 400
	MaxGroup           = 100 // sets of one name, type and routing policy
)

// BadBatch refuses a batch. This error has its own form of body, which not every client reads, so all messages are also
// in the one message of the usual error body, as the API answers them.
func BadBatch(messages ...string) *wire.Error {
	return wire.Errorf("InvalidChangeBatch", "[%s]", strings.Join(messages, ", "))
}

// WellFormed checks a batch without its zone, and returns its changes with all names as they
// are stored. A violation of the API's schema is InvalidInput, one of Route 53's own rules
// InvalidChangeBatch.
func WellFormed(changes []r53types.Change) ([]r53types.Change, error) {
	kept := make([]r53types.Change, 0, len(changes))
	var messages []string
	for _, c := range changes {
		if err := shape(c); err != nil {
			return nil, err
		}
		set, err := normal(*c.ResourceRecordSet)
		if err != nil {
			messages = append(messages, err.Error())
			continue
		}
		kept = append(kept, r53types.Change{Action: c.Action, ResourceRecordSet: &set})
	}
	if messages = append(messages, tooMuch(changes)...); len(messages) > 0 {
		return nil, BadBatch(messages...)
	}
	return kept, nil
}

// tooMuch checks a batch's size.
func tooMuch(changes []r53types.Change) []string {
	records, characters := 0, 0
	for _, c := range changes {
		times := 1
		if c.Action == r53types.ChangeActionUpsert {
			times = 2
		}
		records += times * max(1, len(c.ResourceRecordSet.ResourceRecords))
		for _, r := range c.ResourceRecordSet.ResourceRecords {
			characters += times * len(aws.ToString(r.Value))
		}
	}
	var messages []string
	if records > MaxBatchRecords {
		messages = append(messages, fmt.Sprintf("Number of records limit of %d exceeded.", MaxBatchRecords))
	}
	if characters > maxBatchCharacters {
		messages = append(messages, fmt.Sprintf("Number of characters limit of %d exceeded.", maxBatchCharacters))
	}
	return messages
}

// shape checks which members a change has.
func shape(c r53types.Change) error {
	set := c.ResourceRecordSet
	if !slices.Contains(c.Action.Values(), c.Action) {
		return request.BadInput(
			"Invalid XML ; cvc-enumeration-valid: Value '%s' is not facet-valid with respect to enumeration '[CREATE, DELETE, UPSERT]'.",
			c.Action,
		)
	}
	if set == nil || set.Name == nil || set.Type == "" {
		return request.BadInput("Invalid XML ; the content of element 'Change' is not complete: Name and Type of ResourceRecordSet are expected.")
	}
	if err := supported(set); err != nil {
		return err
	}
	if set.TrafficPolicyInstanceId != nil {
		return request.BadInput("Invalid request: TrafficPolicyInstanceId may not be given: its record sets change with the traffic policy instance")
	}
	in := fmt.Sprintf("in Change with [Action=%s, Name=%s, Type=%s, SetIdentifier=%s]", c.Action, *set.Name, set.Type, orNull(set.SetIdentifier))
	const exactly = "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found"
	plain := set.TTL != nil || len(set.ResourceRecords) > 0
	switch {
	case set.AliasTarget != nil && plain:
		return request.BadInput("%s more than one %s", exactly, in)
	case set.AliasTarget == nil && !plain:
		return request.BadInput("%s none %s", exactly, in)
	case plain && (set.TTL == nil || len(set.ResourceRecords) == 0):
		return request.BadInput("%s none %s", exactly, in)
	case set.AliasTarget != nil && (set.AliasTarget.DNSName == nil || aws.ToString(set.AliasTarget.HostedZoneId) == ""):
		return request.BadInput("Invalid XML ; the content of element 'AliasTarget' is not complete: HostedZoneId, DNSName and EvaluateTargetHealth are expected.")
	case set.TTL != nil && (*set.TTL < 0 || *set.TTL > 2147483647):
		return request.BadInput(
			"1 validation error detected: Value '%d' at 'ttl' failed to satisfy constraint: Member must have value between 0 and 2147483647",
			*set.TTL,
		)
	}
	return Routed(set, in)
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// normal returns a record set as it is stored, or the errors in its names and values.
func normal(set r53types.ResourceRecordSet) (r53types.ResourceRecordSet, error) {
	kept, err := Name(*set.Name)
	if err != nil {
		return set, err
	}
	set.Name = &kept
	if set.HealthCheckId != nil && *set.HealthCheckId == "" {
		set.HealthCheckId = nil
	}
	if set.AliasTarget != nil {
		target := *set.AliasTarget
		to, err := Name(*target.DNSName)
		if err != nil {
			return set, err
		}
		target.DNSName, target.HostedZoneId = &to, aws.String(request.Bare(*target.HostedZoneId))
		set.AliasTarget = &target
		set.ResourceRecords = nil
		return set, nil
	}
	if set.Failover == r53types.ResourceRecordSetFailoverPrimary && set.HealthCheckId == nil {
		return set, fmt.Errorf("A non-alias primary ResourceRecordSet must have an associated health check. No changes made.")
	}
	return set, values(set)
}

// values checks a set's values.
func values(set r53types.ResourceRecordSet) error {
	if len(set.ResourceRecords) > maxSetRecords {
		return fmt.Errorf("Number of values in the resource record set exceeds the limit of %d", maxSetRecords)
	}
	if (set.Type == r53types.RRTypeCname || set.Type == r53types.RRTypeSoa) && len(set.ResourceRecords) > 1 {
		return fmt.Errorf("RRSet of type %s with DNS name %s may have only one value", set.Type, *set.Name)
	}
	seen := map[string]bool{}
	for _, r := range set.ResourceRecords {
		v := strings.TrimSpace(aws.ToString(r.Value))
		if seen[v] {
			return fmt.Errorf("Duplicate Resource Record: '%s'", v)
		}
		seen[v] = true
		if err := Value(set.Type, v); err != nil {
			return fmt.Errorf("Invalid Resource Record: %w", err)
		}
	}
	return nil
}
