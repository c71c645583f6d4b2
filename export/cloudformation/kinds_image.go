package cloudformation

import (
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
)

// usedImage is a parameter, too, by which CloudFormation looks up a parameter of Parameter Store; what is newest under a name it cannot look up.
func (t *translation) usedImage(s *export.Settings) {
	if b := s.Optional("builder"); b != "" && b != "gone" {
		s.Refuse("a builder, %s", b)
	}
	from, ok := s.Content.(understudy.Origin)
	if !ok {
		s.Refuse("an image by %T", s.Content)
		return
	}
	typ, usual := "AWS::EC2::Image::Id", s.Standing
	switch {
	case from.Parameter != "":
		typ, usual = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", from.Parameter
	case from.ID != "":
		usual = from.ID
	default:
		t.say(s.ID, "CloudFormation cannot look up the newest %s: its id is a parameter of each region", from)
	}
	t.parameter(home(s.Piece), imageParameter, typ, usual, "The "+from.String()+", in this region")
}
