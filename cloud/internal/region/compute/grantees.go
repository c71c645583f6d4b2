package compute

import (
	"regexp"
	"slices"
)

// grantees are those with whom an image or a snapshot is shared: accounts, which here are only told, and everybody.
type grantees []string

// everybody is the one group that there is.
const everybody = "all"

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func isGrantee(who string) bool { return who == everybody || accountID.MatchString(who) }

// changed are those who are left and those who came, each once and in order.
func (g grantees) changed(add, remove grantees) grantees {
	all := slices.DeleteFunc(slices.Concat(g, add), func(who string) bool { return slices.Contains(remove, who) })
	slices.Sort(all)
	return slices.Compact(all)
}

// split tells accounts from everybody.
func (g grantees) split() (accounts []string, all bool) {
	return slices.DeleteFunc(slices.Clone(g), func(who string) bool { return who == everybody }), slices.Contains(g, everybody)
}
