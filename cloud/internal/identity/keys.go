package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// accessKey is a user's long-term key. Its secret is stored, since signatures can be verified by it alone.
type accessKey struct {
	ID, Secret, User string
	Inactive         bool
	Created          time.Time
}

// maxKeys is how many access keys a user may have.
const maxKeys = 2

// lastUsed is kept in memory alone: AWS, too, tells it late and approximately.
type lastUsed struct {
	at              time.Time
	service, region string
}

func newSecret() string {
	var b [30]byte
	_, _ = rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:]) // 40 characters
}

func (k accessKey) status() types.StatusType {
	if k.Inactive {
		return types.StatusTypeInactive
	}
	return types.StatusTypeActive
}

// keysOf returns a user's keys.
func (r *Room) keysOf(tx *store.Tx, user string) []accessKey {
	return slices.DeleteFunc(r.keys.AllTx(tx), func(k accessKey) bool { return k.User != user })
}

// userOf is the user whom a request about access keys is about: the caller, where it names none.
func (r *Room) userOf(ctx context.Context, tx *store.Tx, name *string) (entity, error) {
	if name == nil {
		c := door.CallerOf(ctx)
		if c.User == "" {
			return entity{}, invalidInput("Must specify userName when calling with non-User credentials")
		}
		name = &c.User
	}
	return r.find(tx, users, *name)
}

func (r *Room) createAccessKey(ctx context.Context, in *iam.CreateAccessKeyInput) (*iam.CreateAccessKeyOutput, error) {
	k := accessKey{ID: newID("AKIA")[:20], Secret: newSecret(), Created: r.now()}
	err := r.Update(func(tx *store.Tx) error {
		u, err := r.userOf(ctx, tx, in.UserName)
		if err != nil {
			return err
		}
		if len(r.keysOf(tx, u.Name)) >= maxKeys {
			return overQuota("AccessKeysPerUser", maxKeys)
		}
		k.User = u.Name
		return r.keys.Put(tx, k.ID, k)
	})
	return &iam.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
		UserName: &k.User, AccessKeyId: &k.ID, SecretAccessKey: &k.Secret, Status: k.status(), CreateDate: &k.Created,
	}}, err
}

// keyOf finds a user's key.
func (r *Room) keyOf(ctx context.Context, tx *store.Tx, user, id *string) (accessKey, error) {
	u, err := r.userOf(ctx, tx, user)
	if err != nil {
		return accessKey{}, err
	}
	k, ok := r.keys.GetTx(tx, *id)
	if !ok || k.User != u.Name {
		return k, noSuchEntity("The Access Key with id %s cannot be found.", *id)
	}
	return k, nil
}

func (r *Room) updateAccessKey(ctx context.Context, in *iam.UpdateAccessKeyInput) (*iam.UpdateAccessKeyOutput, error) {
	return &iam.UpdateAccessKeyOutput{}, r.Update(func(tx *store.Tx) error {
		k, err := r.keyOf(ctx, tx, in.UserName, in.AccessKeyId)
		if err != nil {
			return err
		}
		if in.Status != types.StatusTypeActive && in.Status != types.StatusTypeInactive {
			return invalidInput("The status %s is not one that a key is given.", in.Status)
		}
		k.Inactive = in.Status == types.StatusTypeInactive
		return r.keys.Put(tx, k.ID, k)
	})
}

func (r *Room) deleteAccessKey(ctx context.Context, in *iam.DeleteAccessKeyInput) (*iam.DeleteAccessKeyOutput, error) {
	return &iam.DeleteAccessKeyOutput{}, r.Update(func(tx *store.Tx) error {
		k, err := r.keyOf(ctx, tx, in.UserName, in.AccessKeyId)
		if err != nil {
			return err
		}
		return r.keys.Delete(tx, k.ID)
	})
}

func (r *Room) listAccessKeys(ctx context.Context, in *iam.ListAccessKeysInput) (*iam.ListAccessKeysOutput, error) {
	if in.UserName == nil && door.CallerOf(ctx).Root() {
		return &iam.ListAccessKeysOutput{AccessKeyMetadata: []types.AccessKeyMetadata{{
			AccessKeyId: &r.cfg.RootKey, Status: types.StatusTypeActive, CreateDate: new(r.born()),
		}}}, nil
	}
	u, err := r.userOf(ctx, nil, in.UserName)
	if err != nil {
		return nil, err
	}
	rows, more, marker, err := page(in, r.keysOf(nil, u.Name), func(k accessKey) string { return k.ID })
	if err != nil {
		return nil, err
	}
	out := &iam.ListAccessKeysOutput{AccessKeyMetadata: []types.AccessKeyMetadata{}, IsTruncated: more, Marker: marker}
	for _, k := range rows {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, types.AccessKeyMetadata{
			UserName: new(k.User), AccessKeyId: new(k.ID), Status: k.status(), CreateDate: new(k.Created),
		})
	}
	return out, nil
}

// getAccessKeyLastUsed answers N/A for a key that was not used since the cloud started.
func (r *Room) getAccessKeyLastUsed(_ context.Context, in *iam.GetAccessKeyLastUsedInput) (*iam.GetAccessKeyLastUsedOutput, error) {
	k, ok := r.keys.Get(*in.AccessKeyId)
	if !ok {
		return nil, noSuchEntity("The Access Key with id %s cannot be found.", *in.AccessKeyId)
	}
	last := &types.AccessKeyLastUsed{ServiceName: new("N/A"), Region: new("N/A")}
	r.mu.Lock()
	defer r.mu.Unlock()
	if u, used := r.used[k.ID]; used {
		last = &types.AccessKeyLastUsed{LastUsedDate: new(u.at), ServiceName: new(u.service), Region: new(u.region)}
	}
	return &iam.GetAccessKeyLastUsedOutput{UserName: &k.User, AccessKeyLastUsed: last}, nil
}

// Used notes a call that was let in.
func (r *Room) Used(c door.Caller, service, region string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := c.AccessKey
	if c.RoleID != "" {
		id = c.RoleID
	}
	r.used[id] = lastUsed{r.now(), service, region}
}

func (r *Room) roleLastUsed(id string) *types.RoleLastUsed {
	r.mu.Lock()
	defer r.mu.Unlock()
	if u, used := r.used[id]; used {
		return &types.RoleLastUsed{LastUsedDate: new(u.at), Region: room.Some(u.region)}
	}
	return &types.RoleLastUsed{}
}
