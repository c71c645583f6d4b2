package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// everySystem is what a release is built for. Where it is not Linux, the program is the tool without the cloud.
var everySystem = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"}

// run is one release in the making.
type run struct {
	source, work, out string
	version           string    // with its v, as Go stamps it
	at                time.Time // of the commit: the time of every file in every archive
	documents         []file    // what all archives hold beside the program
}

// host builds the program for this machine and takes from it what does not depend on the system: version, manual and completions.
func (r *run) host(ctx context.Context, dirty bool) error {
	program, err := r.build(ctx, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	r.version = info.Main.Version
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.time":
			if r.at, err = time.Parse(time.RFC3339, s.Value); err != nil {
				return err
			}
		case s.Key == "vcs.modified" && s.Value == "true" && !dirty:
			return errors.New("files were changed since the commit; -dirty builds all the same")
		}
	}
	if r.at.IsZero() {
		return errors.New("the program has no commit in it: is this a checkout, and git installed?")
	}
	return r.document(ctx, program)
}

// build builds the program for a system, without a word of this machine in it: no paths, no C library.
func (r *run) build(ctx context.Context, goos, goarch string) (string, error) {
	program := filepath.Join(r.work, goos+"-"+goarch, programName(goos))
	abs, err := filepath.Abs(program)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", abs, "./cmd/understudy")
	cmd.Dir = r.source
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off")
	cmd.Stderr = os.Stderr
	return program, cmd.Run()
}

func programName(goos string) string {
	if goos == "windows" {
		return "understudy.exe"
	}
	return "understudy"
}

// system builds what one system's people install.
func (r *run) system(ctx context.Context, system string) error {
	goos, goarch, ok := strings.Cut(system, "/")
	if !ok {
		return errors.New("not GOOS/GOARCH")
	}
	program, err := r.build(ctx, goos, goarch)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("understudy_%s_%s_%s", strings.TrimPrefix(r.version, "v"), goos, goarch)
	if info, err := buildinfo.ReadFile(program); err != nil || info.Main.Version != r.version {
		return errors.Join(err, errors.New("the checkout has changed while it was built"))
	}
	if err := writeBill(filepath.Join(r.out, name+".cdx.json"), program, r.at); err != nil {
		return err
	}
	notices := filepath.Join(filepath.Dir(program), "NOTICES")
	if err := writeNotices(ctx, notices, program, r.source); err != nil {
		return err
	}
	files := append([]file{{program, programName(goos), 0o755}, {notices, "NOTICES", 0o644}}, r.documents...)
	if goos == "windows" {
		return writeZip(filepath.Join(r.out, name+".zip"), name, files, r.at)
	}
	if err := writeTar(filepath.Join(r.out, name+".tar.gz"), name, files, r.at); err != nil {
		return err
	}
	if goos == "linux" {
		return r.packages(name, goarch, program, notices)
	}
	return nil
}
