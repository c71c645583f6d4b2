package account_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/account"
)

func TestDeclaredTagsAreKeptAndForeignOnesAreTold(t *testing.T) {
	before := account.Mark("hello", "vpc").Declared(map[string]string{"team": "web", "cost": "1, 2", "gone": ""})
	now := account.Mark("hello", "vpc").Declared(map[string]string{"team": "ops", "cost": "1, 2"})
	bare := account.Mark("hello", "vpc")
	have := maps.Clone(map[string]string(before))
	have["mine"], have["aws:x"] = "1", "2"
	for name, c := range map[string]struct {
		tags  account.Tags
		keeps bool
		stale []string
		text  string
	}{
		"as they were":     {before, true, nil, `yes, cost="1, 2", gone=, team=web`},
		"one less":         {now, false, []string{"gone"}, `yes, cost="1, 2", gone=, team=web`},
		"none any more":    {bare, false, []string{"cost", "gone", "team", account.TagKeys}, `yes, cost="1, 2", gone=, team=web`},
		"another resource": {account.Mark("hello", "fleet"), false, []string{"cost", "gone", "team", account.TagKeys}, "no"},
	} {
		if c.tags.Keeps(have) != c.keeps || c.tags.Text(have) != c.text || !cmp.Equal(c.tags.Stale(have), c.stale) {
			t.Errorf("%s: keeps %v, stale %v, %s", name, c.tags.Keeps(have), c.tags.Stale(have), c.tags.Text(have))
		}
		if c.keeps != (c.tags.Text(have) == c.tags.Text(c.tags)) {
			t.Errorf("%s: the texts are %q and %q", name, c.tags.Text(have), c.tags.Text(c.tags))
		}
	}
	delete(have, account.TagKeys)
	if before.Keeps(have) || before.Text(have) == before.Text(before) {
		t.Errorf("what is not known to be declared is taken for it: %s", before.Text(have))
	}
	if have[account.TagKeys] = before[account.TagKeys]; len(bare.Stale(map[string]string{"mine": "1"})) > 0 {
		t.Error("a foreign tag is taken away")
	}
}

func TestForgottenTagsAreKnownByTheirNumber(t *testing.T) {
	most := map[string]string{}
	for n := range 40 {
		most[fmt.Sprintf("%0128d", n)] = "x"
	}
	tags := account.Mark("hello", "vpc").Declared(most)
	if len(tags[account.TagKeys]) > 256 {
		t.Errorf("%d characters", len(tags[account.TagKeys]))
	}
	if stale := account.Mark("hello", "vpc").Stale(tags); len(stale) != 41 {
		t.Errorf("%d keys are to go", len(stale))
	}
}
