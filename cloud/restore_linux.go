package cloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/world"
)

// Restore restores the last good copy of the refused state of a region, of "route53" or of "identity"; changes that came after the
// copy are lost. With empty, it starts with no state instead. The refused file is kept under
// another name. If the folder's cloud runs, it starts the refused part. It fails if the state is not refused.
func Restore(ctx context.Context, dir, name string, empty bool) ([]Restored, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(settingsPath(dir)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no cloud's folder", dir)
	}
	lock, err := lockFolder(dir)
	if errors.Is(err, ErrInUse) {
		return restoreRunning(ctx, dir, name, empty)
	}
	if err != nil {
		return nil, err
	}
	defer unlockFolder(lock)
	s, err := readSettings(dir)
	if err != nil {
		return nil, err
	}
	return restore(dir, s.Regions, name, empty)
}

func restoreRunning(ctx context.Context, dir, name string, empty bool) (done []Restored, err error) {
	a, err := Attach(ctx, dir)
	if err != nil {
		return nil, err
	}
	path := "/restore/" + name
	if empty {
		path += "?empty=true"
	}
	return done, a.call(ctx, http.MethodPost, path, nil, &done)
}

// restore restores a part of this running cloud and starts it.
func (c *Cloud) restore(ctx context.Context, name string, empty bool) ([]Restored, error) {
	if c.state(name) == world.Up {
		return nil, fmt.Errorf("%s works: there is nothing to go back from", name)
	}
	done, err := restore(c.dir, c.regions.List(), name, empty)
	if err != nil {
		return done, err
	}
	return done, c.startProcess(ctx, name, c.regions.index(name))
}

func restore(dir string, regions []string, name string, empty bool) (done []Restored, err error) {
	if all := append([]string{world.Route53, world.Identity}, regions...); !slices.Contains(all, name) {
		return nil, fmt.Errorf("%q is not of this cloud, which has %s", name, strings.Join(all, ", "))
	}
	do := store.Restore
	if empty {
		do = store.StartAnew
	}
	for _, path := range world.StateFiles(dir, name) {
		r, err := do(path, store.Options{Kept: world.Kept(dir, name)})
		if errors.Is(err, store.ErrSound) {
			continue
		}
		if err != nil {
			return done, err
		}
		done = append(done, Restored(r))
	}
	if len(done) == 0 {
		return nil, fmt.Errorf("the state of %s is sound: there is nothing to go back from", name)
	}
	return done, nil
}
