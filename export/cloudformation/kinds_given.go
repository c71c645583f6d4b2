package cloudformation

import (
	"cmp"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// What somebody else has made is a parameter: CloudFormation looks nothing up. Its default is the id that stands or is declared.

func (t *translation) givenVPC(s *export.Settings) { t.given(s, "AWS::EC2::VPC::Id", 0) }

func (t *translation) givenSubnet(s *export.Settings) {
	t.given(s, "AWS::EC2::Subnet::Id", s.Number("zone"))
}

// given adds the parameter of one, which is declared by its place in a list of ids, or by tags.
func (t *translation) given(s *export.Settings, typ string, place int) {
	of, ok := s.Content.(understudy.Given)
	if !ok {
		s.Refuse("a network by %T", s.Content)
		return
	}
	id := s.Standing
	if id == "" && place < len(of.IDs) {
		id = of.IDs[place]
	}
	if id == "" {
		t.say(s.ID, "CloudFormation cannot look up what is %s: its id is a parameter of each region", of)
	}
	t.parameter(home(s.Piece), givenParameter(s.Piece), typ, id, "What was there before the stack: "+cmp.Or(id, of.String()))
}

// givenParameter is the name of the parameter that stands for a given network or subnet.
func givenParameter(p blueprint.Piece) string {
	_, name, _ := strings.Cut(p.ID, "/")
	return logical(name)
}
