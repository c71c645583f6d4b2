package discover

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/understudy/understudy"
)

// otherwise says what the second region has otherwise than the first, where a key does, and tells the rest.
func (d *Declared) otherwise(second *Site, other *Declared) {
	for _, u := range other.Unsaid {
		if !slices.Contains(d.Unsaid, u) {
			d.unsaid("in %s, %s", second.Region, u)
		}
	}
	first := maps.Clone(d.Values)
	for _, key := range slices.Sorted(maps.Keys(merged(first, other.Values))) {
		was, is := first[key], other.Values[key]
		if reflect.DeepEqual(was, is) {
			continue
		}
		switch at := "regions." + string(understudy.Secondary) + "."; key {
		case "egress":
			d.Values[at+key] = cmp.Or(text(is), "none")
		case "instance.type":
			if is != nil {
				d.Values[at+key] = is
			}
		case "fleet.min", "fleet.desired", "fleet.max":
			if is != nil {
				d.Values[at+key] = is
			}
		default:
			d.unsaid("that %s is otherwise in %s: %s", key, second.Region, short(is))
		}
	}
}

func merged(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

// short renders a value in a line. A script has too many.
func short(value any) string {
	switch s := fmt.Sprint(value); {
	case value == nil:
		return "nothing is said there"
	case strings.Contains(strings.TrimSpace(s), "\n"):
		return "another text"
	default:
		return strings.TrimSpace(s)
	}
}
