package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// fitting are the licences, by SPDX's ids (https://spdx.org/licenses), under which a program that is itself under Apache-2.0 may be
// given away as a whole: those that ask for no more than their text and, of MPL-2.0, the source of its own unchanged files.
var fitting = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unicode-DFS-2016", "Unlicense"}

// legal are the names of the files that a licence asks to be passed on. LICENSE.docs is that of a module's documentation, which
// is in no program.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)(\.code|\.md|\.txt|-[\w.]+)?$`)

// writeNotices writes the licences and notices of all that was linked into a program. It fails where one is missing, is not
// known, or does not fit.
func writeNotices(ctx context.Context, path, program, source string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	modules := make([]string, len(info.Deps))
	for i, m := range info.Deps {
		modules[i] = m.Path + "@" + m.Version
	}
	folders, err := moduleFolders(ctx, source, modules)
	if err != nil {
		return err
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	modules = slices.Insert(modules, 0, info.GoVersion)
	folders[info.GoVersion] = strings.TrimSpace(string(root))
	var b bytes.Buffer
	fmt.Fprint(&b, "Understudy is made of the modules below, besides its own code. Each is under the licence that follows its name;\n"+
		"its source is at https://proxy.golang.org/MODULE/@v/VERSION.zip.\n")
	for _, m := range modules {
		if err := notice(&b, m, folders[m]); err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// moduleFolders returns where the sources of modules are, which it downloads if they are not there.
func moduleFolders(ctx context.Context, source string, modules []string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"mod", "download", "-json"}, modules...)...)
	cmd.Dir, cmd.Stderr = source, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	folders := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var m struct{ Path, Version, Dir string }
		if err := d.Decode(&m); err != nil {
			return nil, err
		}
		folders[m.Path+"@"+m.Version] = m.Dir
	}
	return folders, nil
}

// notice writes the licence files of one module.
func notice(b *bytes.Buffer, module, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	known := false
	for _, e := range entries {
		if e.IsDir() || !legal.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		ids, err := licencesIn(text)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		known = known || len(ids) > 0
		fmt.Fprintf(b, "\n\n==== %s: %s %s\n\n%s", module, e.Name(), strings.Join(ids, ", "), bytes.TrimSpace(text))
	}
	if !known {
		return fmt.Errorf("no licence is in %s", folder)
	}
	return nil
}

// licencesIn returns the ids of the licences in a text, each of which has to fit.
func licencesIn(text []byte) (ids []string, err error) {
	for _, m := range licensecheck.Scan(text).Match {
		if !slices.Contains(fitting, m.ID) {
			return nil, fmt.Errorf("%s does not fit this program's licence", m.ID)
		}
		if !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	return ids, nil
}
