package parity

import (
	"maps"
	"slices"
	"strings"
)

// match pairs what nothing names alike, in regions that this tool did not build: of what is left over on both sides, those that
// have the most settings in common and at least half of them. What is paired on the right takes the role of its like on the left,
// also where others refer to it.
func match(left, right Region) Region {
	out := Region{Name: right.Name, Side: right.Side, Members: right.Members}
	for _, r := range right.Resources {
		r.Settings = maps.Clone(r.Settings)
		out.Resources = append(out.Resources, r)
	}
	l, r := leftOver(left, out), leftOver(out, left)
	for len(l) > 0 && len(r) > 0 {
		i, j, alike := closest(left, out, l, r)
		if alike < 0.5 {
			break
		}
		a, b := left.Resources[l[i]], &out.Resources[r[j]]
		rename(out, b.Name(), a.Name())
		b.Role = a.Role
		l, r = slices.Delete(l, i, i+1), slices.Delete(r, j, j+1)
	}
	return out
}

// leftOver returns the positions of what another region has no like of, by kind and role.
func leftOver(of, in Region) []int {
	there := map[key]int{}
	for _, r := range in.Resources {
		there[key{r.Kind, r.Role}]++
	}
	var left []int
	for n, r := range of.Resources {
		if k := (key{r.Kind, r.Role}); there[k] > 0 {
			there[k]--
		} else {
			left = append(left, n)
		}
	}
	return left
}

func closest(left, right Region, l, r []int) (i, j int, alike float64) {
	for n, a := range l {
		for m, b := range r {
			x, y := left.Resources[a], right.Resources[b]
			if x.Kind != y.Kind {
				continue
			}
			if s := similarity(x.Settings, y.Settings); s > alike {
				i, j, alike = n, m, s
			}
		}
	}
	return i, j, alike
}

// similarity is the share of settings that are the same.
func similarity(a, b map[string]string) float64 {
	all := union(a, b)
	if len(all) == 0 {
		return 1
	}
	same := 0
	for name := range all {
		if valueIn(a, name) == valueIn(b, name) {
			same++
		}
	}
	return float64(same) / float64(len(all))
}

// rename replaces a resource's name in all that refers to it.
func rename(region Region, from, to string) {
	for _, r := range region.Resources {
		for _, setting := range sortedKeys(r.Settings) {
			value := r.Settings[setting]
			delete(r.Settings, setting)
			r.Settings[renamed(setting, from, to)] = renamed(value, from, to)
		}
	}
}

// renamed replaces a whole name: one that goes on is another's.
func renamed(text, from, to string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, from)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		ends := after == "" || strings.ContainsAny(after[:1], ` ,:;"]}`)
		b.WriteString(map[bool]string{true: to, false: from}[ends])
		text = after
	}
}

// lineage replaces the origins of each pair of images: equal ones are one image, wherever they were copied from.
func lineage(left, right *Region) {
	shared := map[string]bool{}
	for _, l := range left.Resources {
		for _, r := range right.Resources {
			if l.Kind == "image" && r.Kind == "image" && l.Role == r.Role && l.Settings[settingOrigin] == r.Settings[settingOrigin] {
				shared[l.Settings[settingOrigin]] = true
			}
		}
	}
	for _, region := range []*Region{left, right} {
		region.Resources = slices.Clone(region.Resources)
		for n, r := range region.Resources {
			if r.Kind == "image" && shared[r.Settings[settingOrigin]] {
				r.Settings = maps.Clone(r.Settings)
				r.Settings[settingOrigin] = "one for both regions"
				region.Resources[n] = r
			}
		}
	}
}
