package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

// An answer that is wrong is asked for again, an empty one is the default, and what a flag said is not asked for.
func TestInitAsksUntilTheAnswerIsRight(t *testing.T) {
	given := make([]string, len(asked))
	for i, a := range asked {
		given[i] = a.fallback
	}
	given[0] = "shop"
	in := "nodots\nshop.example\n\nus-west-2\n\n\nus-west-2\nsa-east-1\n10.10.128.0/20\n10.30.0.0/20\nhttp\n3000\n\n\n"
	on, out := target{file: "understudy.yaml"}, bytes.Buffer{}
	answers := strings.NewReader(in)
	if err := on.ask(t.Context(), answers, &out, given, func(i int) bool { return i != 0 }); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	text, err := drafted(given)
	if err != nil {
		t.Fatal(err)
	}
	d, err := understudy.Parse("understudy.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	second := d.Regions[understudy.Secondary]
	if d.Name != "shop" || d.Host() != "shop.example" || d.Regions[understudy.Primary].Name != "us-west-2" || second.Name != "sa-east-1" ||
		second.CIDR.String() != "10.30.0.0/20" || d.Service.Port != 3000 {
		t.Errorf("%+v", d)
	}
	for _, said := range []string{
		`domain: found "nodots"; allowed: `, "domain [hello.test]: ", "the same region twice", "overlaps the primary's", `service.port: found "http"`,
	} {
		if !strings.Contains(out.String(), said) {
			t.Errorf("it does not say %q:\n%s", said, &out)
		}
	}
	if rest, _ := io.ReadAll(answers); len(rest) > 0 || strings.Contains(out.String(), "name [shop]") {
		t.Errorf("asked for what a flag said, or left %q", rest)
	}
	if err := on.ask(t.Context(), strings.NewReader("half"), io.Discard, given, func(int) bool { return true }); err == nil {
		t.Error("the end of the answers is one")
	}
}
