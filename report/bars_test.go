package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestBarsAreAWholePicture(t *testing.T) {
	svg := string(Bars(`fault <"region">`, []Bar{{"region", 42_000, 66_000, 72_000, 76_000}, {"invert", 0, 0, 0, 0}}))
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("no XML: %v\n%s", err, svg)
		}
	}
	if lengths := string(Lengths("minutes", []Bar{{Label: "region", Worst: 90_000}})); !strings.Contains(lengths, "region: 90.0 s") {
		t.Errorf("the lengths are %s", lengths)
	}
	for _, want := range []string{"region: half 42.0 s, 90 % 66.0 s, 99 % 72.0 s, at the most 76.0 s", "half of them", "--primary"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	if strings.Contains(svg, "http") && strings.Count(svg, "http") > 1 {
		t.Error("the picture asks for something from elsewhere")
	}
}
