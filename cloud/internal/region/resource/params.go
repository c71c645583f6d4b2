package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Required answers AWS's error where a parameter is missing or empty.
func Required(name string, value *string) error {
	if room.Deref(value) == "" {
		return wire.Errorf("MissingParameter", "The request must contain the parameter %s", name)
	}
	return nil
}

// tokenRow remembers what a client token made, and of what parameters.
type tokenRow struct{ Hash, Result string }

// Once makes a thing unless the same client token has made it already, in the same transaction
// (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html). in is the request, in which
// the token counts as a parameter like any other. alive tells whether a result still exists: the token of one that is
// gone makes a new one.
func (g *Registry) Once(
	tx *store.Tx, op string, token *string, in any, alive func(result string) bool, create func() (string, error),
) (string, error) {
	if room.Deref(token) == "" {
		return create()
	}
	if len(*token) > 64 {
		return "", wire.Errorf("InvalidParameterValue", "Client token is too long: %d characters, the limit is 64.", len(*token))
	}
	b, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("hash request %s: %w", op, err)
	}
	sum := sha256.Sum256(b)
	hash, key := hex.EncodeToString(sum[:]), op+" "+*token
	if row, ok := g.tokens.GetTx(tx, key); ok && alive(row.Result) {
		if row.Hash != hash {
			return "", wire.Errorf(
				"IdempotentParameterMismatch",
				"The client token you have provided is associated with a resource that has already been created with different parameters: %s",
				row.Result,
			)
		}
		return row.Result, nil
	}
	result, err := create()
	if err != nil {
		return "", err
	}
	return result, g.tokens.Put(tx, key, tokenRow{Hash: hash, Result: result})
}
