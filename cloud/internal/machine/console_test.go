package machine

import (
	"os"
	"testing"
)

// TestLastWordsAreHeard reads what a child wrote before it ended, with nobody to carry it to the log.
func TestLastWordsAreHeard(t *testing.T) {
	if said := (&console{}).unread(); said != "" {
		t.Errorf("a console that never came says %q", said)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := writer.WriteString("fatal error: out of memory\n"); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	if said := (&console{reader: reader}).unread(); said != "fatal error: out of memory" {
		t.Errorf("it says %q", said)
	}
}
