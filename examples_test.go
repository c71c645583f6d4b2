package understudy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

// The README shows the example declaration whole, and as it is.
func TestREADMEShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("examples/hello/understudy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(readme), "```yaml\n")
	shown, _, ok := strings.Cut(after, "```")
	if !ok || shown != string(example) {
		t.Errorf("README.md shows\n%s\nand the example is\n%s", shown, example)
	}
}

func TestByteOrderMarkIsNoKey(t *testing.T) {
	example, err := os.ReadFile("examples/hello/understudy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := understudy.Parse("understudy.yaml", append([]byte("\ufeff"), example...), os.ReadFile)
	if err != nil || d.Name != "hello" {
		t.Errorf("declaration %+v, %v", d, err)
	}
}
