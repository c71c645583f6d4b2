package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/understudy/understudy/cloud/internal/door"
)

// session is what a temporary credential's token holds. Nothing of it is stored: a token that this account has sealed is one
// that it has issued.
type session struct {
	Key, Secret     string
	User            string            // the user's unique id, of GetSessionToken
	Role            string            // the role's unique id
	Name            string            // of a role's session
	Policies        []string          `json:",omitempty"` // session policies' documents
	Tags            map[string]string `json:",omitempty"`
	Issued, Expires time.Time
}

// credentials are a session's three parts.
type credentials struct {
	session
	Token string
}

// issue completes a session and seals it.
func (r *Room) issue(s session, life time.Duration) credentials {
	s.Key, s.Secret = newID("ASIA")[:20], newSecret()
	s.Issued = r.now()
	s.Expires = s.Issued.Add(life)
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts and times
	}
	seal := r.seal()
	nonce := make([]byte, seal.NonceSize())
	_, _ = rand.Read(nonce)
	return credentials{s, base64.StdEncoding.EncodeToString(seal.Seal(nonce, nonce, text, nil))}
}

func (r *Room) seal() cipher.AEAD {
	block, err := aes.NewCipher(r.theAccount(nil).Seal)
	if err != nil {
		panic(err) // Open has made it of the right length
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return seal
}

// open reads a token; false if it was not issued here, or for another key.
func (r *Room) open(key, token string) (s session, ok bool) {
	sealed, err := base64.StdEncoding.DecodeString(token)
	seal := r.seal()
	if err != nil || len(sealed) < seal.NonceSize() {
		return s, false
	}
	n := seal.NonceSize()
	text, err := seal.Open(nil, sealed[:n], sealed[n:], nil)
	if err != nil || json.Unmarshal(text, &s) != nil {
		return s, false
	}
	return s, s.Key == key
}

// Find implements door.Identity: a user's active key, or a session's whose user or role is still there.
func (r *Room) Find(id, token string, now time.Time) (door.Key, door.KeyState) {
	if token == "" {
		k, ok := r.keys.Get(id)
		if !ok || k.Inactive {
			return door.Key{}, door.UnknownKey
		}
		u, err := r.find(nil, users, k.User)
		if err != nil {
			return door.Key{}, door.UnknownKey
		}
		return door.Key{Secret: k.Secret, Caller: r.userCaller(u, k.ID)}, door.GoodKey
	}
	s, ok := r.open(id, token)
	if !ok {
		return door.Key{}, door.UnknownKey
	}
	c, ok := r.sessionCaller(s)
	switch {
	case !ok:
		return door.Key{}, door.UnknownKey
	case !now.Before(s.Expires):
		return door.Key{}, door.ExpiredKey
	}
	return door.Key{Secret: s.Secret, Caller: c}, door.GoodKey
}

func (r *Room) userCaller(u entity, key string) door.Caller {
	return door.Caller{Account: r.Account, ARN: r.arnOf(u), UserID: u.ID, User: u.Name, AccessKey: key}
}

func (r *Room) sessionCaller(s session) (door.Caller, bool) {
	c := door.Caller{Account: r.Account, ARN: r.arn("root"), UserID: r.Account, AccessKey: s.Key}
	switch {
	case s.Role != "":
		e, ok := r.byID(roles, s.Role)
		if !ok {
			return c, false
		}
		c = door.Caller{
			Account: r.Account, ARN: "arn:aws:sts::" + r.Account + ":assumed-role/" + e.Name + "/" + s.Name, UserID: e.ID + ":" + s.Name,
			Role: e.Name, RoleID: e.ID, AccessKey: s.Key, Policies: s.Policies, Tags: s.Tags,
		}
	case s.User != "":
		e, ok := r.byID(users, s.User)
		if !ok {
			return c, false
		}
		c = r.userCaller(e, s.Key)
	}
	c.Temporary, c.Issued = true, s.Issued
	return c, true
}

// byID finds an entity by its unique id. One that was deleted and made again is another one.
func (r *Room) byID(k *kind, id string) (entity, bool) {
	for _, e := range r.all(nil, k) {
		if e.ID == id {
			return e, true
		}
	}
	return entity{}, false
}
