package understudy

import (
	"fmt"
	"strings"
	"time"
)

// Image says what image the instances are of, and how it is made.
type Image struct {
	Base            Base
	Parameter       string // of Parameter Store, which names an image in each region; empty where Base or the regions' own select it
	Baked           bool   // an image is made of the one that is selected; else instances are of that one, and user data makes of them what Baked would
	Rebake          Rebake
	Install         string // run once while the image is baked, or at the first boot of each instance
	Run             string // run at every boot of every instance
	WithEnvironment bool   // Run is called with the variables of instance.environment
}

// Base selects the image to start from: the newest available one of the first name pattern that any
// image of these owners matches.
type Base struct {
	Owners []string // account numbers, or AWS's aliases: amazon, self
	Names  []string // with * and ? as in EC2's filters
}

// Rebake tells when an image is baked anew because another image is selected as its base than the one that it was made from.
type Rebake string

// The kinds of rebaking.
const (
	RebakeNever   Rebake = "never" // but when up is asked to
	RebakeWeekly  Rebake = "weekly"
	RebakeMonthly Rebake = "monthly"
)

// Age is how old an image is before it is baked anew, and whether it ever is.
func (r Rebake) Age() (age time.Duration, ever bool) {
	const day = 24 * time.Hour
	switch r {
	case RebakeWeekly:
		return 7 * day, true
	case RebakeMonthly:
		return 30 * day, true
	}
	return 0, false
}

// Origin is what selects an image in one region: its id, a parameter, or else a base.
type Origin struct {
	ID, Parameter string
	Base          Base
}

// byParameter begins what names an image by a parameter, as in EC2's own calls ("Use a Systems Manager parameter to reference an AMI" in
// the Amazon EC2 User Guide).
const byParameter = "resolve:ssm:"

// Origin returns what selects the image that a region starts from.
func (d *Declaration) Origin(side Side) Origin {
	named := d.Regions[side].Image
	switch parameter, ok := strings.CutPrefix(named, byParameter); {
	case ok:
		return Origin{Parameter: parameter}
	case named != "":
		return Origin{ID: named}
	case d.Image.Parameter != "":
		return Origin{Parameter: d.Image.Parameter}
	}
	return Origin{Base: d.Image.Base}
}

// String tells what the image is to be.
func (o Origin) String() string {
	switch {
	case o.ID != "":
		return "image " + o.ID
	case o.Parameter != "":
		return "image that parameter " + o.Parameter + " names"
	}
	return fmt.Sprintf("image of %s named %s", strings.Join(o.Base.Owners, " or "), strings.Join(o.Base.Names, " or "))
}

// image reads what the machine image is made of. 11 KiB of scripts, with the run script in base64 and
// the lines around them, stay below the 16 KiB that EC2 allows for user data.
func image(o *object, dir string, readFile func(string) ([]byte, error)) Image {
	base := o.object("base")
	o.require("run", runScript.allowed)
	i := Image{
		Base: Base{
			Owners: base.texts("owners", []string{"amazon"}, imageOwner),
			Names:  base.texts("names", []string{"al2023-ami-2023.*-x86_64"}, imagePattern),
		},
		Parameter: o.text("parameter", "", imageParameter),
		Baked:     o.flag("baked", true),
		Rebake:    Rebake(o.text("rebake", string(RebakeNever), rebakeKind)),
		Install:   script(o, "install", installScript, dir, readFile),
		Run:       script(o, "run", runScript, dir, readFile),
	}
	const most = 11 << 10
	if n := len(i.Install) + len(i.Run); n > most {
		o.mistake("install", fmt.Sprintf("scripts of %d bytes", n), fmt.Sprintf("install and run of %d bytes together", most))
	}
	if i.Parameter != "" && o.has("base") {
		o.mistake("parameter", "image.parameter beside image.base", "one of them")
	}
	if _, ever := i.Rebake.Age(); ever && !i.Baked {
		o.mistake("rebake", string(i.Rebake)+" of an image that is not baked", "never, or image.baked true")
	}
	return i
}

// refuseImages holds the regions' own images against each other, and against what else selects an image.
func refuseImages(d *Declaration, places map[Side]*object, in *object) {
	p, s := d.Regions[Primary].Image, d.Regions[Secondary].Image
	switch {
	case p == "" && s == "":
		return
	case s == "":
		places[Secondary].mistake("image", "an image for the primary alone", "an image for each region, or for none")
	case p == "":
		places[Primary].mistake("image", "an image for the secondary alone", "an image for each region, or for none")
	case in.has("base") || d.Image.Parameter != "":
		in.wrong("image.base or image.parameter beside the regions' own images", "one of them")
	}
}

var (
	// PutParameter in the AWS Systems Manager API Reference; a version or a label may follow (GetParameter).
	parameterPattern = `[A-Za-z0-9_./-]+(:[A-Za-z0-9_.-]+)?`
	imageParameter   = upTo(1011, matching(`(`+parameterPattern+`)?`, "the name of a parameter of Parameter Store in both regions, or nothing"))
	regionsImage     = upTo(1011, matching(`(ami-[0-9a-f]{8}([0-9a-f]{9})?|`+byParameter+parameterPattern+`)?`,
		"ami- and an image's number, resolve:ssm: and a parameter's name, or nothing"))
	rebakeKind = oneOf("never, weekly or monthly", string(RebakeNever), string(RebakeWeekly), string(RebakeMonthly))
)
