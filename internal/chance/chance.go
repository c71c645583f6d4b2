// Package chance gives randomised tests their randomness, so that each run can be repeated.
package chance

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Seed returns the seed of a test's run and prints it: the variable UNDERSTUDY_SEED's, to repeat a run, or a new one.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if given := os.Getenv("UNDERSTUDY_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("UNDERSTUDY_SEED: %v", err)
		}
	}
	t.Logf("UNDERSTUDY_SEED=%d", seed)
	return seed
}

// New returns a source of random numbers that starts with Seed.
func New(t testing.TB) *rand.Rand {
	t.Helper()
	seed := Seed(t)
	return rand.New(rand.NewPCG(seed, seed))
}
