package machines

import (
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

func (i *Images) Refer(id blueprint.Ref) {
	i.ID, i.Root = id.String(), blueprint.Ref{Piece: id.Piece, Attribute: blueprint.RootDevice}.String()
}

func (i *Images) drawn(settings []resource.Field) blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindImage, Name: i.imageName(), Tags: i.tags(), Settings: settings,
		Content: blueprint.Baking{Base: i.Declared.Origin(i.Side), Script: builderScript(i.Declared.Image, i.Digest)}}
}

func (i *Image) Draw() blueprint.Piece { return i.drawn(i.Desired()) }

func (c *ImageCopy) Draw() blueprint.Piece { return c.drawn(c.Desired()) }

func (t *Template) Refer(id blueprint.Ref) { t.ID = id.String() }

func (t *Template) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindTemplate, Name: t.NameOf("template"), Tags: t.Mark("template"), Settings: t.Desired(), Content: t.wanted()}
}

func (h *Host) Refer(id blueprint.Ref) { h.ID = id.String() }

func (h *Host) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindHost, Tags: h.Mark(h.Role), Settings: h.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindTemplate: blueprint.RefOf(h.Template.ID)}, Content: h.over()}
}

func (i *HostImage) Refer(id blueprint.Ref) { i.id = id.String() }

func (i *HostImage) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindHostImage, Name: i.Declared.Hosts.Image.Name,
		Settings: append(i.Desired(), resource.Field{Name: "owner", Value: i.Declared.Hosts.Image.Owner})}
}

func (p *Preset) Undrawn() {} // a template's default is its latest version, in whatever language
