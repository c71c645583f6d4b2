package understudy_test

import (
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

// A region's own type is that of its fleet, and of its hosts where they have none of their own.
func TestARegionMayHaveATypeOfItsOwn(t *testing.T) {
	src := strings.Replace(good, "name: us-west-2,", "name: us-west-2, instance: {type: m6g.large},", 1)
	d, err := parse(src + "instance: {type: m7g.large}\n")
	if err != nil {
		t.Fatal(err)
	}
	p, s := understudy.Primary, understudy.Secondary
	if d.InstanceType(p) != "m7g.large" || d.InstanceType(s) != "m6g.large" || d.HostType(s) != "m6g.large" {
		t.Errorf("fleets of %s and %s, hosts of %s", d.InstanceType(p), d.InstanceType(s), d.HostType(s))
	}
	d.Hosts.Type = "t3.nano"
	if d.HostType(p) != "t3.nano" || d.HostType(s) != "t3.nano" {
		t.Errorf("hosts of %s and %s", d.HostType(p), d.HostType(s))
	}
}
