// Package rootfs reads root file systems from outside of the cloud, a folder, a tarball or the layout of an OCI image, and carries
// them to the region that makes an image of them. Reading is the caller's, with the caller's rights; what is read is judged where
// it is written (package machine).
package rootfs

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Image describes the image that is to be made.
type Image struct {
	Name, Description string
	Architecture      string   // as EC2 names it; empty for the machine's
	OnHost            bool     // the files are laid over the host's
	Whiteouts         bool     // the files are an OCI image's layers
	Service           *Service // what the image runs; nil for nothing
	Streams           int      // how many tar streams follow, by which a body that was cut short is told from a whole one
}

// Service is what an image runs at every boot: an OCI image's entry point and command.
type Service struct {
	Args []string `json:"args"` // the program and its arguments
	Env  []string `json:"env"`  // NAME=value
	Dir  string   `json:"dir"`  // the folder it runs in; empty for /
	User string   `json:"user"` // as in an OCI image's configuration: user, uid, user:group, uid:gid; empty for root
}

// Source is a root file system that can be read.
type Source struct {
	Architecture string // as EC2 names it; empty where the source does not say
	Service      *Service
	whiteouts    bool
	streams      []func(context.Context) (io.ReadCloser, error) // each opens a tar stream, the lowest first
}

// Layers are the file system that layers of an OCI image are, the lowest first; each function opens one as a tar stream.
func Layers(service *Service, open ...func(context.Context) (io.ReadCloser, error)) *Source {
	return &Source{Service: service, whiteouts: true, streams: open}
}

// architectures are the names that Go and OCI images give to those of EC2.
var architectures = map[string]string{"amd64": "x86_64", "arm64": "arm64"}

// Open finds out what is at a path. Of an OCI layout that holds several images it takes the one of this name and of this
// architecture, each as in EC2 and empty for any.
func Open(path, name, architecture string) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		if name != "" {
			return nil, fmt.Errorf("%s is no OCI image layout, and has no images with names", path)
		}
		return &Source{streams: []func(context.Context) (io.ReadCloser, error){
			func(context.Context) (io.ReadCloser, error) { return openTarball(path) },
		}}, nil
	}
	if _, err := os.Stat(filepath.Join(path, layoutFile)); err == nil {
		return openLayout(path, name, architecture)
	}
	if name != "" {
		return nil, fmt.Errorf("%s is no OCI image layout, and has no images with names", path)
	}
	return &Source{streams: []func(context.Context) (io.ReadCloser, error){
		func(ctx context.Context) (io.ReadCloser, error) { return openFolder(ctx, path), nil },
	}}, nil
}
