package controls

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// tokenRow remembers a create call by its client token.
type tokenRow struct {
	Key     string // the operation and the token
	ARN     string // of what it made
	Request string // its digest
	Used    time.Time
}

// tokenLife is how long a client token is remembered; AWS does not say.
const tokenLife = 24 * time.Hour

// once runs a create call, unless the same one with the same client token has been run, whose result it
// then returns.
func once[Row resource](r *Room, op string, token *string, request any, t *store.Table[Row], create func(*store.Tx) (Row, error)) (row Row, err error) {
	if n := len([]rune(room.Deref(token))); n > maxName {
		return row, invalid("The ClientToken has %d characters, %d at most.", n, maxName)
	}
	b, err := json.Marshal(request)
	if err != nil {
		return row, err
	}
	sum := sha256.Sum256(b)
	digest, key := hex.EncodeToString(sum[:]), op+" "+room.Deref(token)
	err = r.commit(func(tx *store.Tx) (err error) {
		now := r.cfg.Now()
		if used, ok := r.tokens.GetTx(tx, key); ok && token != nil && now.Sub(used.Used) < tokenLife {
			if used.Request != digest {
				return conflict("client token", *token, "The ClientToken was used with other parameters.")
			}
			if made, ok := t.GetTx(tx, used.ARN); ok {
				row = made
				return nil
			}
		}
		if row, err = create(tx); err != nil || token == nil {
			return err
		}
		for _, old := range r.tokens.AllTx(tx) {
			if now.Sub(old.Used) >= tokenLife {
				if err := r.tokens.Delete(tx, old.Key); err != nil {
					return err
				}
			}
		}
		return r.tokens.Put(tx, key, tokenRow{Key: key, ARN: row.id(), Request: digest, Used: now})
	})
	return row, err
}
