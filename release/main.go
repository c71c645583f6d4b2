// Command release builds what people install: the program for each system, archives, Debian and RPM packages, manual pages,
// completions, a bill of materials, the licences of all that is in it, and checksums. Two runs on one commit give the same bytes.
//
// Run it from a checkout without changes, as `make release` does. The version is what Go stamps into the program: the tag of the
// commit, or a pseudo-version (https://go.dev/ref/mod#pseudo-versions).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	source := flag.String("source", "..", "the checkout's `folder`")
	out := flag.String("out", "../dist", "the `folder` to write to; it must not exist")
	systems := flag.String("systems", strings.Join(everySystem, ","), "what to build for, as `GOOS/GOARCH,...`")
	dirty := flag.Bool("dirty", false, "build although files were changed since the commit")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := release(ctx, *source, *out, strings.Split(*systems, ","), *dirty); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release builds everything in a folder beside out, which takes out's name once it is whole.
func release(ctx context.Context, source, out string, systems []string, dirty bool) (err error) {
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s is there; remove it first", out)
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+"-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	r := &run{source: source, work: work, out: filepath.Join(work, "out")}
	if err := os.Mkdir(r.out, 0o755); err != nil {
		return err
	}
	if err := r.host(ctx, dirty); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "release: version", r.version)
	for _, s := range systems {
		fmt.Fprintln(os.Stderr, "release:", s)
		if err := r.system(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	if err := writeSums(r.out); err != nil {
		return err
	}
	return os.Rename(r.out, out)
}
