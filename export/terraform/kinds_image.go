package terraform

import (
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
)

// usedImage is looked up as the plan does.
func (t *translation) usedImage(s *export.Settings) {
	if b := s.Optional("builder"); b != "" && b != "gone" {
		s.Refuse("a builder, %s", b)
	}
	from, ok := s.Content.(understudy.Origin)
	if !ok {
		s.Refuse("an image by %T", s.Content)
		return
	}
	r := t.add(s, "aws_ami", serviceFile, "image")
	r.data = true
	switch {
	case from.ID != "":
		r.within("filter").set("name", text("image-id")).set("values", list{text(from.ID)})
	case from.Parameter != "":
		p := t.beside(r, "aws_ssm_parameter", r.label)
		p.data = true
		p.set("name", text(from.Parameter))
		r.within("filter").set("name", text("image-id")).set("values", list{verbatim(p.address() + ".value")})
	default:
		r.set("most_recent", truth(true)).set("owners", texts(from.Base.Owners))
		r.within("filter").set("name", text("name")).set("values", texts(from.Base.Names))
		if len(from.Base.Names) > 1 {
			t.say(s.ID, "Terraform takes the newest image that has any of the names, `understudy` the newest of the first name that any image has")
		}
	}
}
