package discover

import (
	"slices"
	"strings"

	"github.com/understudy/understudy"
)

// Untold are keys that no resource of an account tells.
type Untold struct {
	Keys []string // a key tells of all below it
	Why  string
}

func (u Untold) String() string { return strings.Join(u.Keys, ", ") + ": " + u.Why }

var (
	// notTold is so of every stack.
	notTold = Untold{[]string{"failover.rto", "failover.standby", "failover.before", "failover.after", "failover.hook_timeout", "failover.failback",
		"image.rebake", "fleet.refresh", "parity", "drill"}, "they are for the commands, and no resource has them"}
	// bakedOf is so where the stack has baked its image.
	bakedOf = Untold{[]string{"image.base", "image.parameter", "image.install", "image.run", "regions.primary.image", "regions.secondary.image"},
		"the image that was baked does not tell of what, and is itself the image.base that is declared"}
	// selectedBy is so where instances are of an image as it is.
	selectedBy = Untold{[]string{"image.base", "image.parameter", "regions.primary.image", "regions.secondary.image"},
		"how the image was selected is not told, and image.base has its name"}
)

// othersAlarms is so of a stack that others made.
var othersAlarms = Untold{[]string{"alarms"}, "which of an account's alarms are of the service is not told"}

// networkBy is so where a stack stands in a network that was there.
var networkBy = Untold{[]string{"regions.primary.network", "regions.secondary.network"},
	"by what tags the network was found is not told, and its ids are declared"}

// untold tells of keys that they are not known. What begins so is no sentence, but names them.
func (d *Declared) untold(u Untold) {
	u.Keys = slices.DeleteFunc(slices.Clone(u.Keys), func(key string) bool { return !declarable(understudy.Keys(), key) })
	if len(u.Keys) > 0 {
		d.unsaid("%s", u)
	}
}

// declarable tells whether a declaration has a key.
func declarable(keys []*understudy.Key, path string) bool {
	return slices.ContainsFunc(keys, func(k *understudy.Key) bool { return k.Path == path || declarable(k.Keys, path) })
}
