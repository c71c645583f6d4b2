package zones

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
)

// submit records a change within tx. It is PENDING in the answer, as always on AWS, and INSYNC in every later one,
// since commit does not return before the name servers answer with the change.
func (r *Room) submit(tx *store.Tx, comment string) (*r53types.ChangeInfo, error) {
	if err := r.forget(tx); err != nil {
		return nil, err
	}
	c := change{ID: request.NewID("C"), Comment: comment, Submitted: time.Now().UTC()}
	if err := r.changes.Put(tx, c.ID, c); err != nil {
		return nil, err
	}
	return c.info(r53types.ChangeStatusPending), nil
}

// maxChanges is how many changes are remembered. AWS does not document for how long GetChange knows a change; clients ask
// until it is INSYNC, which here is at once.
const maxChanges = 10_000

// forget drops the older half of the changes once there are too many.
func (r *Room) forget(tx *store.Tx) error {
	if r.changes.Len() < maxChanges {
		return nil
	}
	all := r.changes.AllTx(tx)
	slices.SortFunc(all, func(x, y change) int { return x.Submitted.Compare(y.Submitted) })
	for _, c := range all[:len(all)/2] {
		if err := r.changes.Delete(tx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (c change) info(status r53types.ChangeStatus) *r53types.ChangeInfo {
	id := "/change/" + c.ID
	info := &r53types.ChangeInfo{Id: &id, Status: status, SubmittedAt: &c.Submitted}
	if c.Comment != "" {
		info.Comment = &c.Comment
	}
	return info
}

func (r *Room) getChange(_ context.Context, in *route53.GetChangeInput) (*route53.GetChangeOutput, error) {
	c, ok := r.changes.Get(request.Bare(aws.ToString(in.Id)))
	if !ok {
		return nil, request.NotFound("NoSuchChange", "Could not find resource with ID: %s", request.Bare(aws.ToString(in.Id)))
	}
	return &route53.GetChangeOutput{ChangeInfo: c.info(r53types.ChangeStatusInsync)}, nil
}
