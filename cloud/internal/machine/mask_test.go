package machine

import (
	"testing"
	"time"
)

func TestBaseIsMadeQuickly(t *testing.T) {
	b := newBench(t)
	began := time.Now()
	if err := b.host.base.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %v", time.Since(began))
}
