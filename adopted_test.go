package understudy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func shop() *Adopted {
	return &Adopted{Name: "shop", Adopt: Adoption{Record: "www.shop.test", Regions: []string{"us-east-1", "us-west-2"}, Resources: []AdoptedResource{
		{Region: "us-east-1", Kind: AdoptedFilter, ID: "sg-1", Name: "web", Settings: map[string]string{"ingress": "tcp 80 0.0.0.0/0", "egress": ""}},
		{Region: "us-west-2", Kind: AdoptedFleet, ID: "shop", Name: "shop", Settings: map[string]string{"min": "1", "health check type": "ELB"}},
	}}}
}

// loadText loads a file with this text.
func loadText(t *testing.T, text string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "understudy.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(file)
	return err
}

func TestTheFileOfAnAdoptedStackReadsAsItWasWritten(t *testing.T) {
	text, err := shop().Text()
	if err != nil {
		t.Fatal(err)
	}
	var others AdoptedError
	if err := loadText(t, "# a comment\n"+text); !errors.As(err, &others) {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(shop(), others.Stack); diff != "" {
		t.Errorf("(-written +read)\n%s\n%s", diff, text)
	}
	if d := others.Stack.Declaration(); d.Name != "shop" || d.Regions[Secondary].Name != "us-west-2" {
		t.Errorf("declared %+v", d)
	}
}

func TestWhatIsWrongWithAnAdoptedStackIsSaid(t *testing.T) {
	for want, spoil := range map[string]func(a *Adopted){
		"name: found":                   func(a *Adopted) { a.Name = "" },
		"adopt.record: found":           func(a *Adopted) { a.Adopt.Record = "" },
		"adopt.regions: found":          func(a *Adopted) { a.Adopt.Regions = a.Adopt.Regions[:1] },
		"adopt.resources[1].kind":       func(a *Adopted) { a.Adopt.Resources[1].Kind = "bucket" },
		"adopt.resources[0].region":     func(a *Adopted) { a.Adopt.Resources[0].Region = "eu-west-1" },
		"adopt.resources[0]: found no":  func(a *Adopted) { a.Adopt.Resources[0].ID = "" },
		"adopt.resources[1]: found sg-": func(a *Adopted) { a.Adopt.Resources[1] = a.Adopt.Resources[0] },
	} {
		a := shop()
		spoil(a)
		if _, err := a.Text(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: written with %v", want, err)
		}
	}
	text, err := shop().Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{text + "service: {port: 80}\n", strings.Replace(text, "sg-1", `""`, 1)} {
		var others AdoptedError
		if err := loadText(t, text); err == nil || errors.As(err, &others) || !strings.Contains(err.Error(), "understudy.yaml: ") {
			t.Errorf("read with %v:\n%s", err, text)
		}
	}
}
