package main

import (
	"debug/buildinfo"
	"io"
	"runtime/debug"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// writeBill writes the bill of materials of a program in CycloneDX's JSON (https://cyclonedx.org/specification/overview): the
// modules that the linker put into it, by its own word. It has no serial number, which would have to be random.
func writeBill(path, program string, at time.Time) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	bill := cyclonedx.NewBOM()
	self := component(cyclonedx.ComponentTypeApplication, &info.Main)
	bill.Metadata = &cyclonedx.Metadata{Timestamp: at.UTC().Format(time.RFC3339), Component: &self}
	standard := &debug.Module{Path: "stdlib", Version: "v" + info.GoVersion[len("go"):]}
	components := []cyclonedx.Component{component(cyclonedx.ComponentTypeLibrary, standard)}
	for _, m := range info.Deps {
		components = append(components, component(cyclonedx.ComponentTypeLibrary, m))
	}
	bill.Components = &components
	return into(path, func(w io.Writer) error {
		return cyclonedx.NewBOMEncoder(w, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bill)
	})
}

func component(kind cyclonedx.ComponentType, m *debug.Module) cyclonedx.Component {
	url := "pkg:golang/" + m.Path + "@" + m.Version // https://github.com/package-url/purl-spec
	return cyclonedx.Component{BOMRef: url, Type: kind, Name: m.Path, Version: m.Version, PackageURL: url}
}
