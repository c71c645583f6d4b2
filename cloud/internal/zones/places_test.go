package zones

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

func TestTheUsersPlaces(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, placesFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("10.0.0.0/8 EU DE - 50.1 8.7 eu-central-1\n10.1.0.0/16 EU\n")
	want := filepath.Join(dir, placesFile) + ": line 2: has 2 fields"
	if _, err := Open(Config{Cloud: 1, Dir: dir, Pace: tempo.At(1)}); err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error %v, want %s", err, want)
	}
	write("10.0.0.0/8 EU DE - 50.1 8.7 eu-central-1\n")
	places, err := readPlaces(dir)
	if err != nil || places == nil {
		t.Fatal(places, err)
	}
	if places, err := readPlaces(t.TempDir()); places != nil || err != nil {
		t.Errorf("without a file: %v, %v", places, err)
	}
}
