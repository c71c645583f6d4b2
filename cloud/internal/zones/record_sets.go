package zones

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// A batch's limits, by the quotas of the developer guide. What an UPSERT holds counts twice.
const (
	maxBatchRecords    = 1000
	maxBatchCharacters = 32000
	maxZoneRecords     = 10000
	maxSetRecords      = 400
	maxGroup           = 100 // sets of one name, type and routing policy
)

// changeRecords applies a batch: all of it or, where one change is refused, nothing.
func (a *api) changeRecords(_ context.Context, in *route53.ChangeResourceRecordSetsInput) (*route53.ChangeResourceRecordSetsOutput, error) {
	id := bare(aws.ToString(in.HostedZoneId))
	if in.ChangeBatch == nil || len(in.ChangeBatch.Changes) == 0 {
		return nil, badInput("Invalid request: Expected at least one Change in the ChangeBatch")
	}
	if err := length("comment", aws.ToString(in.ChangeBatch.Comment), 0, 256); err != nil {
		return nil, err
	}
	changes, err := wellFormed(in.ChangeBatch.Changes)
	if err != nil {
		return nil, err
	}
	if _, prior := a.busy.LoadOrStore(id, true); prior {
		return nil, wire.Errorf("PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior request.")
	}
	defer a.busy.Delete(id)
	var info *r53types.ChangeInfo
	var commit func()
	err = a.updateThen(func(tx *store.Tx) error {
		z, ok := a.zones.GetTx(tx, id)
		if !ok {
			return noZone(id)
		}
		for _, c := range changes {
			if c.Action == r53types.ChangeActionDelete {
				continue // also where the health check is gone
			}
			if err := a.checkExists(c.ResourceRecordSet); err != nil {
				return err
			}
			if err := a.checkLocation(c.ResourceRecordSet); err != nil {
				return err
			}
		}
		made, err := a.apply(z, changes)
		if err != nil {
			return err
		}
		if info, err = a.submit(tx, aws.ToString(in.ChangeBatch.Comment)); err != nil {
			return err
		}
		commit, err = a.records.put(tx, id, made)
		return err
	}, func() { commit() })
	if err != nil {
		return nil, err
	}
	return &route53.ChangeResourceRecordSetsOutput{ChangeInfo: info}, nil
}

// checkExists refuses a record set whose health check does not exist.
func (a *api) checkExists(set *r53types.ResourceRecordSet) error {
	if set.HealthCheckId == nil {
		return nil
	}
	if _, ok := a.checks.Get(*set.HealthCheckId); !ok {
		return noCheck(*set.HealthCheckId)
	}
	return nil
}

// apply makes the changes one after the other, each on what those before it left, and returns what they come to.
func (a *api) apply(z zone, changes []r53types.Change) (map[setKey]recordSet, error) {
	b := newBatch(z, a.records.of(z.ID))
	var messages []string
	for _, c := range changes {
		if err := b.change(a, c); err != nil {
			messages = append(messages, err.Error())
		}
	}
	if len(messages) == 0 {
		messages = append(b.lacking(), b.unequal()...)
	}
	if len(messages) > 0 {
		return nil, badBatch(messages...)
	}
	return b.changed, nil
}

// listRecords lists a zone's record sets from a name, type and identifier on.
func (a *api) listRecords(_ context.Context, in *route53.ListResourceRecordSetsInput) (*route53.ListResourceRecordSetsOutput, error) {
	id := bare(aws.ToString(in.HostedZoneId))
	if _, ok := a.zones.Get(id); !ok {
		return nil, noZone(id)
	}
	n, err := size(in.MaxItems, 300)
	if err != nil {
		return nil, err
	}
	sets := a.records.of(id)
	if start, err := startOf(in); err != nil {
		return nil, err
	} else if start != nil {
		at, _ := sets.at(*start)
		sets = sets[at:]
	}
	out := &route53.ListResourceRecordSetsOutput{MaxItems: aws.Int32(int32(n)), ResourceRecordSets: []r53types.ResourceRecordSet{}}
	for _, set := range sets[:min(n, len(sets))] {
		out.ResourceRecordSets = append(out.ResourceRecordSets, *set)
	}
	if len(sets) > n {
		next := sets[n]
		out.IsTruncated = true
		out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier = next.Name, next.Type, next.SetIdentifier
	}
	return out, nil
}

func startOf(in *route53.ListResourceRecordSetsInput) (*setKey, error) {
	switch {
	case in.StartRecordType != "" && in.StartRecordName == nil:
		return nil, badInput("The request contains the parameter type but not the parameter name")
	case in.StartRecordIdentifier != nil && in.StartRecordType == "":
		return nil, badInput("The request contains the parameter identifier but not the parameter type")
	case in.StartRecordName == nil:
		return nil, nil
	case in.StartRecordType != "" && !slices.Contains(in.StartRecordType.Values(), in.StartRecordType):
		return nil, badInput("Invalid value '%s' for the parameter type", in.StartRecordType)
	}
	kept, err := name(*in.StartRecordName)
	if err != nil {
		return nil, badInput("Invalid request: %v", err)
	}
	return &setKey{kept, in.StartRecordType, aws.ToString(in.StartRecordIdentifier)}, nil
}
