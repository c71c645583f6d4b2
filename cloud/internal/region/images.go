package region

import (
	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/parameters"
)

// images are EC2's as the Parameter Store sees them. What they lack here, compute.Room has.
type images struct{ *compute.Room }

func (i images) PublicParameters() (all []parameters.Public) {
	for _, p := range i.Room.PublicParameters() {
		all = append(all, parameters.Public(p))
	}
	return all
}
