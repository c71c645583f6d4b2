package machines

import (
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
)

// A version is of its region's own type, in what is sent as in what is compared.
func TestAVersionIsOfItsRegionsType(t *testing.T) {
	template := declaredInstance(t, machine)
	place := template.Declared.Regions[understudy.Primary]
	place.Type = "m7g.large"
	template.Declared.Regions[understudy.Primary] = place
	data := template.wanted()
	if data.InstanceType != ec2types.InstanceTypeM7gLarge {
		t.Errorf("sent is %s", data.InstanceType)
	}
	for i, f := range template.content() {
		if has := contentOf(asAnswered(t, data))[i]; f.Name == "type" && f != has {
			t.Errorf("compared is %v with %v", f, has)
		}
	}
}
