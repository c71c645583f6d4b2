package main

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers itself
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // registers itself
)

const description = `Keeps a service up when a whole cloud region is lost.
Builds a service in two AWS regions from one declaration, compares them, moves users
by DNS when health checks find one gone, and rehearses that. With a local cloud that
speaks AWS's API on one machine, without privileges.`

// packages writes the packages of Debian's and of Red Hat's families.
func (r *run) packages(name, goarch, program, notices string) error {
	for _, format := range []string{"deb", "rpm"} {
		contents, err := r.installed(program, notices)
		if err != nil {
			return err
		}
		info := nfpm.WithDefaults(&nfpm.Info{
			Name: "understudy", Arch: goarch, Platform: "linux", Version: r.version, MTime: r.at,
			Maintainer: "understudy <maintainers@users.noreply.github.com>", Homepage: "https://github.com/understudy/understudy", License: "Apache-2.0",
			Section: "admin", Priority: "optional", Description: description,
			Overridables: nfpm.Overridables{
				Contents:   contents,
				Recommends: []string{"ca-certificates"}, // calls of AWS itself; the local cloud needs nothing but the kernel
				// The name of the machine that builds would otherwise be in it.
				RPM: nfpm.RPM{BuildHost: "localhost", Summary: "Keep a service up when a whole cloud region is lost", Group: "Applications/System"},
			},
		})
		packager, err := nfpm.Get(format)
		if err != nil {
			return err
		}
		if err := into(filepath.Join(r.out, name+"."+format), func(w io.Writer) error { return packager.Package(info, w) }); err != nil {
			return err
		}
	}
	return nil
}

// places are where Linux's Filesystem Hierarchy Standard wants what an archive holds by its folder there; all else is
// documentation.
var places = map[string]string{
	"man": "/usr/share/man/man1", "completions/understudy": "/usr/share/bash-completion/completions/understudy",
	"completions/_understudy":     "/usr/share/zsh/vendor-completions/_understudy",
	"completions/understudy.fish": "/usr/share/fish/vendor_completions.d/understudy.fish",
}

// installed lists where the files of a package go.
func (r *run) installed(program, notices string) (files.Contents, error) {
	put := func(from, to string, mode os.FileMode) *files.Content {
		return &files.Content{Source: from, Destination: to, FileInfo: &files.ContentFileInfo{Mode: mode, MTime: r.at, Owner: "root", Group: "root"}}
	}
	all := files.Contents{
		put(program, "/usr/bin/understudy", 0o755), put(notices, "/usr/share/doc/understudy/NOTICES", 0o644),
		put(filepath.Join(r.source, "release/systemd/understudy-watch@.service"), "/usr/lib/systemd/system/understudy-watch@.service", 0o644),
		put(filepath.Join(r.source, "release/systemd/understudy-cloud.service"), "/usr/lib/systemd/user/understudy-cloud.service", 0o644),
		{Destination: "/etc/understudy", Type: files.TypeDir, FileInfo: &files.ContentFileInfo{Mode: 0o755, MTime: r.at, Owner: "root", Group: "root"}},
	}
	for _, d := range r.documents {
		from, to := d.from, "/usr/share/doc/understudy/"+d.to
		switch {
		case path.Dir(d.to) == "man":
			to = places["man"] + "/" + path.Base(d.to) + ".gz"
			from = strings.TrimSuffix(from, "/") + ".gz"
			if err := compress(from, d.from); err != nil {
				return nil, err
			}
		case places[d.to] != "":
			to = places[d.to]
		case d.to == "LICENSE":
			to = "/usr/share/doc/understudy/copyright" // Debian Policy, 12.5
		}
		all = append(all, put(from, to, d.mode))
	}
	return all, nil
}

// compress writes a manual page as Debian Policy, 12.1, wants it, without a time in it.
func compress(to, from string) error {
	return into(to, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		return errors.Join(copyFile(z, from), z.Close())
	})
}
