package discover

import "strings"

// Untold are keys that no resource of an account tells.
type Untold struct {
	Keys []string // a key tells of all below it
	Why  string
}

func (u Untold) String() string { return strings.Join(u.Keys, ", ") + ": " + u.Why }

var (
	// notTold is so of every stack.
	notTold = Untold{[]string{"failover.rto", "failover.standby", "failover.before", "failover.after", "failover.hook_timeout", "failover.failback",
		"image.rebake", "parity", "drill"}, "they are for the commands, and no resource has them"}
	// bakedOf is so where the stack has baked its image.
	bakedOf = Untold{[]string{"image.base", "image.parameter", "image.install", "image.run", "regions.primary.image", "regions.secondary.image"},
		"the image that was baked does not tell of what, and is itself the image.base that is declared"}
	// selectedBy is so where instances are of an image as it is.
	selectedBy = Untold{[]string{"image.base", "image.parameter", "regions.primary.image", "regions.secondary.image"},
		"how the image was selected is not told, and image.base has its name"}
)

// untold tells of keys that they are not known. What begins so is no sentence, but names them.
func (d *Declared) untold(u Untold) { d.unsaid("%s", u) }
