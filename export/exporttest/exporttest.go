// Package exporttest is what the tests of all exports share: stacks to write, and ids of what stands.
package exporttest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/blueprint"
)

// Declarations reads every example, every declaration by which the rehearsals set all fields, and those of given networks, by their files below the
// module's root.
func Declarations(t *testing.T, root string) map[string]*understudy.Declaration {
	t.Helper()
	all := map[string]*understudy.Declaration{}
	for _, pattern := range []string{"examples/*/understudy.yaml", "e2e/testdata/fields/*.yaml", "export/exporttest/testdata/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no declarations match %s: %v", pattern, err)
		}
		for _, file := range files {
			d, err := understudy.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			all[file] = d
		}
	}
	return all
}

// Blueprint draws a declaration.
func Blueprint(t *testing.T, d *understudy.Declaration) *blueprint.Blueprint {
	t.Helper()
	s := &plan.Stack{Declaration: d, Accounts: map[understudy.Side]*account.Account{}}
	for _, side := range understudy.Sides {
		s.Accounts[side] = &account.Account{Region: d.Regions[side].Name}
	}
	b, err := s.Blueprint()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Stands gives every piece an id that tells which it is, as if all of it stood.
func Stands(b *blueprint.Blueprint) *blueprint.Blueprint {
	for i := range b.Pieces {
		p := &b.Pieces[i]
		p.Standing = ID(p.ID)
		p.Parts = map[string]string{blueprint.PublicIP: "203.0.113.7", blueprint.Zone: "us-east-1f"}
		if p.Name != "" && p.Kind != blueprint.KindImage && p.Kind != blueprint.KindHostImage && p.Kind != blueprint.KindEndpoint {
			p.Standing = p.Name
		}
		for _, f := range p.Settings {
			if f.Name != "subnets" || p.Kind != blueprint.KindRoutes {
				continue
			}
			p.Parts[blueprint.DefaultRoute] = "igw-1"
			for ref := range strings.SplitSeq(f.Value, ", ") {
				r, _ := blueprint.ParseRef(ref)
				p.SetAssociation(ID(r.Piece), "rtbassoc-"+ID(r.Piece))
			}
		}
	}
	return b
}

// ID is the id that Stands gives a piece that AWS knows by no name.
func ID(piece string) string {
	return fmt.Sprintf("id-%s", strings.NewReplacer("/", "-", " ", "-").Replace(piece))
}
