// Package identity is an account's IAM and STS: users, groups, roles, policies, instance profiles, and the credentials by
// which the front door knows who asks.
//
// The invariant: what a credential may sign for follows from the stored rows alone. A session's token holds who it is for,
// sealed with the account's own key; it is valid only while its user or role is there.
package identity

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Config is what Open needs.
type Config struct {
	Account string
	// RootKey is the id of the account's own access key.
	RootKey string
	Dir     string // holds identity.db
	Kept    string // holds its mark and copy, see package store; empty for Dir
	Speed   tempo.Speed
	Log     *slog.Logger
	Now     func() time.Time // nil for time.Now
}

// Room is a running IAM, with its own store.
type Room struct {
	*room.Base
	cfg Config

	entities *store.Table[entity] // by kind and name
	keys     *store.Table[accessKey]
	account  *store.Table[accountRow]

	mu   sync.Mutex          // guards used
	used map[string]lastUsed // when and for what each access key was used last
}

// accountRow is what the account has once.
type accountRow struct {
	Seal    []byte // the key of session tokens
	Aliases []string
}

const theAccount = "account"

// Open reads the state. A new account gets the key of its session tokens.
func Open(cfg Config) (*Room, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	db, err := store.Open(filepath.Join(cfg.Dir, "identity.db"), store.Options{Kept: cfg.Kept, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	r := &Room{Base: room.New(room.Identity{Account: cfg.Account, Pace: tempo.At(cfg.Speed)}, db, cfg.Log), cfg: cfg, used: map[string]lastUsed{}}
	room.LoadTable(db, "entities", &r.entities, &err)
	room.LoadTable(db, "access-keys", &r.keys, &err)
	room.LoadTable(db, "account", &r.account, &err)
	if err == nil && r.account.Len() == 0 {
		seal := make([]byte, 32)
		_, _ = rand.Read(seal) // never fails since Go 1.24
		err = r.Update(func(tx *store.Tx) error { return r.account.Put(tx, theAccount, accountRow{Seal: seal}) })
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open identity: %w", err), db.Close())
	}
	return r, nil
}

// Close closes the state.
func (r *Room) Close() error {
	r.Stop()
	return r.DB.Close()
}

func (r *Room) now() time.Time { return r.cfg.Now().UTC().Truncate(time.Second) }

// arn names a resource of IAM's, which has no region.
func (r *Room) arn(resource string) string { return "arn:aws:iam::" + r.Account + ":" + resource }

// newID makes one of IAM's unique ids: the prefix of its kind, and 17 more characters ("IAM identifiers", "Unique identifiers").
func newID(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var b [17]byte
	_, _ = rand.Read(b[:])
	var id strings.Builder
	id.WriteString(prefix)
	for _, c := range b {
		id.WriteByte(letters[c%32])
	}
	return id.String()
}
