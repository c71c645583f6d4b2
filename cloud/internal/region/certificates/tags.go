package certificates

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// mergeTags returns tags with others put over them.
func mergeTags(old map[string]string, more []acmtypes.Tag) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, old)
	bad, fault := room.CheckTags(more, func(t acmtypes.Tag) (key, value *string) { return t.Key, t.Value })
	switch fault { // the others break the model's constraints
	case room.ReservedKey:
		return nil, wire.Errorf("InvalidTagException", "aws: prefixed tag key names are not allowed for external use: %s", room.Deref(bad.Key))
	case room.DuplicateKey:
		return nil, wire.Errorf("InvalidTagException", "The tag key %s is there twice.", room.Deref(bad.Key))
	}
	for _, t := range more {
		all[room.Deref(t.Key)] = room.Deref(t.Value)
	}
	if room.OwnTags(all) > room.MaxTags {
		return nil, wire.Errorf("TooManyTagsException", "The certificate would have more than %d tags.", room.MaxTags)
	}
	return all, nil
}

// AddTagsToCertificate puts tags on a certificate.
func (r *Room) AddTagsToCertificate(ctx context.Context, in *acm.AddTagsToCertificateInput) (*acm.AddTagsToCertificateOutput, error) {
	if err := room.Only(in, "CertificateArn", "Tags"); err != nil {
		return nil, err
	}
	return &acm.AddTagsToCertificateOutput{}, r.change(in.CertificateArn, func(_ *store.Tx, row *certificateRow) (err error) {
		row.Tags, err = mergeTags(row.Tags, in.Tags)
		return err
	})
}

// RemoveTagsFromCertificate takes tags off: those with a value only where it is the tag's.
func (r *Room) RemoveTagsFromCertificate(ctx context.Context, in *acm.RemoveTagsFromCertificateInput) (*acm.RemoveTagsFromCertificateOutput, error) {
	if err := room.Only(in, "CertificateArn", "Tags"); err != nil {
		return nil, err
	}
	return &acm.RemoveTagsFromCertificateOutput{}, r.change(in.CertificateArn, func(_ *store.Tx, row *certificateRow) error {
		row.Tags = maps.Clone(row.Tags)
		for _, t := range in.Tags {
			if t.Value == nil || *t.Value == row.Tags[room.Deref(t.Key)] {
				delete(row.Tags, room.Deref(t.Key))
			}
		}
		return nil
	})
}

// ListTagsForCertificate lists the tags of a certificate.
func (r *Room) ListTagsForCertificate(ctx context.Context, in *acm.ListTagsForCertificateInput) (*acm.ListTagsForCertificateOutput, error) {
	if err := room.Only(in, "CertificateArn"); err != nil {
		return nil, err
	}
	row, err := r.find(nil, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	out := &acm.ListTagsForCertificateOutput{Tags: []acmtypes.Tag{}}
	for _, k := range slices.Sorted(maps.Keys(row.Tags)) {
		out.Tags = append(out.Tags, acmtypes.Tag{Key: new(k), Value: new(row.Tags[k])})
	}
	return out, nil
}
