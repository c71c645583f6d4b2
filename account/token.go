package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Token derives a client token, or a digest, from parts: equal parts give equal tokens. It has 64 characters,
// the most that EC2 allows. Each part is hashed with its length, so that ("ab", "c") and ("a", "bc") differ.
func Token(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		io.WriteString(h, strconv.Itoa(len(p))+":"+p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Live calls create with one token after another until create returns something that is alive. AWS remembers a
// token for a day or longer, and answers it with the resource that it once made, even if that was deleted.
// Such a token cannot be used again, so the next one is derived by counting. After an interruption
// the count arrives at the same token again, and so at the same resource. It returns create's error.
func Live(ctx context.Context, create func(ctx context.Context, token string) (alive bool, err error), parts ...string) error {
	for n := range mostLives {
		alive, err := create(ctx, tokenOfLife(n, parts))
		if alive || err != nil {
			return err
		}
	}
	return fmt.Errorf("%d client tokens in a row belong to things that are gone", mostLives)
}

const mostLives = 50 // within the time that AWS remembers a token

func tokenOfLife(n int, parts []string) string {
	return Token(append(slices.Clone(parts), strconv.Itoa(n))...)
}

// LivedBy tells whether a token is one of those that Live derives from these parts.
func LivedBy(token string, parts ...string) bool {
	for n := range mostLives {
		if token == tokenOfLife(n, parts) {
			return true
		}
	}
	return false
}
