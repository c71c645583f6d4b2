package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
)

// Token derives a client token, or a digest, from parts: always the same from the same, 64 characters
// as EC2 allows at most. Each part is hashed with its length, so that moving a border changes it.
func Token(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		io.WriteString(h, strconv.Itoa(len(p))+":"+p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Live calls create with a token until what comes of it is alive. AWS remembers a token for a day and
// longer, and answers it with what it once made, deleted or not; a token whose thing is gone is spent,
// and the next one is counted on from it. Started again after any interruption, the count comes to the
// same token, and so to the same thing.
func Live(ctx context.Context, create func(ctx context.Context, token string) (alive bool, err error), parts ...string) error {
	const most = 50 // lives within the time that AWS remembers a token
	for n := range most {
		alive, err := create(ctx, Token(append(parts, strconv.Itoa(n))...))
		if alive || err != nil {
			return err
		}
	}
	return fmt.Errorf("%d client tokens in a row belong to things that are gone", most)
}
