package controls

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"time"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// tokenLife is how long a client token is remembered; AWS does not document it.
const tokenLife = 24 * time.Hour

// once runs a create call and stores its result. If the same call was run before with the same client token, it returns
// that call's result instead.
func once[In any, Row resource[Row]](r *Room, op string, in *In, k kept[Row], create func(*store.Tx) (Row, error)) (row Row, err error) {
	token, digest, err := tokenOf(*in)
	if err != nil {
		return row, err
	}
	key := op + " " + room.Deref(token)
	err = r.commit(func(tx *store.Tx) (err error) {
		now := r.cfg.Now()
		if used, ok := r.tokens.GetTx(tx, key); ok && token != nil && now.Sub(used.Used) < tokenLife {
			if used.Request != digest {
				return conflict("client token", *token, "The ClientToken was used with other parameters.")
			}
			if made, ok := k.GetTx(tx, used.ARN); ok {
				row = made
				return nil
			}
		}
		if row, err = create(tx); err != nil {
			return err
		}
		if err := k.put(tx, row); err != nil || token == nil {
			return err
		}
		if err := r.forgetTokens(tx, now); err != nil {
			return err
		}
		return r.tokens.Put(tx, key, tokenRow{Key: key, ARN: row.is().arn, Request: digest, Used: now})
	})
	return row, err
}

// tokenOf returns a create call's client token, and a digest of its other parameters.
func tokenOf[In any](request In) (token *string, digest string, err error) {
	field := reflect.ValueOf(&request).Elem().FieldByName("ClientToken")
	token = field.Interface().(*string)
	if n := len([]rune(room.Deref(token))); n > maxName {
		return nil, "", invalid("The ClientToken has %d characters, %d at most.", n, maxName)
	}
	field.SetZero()
	b, err := json.Marshal(request)
	sum := sha256.Sum256(b)
	return token, hex.EncodeToString(sum[:]), err
}

// forgetTokens deletes the expired tokens.
func (r *Room) forgetTokens(tx *store.Tx, now time.Time) error {
	for _, old := range r.tokens.AllTx(tx) {
		if now.Sub(old.Used) >= tokenLife {
			if err := r.tokens.Delete(tx, old.Key); err != nil {
				return err
			}
		}
	}
	return nil
}
