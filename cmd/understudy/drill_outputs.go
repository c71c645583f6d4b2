package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/report"
)

// drillOutputs are the files that a drill writes.
type drillOutputs struct{ json, html, junit, key string }

func (o *drillOutputs) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.json, "json", "", "write the report to this `file` as JSON; - for standard output")
	flags.StringVar(&o.html, "html", "", "write the report to this `file` as a page that needs nothing but a browser")
	flags.StringVar(&o.junit, "junit", "", "write the results to this `file` as JUnit's XML, for pipelines")
	flags.StringVar(&o.key, "sign", "", "sign the JSON file with this private `key`, of Ed25519 in PEM, into FILE.sig")
}

func (o *drillOutputs) check() error {
	if o.key == "" {
		return nil
	}
	if o.json == "" || o.json == "-" {
		return errors.New("--sign: signs the file of --json, which is not given")
	}
	key, err := os.ReadFile(o.key)
	if err == nil {
		_, err = report.Sign(nil, key)
	}
	if err != nil {
		return fmt.Errorf("--sign: %w", err)
	}
	return nil
}

// write writes every file that was asked for. All are tried, since there is no second drill of this one.
func (o *drillOutputs) write(r *drill.Report) error {
	var errs []error
	if o.json != "" && o.json != "-" {
		errs = append(errs, writeReport(o.json, r), o.sign())
	}
	for _, f := range []struct {
		file string
		as   func(io.Writer, *drill.Report) error
	}{{o.html, report.HTML}, {o.junit, report.JUnit}} {
		if f.file != "" {
			errs = append(errs, writeAs(f.file, r, f.as))
		}
	}
	return errors.Join(errs...)
}

// sign signs the file, not what was to be in it: what is there is what is verified.
func (o *drillOutputs) sign() error {
	if o.key == "" {
		return nil
	}
	text, err := os.ReadFile(o.json)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(o.key)
	if err != nil {
		return err
	}
	signature, err := report.Sign(text, key)
	if err != nil {
		return err
	}
	return os.WriteFile(o.json+".sig", signature, 0o644)
}

func writeAs(file string, r *drill.Report, as func(io.Writer, *drill.Report) error) error {
	b, err := written(r, as)
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o644)
}

func written(r *drill.Report, as func(io.Writer, *drill.Report) error) ([]byte, error) {
	var b bytes.Buffer
	err := as(&b, r)
	return b.Bytes(), err
}

// digest is the SHA-256 of a declaration's file, or "" if it cannot be read.
func digest(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

// shelf is where the drills of a stack are kept, in the user's state folder.
func shelf(stack string) report.Shelf {
	return report.Shelf(filepath.Join(cloud.StateDir(), "drills", stack))
}
