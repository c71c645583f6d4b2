package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/rootfs"
)

// Image says what an image of EC2 is made of.
type Image struct {
	// Source is a folder with a root file system, a tar file, plain or compressed by gzip, zstd or bzip2, or a folder with the
	// layout of OCI images.
	Source string
	// Of chooses among the images of a layout, by its annotation org.opencontainers.image.ref.name; empty where there is one.
	Of string
	// Name is the image's name, which no other of the account and region has.
	Name, Description string
	// Architecture is x86_64 or arm64; empty for the machine's. An image for another cannot run and is refused.
	Architecture string
	// OnHost lays the files over the host's root file system, as those of the ready-made images are. Otherwise they are all
	// that an instance has.
	OnHost bool
}

// ImportedImage is an image that was made.
type ImportedImage struct {
	Region string   `json:"region"`
	ID     string   `json:"id"`
	Size   int64    `json:"size"`  // bytes in regular files
	Notes  []string `json:"notes"` // what of the source is not in the image
}

// ImportImage is as the Cloud's.
func (a *Attached) ImportImage(ctx context.Context, region string, i Image) (ImportedImage, error) {
	s, err := a.Status(ctx)
	if err != nil {
		return ImportedImage{}, err
	}
	if !slices.Contains(s.Regions, region) && !partition.Has(region) {
		return ImportedImage{}, unknownRegion(region, s.Regions)
	}
	return importImage(ctx, a.client, "http://cloud/images/"+region, region, i)
}

func unknownRegion(name string, regions []string) error {
	return fmt.Errorf("region %q is not of this cloud, which has %s", name, strings.Join(regions, ", "))
}

// importImage sends an image's files to whoever makes images of them.
func importImage(ctx context.Context, client *http.Client, url, region string, i Image) (made ImportedImage, err error) {
	if i.OnHost && i.Of != "" {
		return made, errors.New("an image of a layout is a whole root file system, and not laid over the host's")
	}
	source, err := rootfs.Open(i.Source, i.Of, i.Architecture)
	if err != nil {
		return made, err
	}
	body, contentType := source.Send(ctx, rootfs.Image{Name: i.Name, Description: i.Description, Architecture: i.Architecture, OnHost: i.OnHost})
	sent := &sentBody{ReadCloser: body}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, url, sent)
	if err != nil {
		return made, errors.Join(err, body.Close())
	}
	q.Header.Set("Content-Type", contentType)
	answer, err := client.Do(q)
	if sent.failed != nil {
		err = sent.failed // the source cannot be read, which is why the rest went wrong
	}
	if err != nil {
		if answer != nil {
			answer.Body.Close()
		}
		return made, fmt.Errorf("import %s: %w", i.Source, err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return made, err
	}
	if answer.StatusCode != http.StatusOK {
		return made, fmt.Errorf("import %s: %s", i.Source, strings.TrimSpace(string(b)))
	}
	made.Region = region
	return made, json.Unmarshal(b, &made)
}

// ExportImage is as the Cloud's.
func (a *Attached) ExportImage(ctx context.Context, region, id, dir string) (ExportedImage, error) {
	s, err := a.Status(ctx)
	if err != nil {
		return ExportedImage{}, err
	}
	if !slices.Contains(s.Regions, region) {
		return ExportedImage{}, unknownRegion(region, s.Regions)
	}
	return exportImage(ctx, a.client, "http://cloud/images/"+region+"/"+id, dir)
}

// ExportedImage is an image that was written to files.
type ExportedImage struct {
	Name   string `json:"name"`
	Layers int    `json:"layers"`
	OnHost bool   `json:"on_host"` // they lie over the host's root file system
}

// exportImage writes an image's files as they are sent.
func exportImage(ctx context.Context, client *http.Client, url, dir string) (made ExportedImage, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return made, err
	}
	answer, err := client.Do(q)
	if err != nil {
		return made, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		b, err := io.ReadAll(answer.Body)
		return made, errors.Join(err, errors.New(strings.TrimSpace(string(b))))
	}
	image, next, err := rootfs.Receive(answer.Header, answer.Body)
	if err != nil {
		return made, err
	}
	made = ExportedImage{Name: image.Name, Layers: image.Streams, OnHost: image.OnHost}
	return made, rootfs.WriteLayout(dir, image, next)
}

// sentBody remembers why reading it failed.
type sentBody struct {
	io.ReadCloser
	failed error
}

func (s *sentBody) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
		s.failed = err
	}
	return n, err
}

// unixClient asks whoever listens on a unix socket, by a connection for each request.
func unixClient(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
}
