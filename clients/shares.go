package clients

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Share is how many of the users, from 0 to 1, are of a kind.
type Share struct {
	Kind *Kind
	Of   float64
}

// Mix is the name of a mix in which each behaviour has its place that a measurement shows among real clients. No survey gives their shares of a
// service's users; these are ours.
const Mix = "usual"

// mixes are named shares.
var mixes = map[string]string{Mix: "cache=50%,floor60=20%,pool=10%,stale=5%,runtime30=5%,retry=5%,stub=5%"}

// Names lists the kinds' names in the order of the table.
func Names() (names []string) {
	for _, k := range Kinds {
		names = append(names, k.Name)
	}
	return names
}

// Named returns the kind with a name, nil for none.
func Named(name string) *Kind {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &Kinds[i]
}

// Parse reads which kinds the users are of: "cache=80%,pool=20%", one kind alone, or "usual".
func Parse(text string) ([]Share, error) {
	if mix, ok := mixes[text]; ok {
		text = mix
	}
	var shares []Share
	sum := 0.0
	for one := range strings.SplitSeq(text, ",") {
		name, share, given := strings.Cut(strings.TrimSpace(one), "=")
		kind := Named(name)
		if kind == nil {
			return nil, fmt.Errorf("%q: there are %s, and the mix %s", name, strings.Join(Names(), ", "), Mix)
		}
		s := Share{kind, 1}
		if given {
			n, err := strconv.ParseFloat(strings.TrimSuffix(share, "%"), 64)
			if err != nil || !strings.HasSuffix(share, "%") || !(n > 0) || n > 100 {
				return nil, fmt.Errorf("%q: a share is above 0%% and at most 100%%, for example %s=20%%", one, name)
			}
			s.Of = n / 100
		}
		if slices.ContainsFunc(shares, func(o Share) bool { return o.Kind == s.Kind }) {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		sum += s.Of
		shares = append(shares, s)
	}
	if math.Abs(sum-1) > 0.001 {
		return nil, fmt.Errorf("the shares are %.4g%% together, and not 100%%", 100*sum)
	}
	return shares, nil
}
