package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/world"
)

// Attached controls a cloud that another process of the same user runs.
type Attached struct {
	dir    string
	client *http.Client
}

// ErrNotRunning means that no cloud runs on the folder.
var ErrNotRunning = errors.New("no cloud runs on this folder")

// Attach finds the cloud that runs on a folder; it fails with ErrNotRunning if there is none.
func Attach(ctx context.Context, dir string) (*Attached, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	a := &Attached{dir: dir, client: unixClient(world.ControlSocket(dir))}
	if _, err := a.Status(ctx); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("%s is another user's: its cloud, if one runs, is for that user alone", dir)
		}
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return nil, fmt.Errorf("%w: %s", ErrNotRunning, dir)
		}
		return nil, err
	}
	return a, nil
}

// AttachEndpoint finds the cloud whose API is at a URL, whatever its folder; it fails with ErrNotRunning if no cloud
// that this user started is there.
func AttachEndpoint(ctx context.Context, endpoint string) (*Attached, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	host, err := netip.ParseAddr(u.Hostname())
	if err != nil || !host.Is4() || address.Endpoint(int(host.As4()[1])) != host {
		return nil, fmt.Errorf("%w: %s is no local cloud's API", ErrNotRunning, endpoint)
	}
	dir, err := os.ReadFile(numberPath(int(host.As4()[1])))
	if err != nil {
		return nil, fmt.Errorf("%w: no folder is known for %s", ErrNotRunning, endpoint)
	}
	a, err := Attach(ctx, strings.TrimSpace(string(dir)))
	if err != nil {
		return nil, err
	}
	if s, err := a.Status(ctx); err != nil || s.Endpoint != strings.TrimSuffix(endpoint, "/") {
		return nil, errors.Join(fmt.Errorf("%w: %s has another endpoint than %s", ErrNotRunning, a.dir, endpoint), err)
	}
	return a, nil
}

// Dir is the cloud's folder.
func (a *Attached) Dir() string { return a.dir }

// Status is like Cloud.Status.
func (a *Attached) Status(ctx context.Context) (s Status, err error) {
	return s, a.call(ctx, http.MethodGet, "/status", nil, &s)
}

// Env is like Cloud.Env.
func (a *Attached) Env(ctx context.Context) (env map[string]string, err error) {
	return env, a.call(ctx, http.MethodGet, "/env", nil, &env)
}

// KillRegion is like Cloud.KillRegion.
func (a *Attached) KillRegion(ctx context.Context, name string) error {
	return a.call(ctx, http.MethodPost, "/regions/"+name+"/kill", nil, nil)
}

// StartRegion is like Cloud.StartRegion.
func (a *Attached) StartRegion(ctx context.Context, name string) error {
	return a.call(ctx, http.MethodPost, "/regions/"+name+"/start", nil, nil)
}

// Stop ends the cloud and returns when its front door, the last of its processes, has ended.
func (a *Attached) Stop(ctx context.Context) error {
	s, err := a.Status(ctx)
	if err != nil {
		return err
	}
	runner, err := os.FindProcess(s.Processes[0].PID)
	if err != nil {
		return err
	}
	defer runner.Release()
	if err := a.call(ctx, http.MethodPost, "/stop", nil, nil); err != nil {
		return err
	}
	return awaitEnd(ctx, a.dir, runner)
}

// call asks the cloud's process, with a value to send and one to fill where they are not nil.
func (a *Attached) call(ctx context.Context, method, path string, send, into any) error {
	var body io.Reader
	if send != nil {
		b, err := json.Marshal(send)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://cloud"+path, body)
	if err != nil {
		return err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(b)))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}
