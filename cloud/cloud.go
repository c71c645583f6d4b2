package cloud

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// ErrLinux is what Start returns on systems other than Linux.
var ErrLinux = errors.New("a local cloud needs Linux: its networks and instances are kernel namespaces (the tool itself works here against AWS)")

// Main runs a process of a cloud if argv[0] names one, and then does not return. Otherwise it does nothing. Call it
// first in main and in TestMain.
func Main() { runRole() }

// ErrInUse means that another process runs a cloud on the folder.
var ErrInUse = errors.New("a cloud runs on this folder already")

// LeastTimeout is the shortest that a time-out of AWS's becomes at any speed, unless AWS's own is shorter, or the cloud has another one.
const LeastTimeout = tempo.LeastTimeout

// Endpoint is the API's base URL.
func (c *Cloud) Endpoint() string {
	return fmt.Sprintf("http://%s:%d", address.Endpoint(c.settings.Number), Port)
}

// Dir is the cloud's folder.
func (c *Cloud) Dir() string { return c.dir }

// Credentials are the access key's id and secret.
func (c *Cloud) Credentials() (id, secret string) { return c.keys.ID, c.keys.Secret }

// Resolver is the host:port, on loopback, of the cloud's name server.
func (c *Cloud) Resolver() string { return resolver(c.settings.Number) }

func resolver(number int) string {
	twin, _ := address.Twin(number, address.NameServers[0])
	return net.JoinHostPort(twin.String(), strconv.Itoa(address.HostPort(53)))
}

// Env is the environment that points AWS clients, and understudy's own commands, at the cloud.
func (c *Cloud) Env() map[string]string { return environment(c.dir, c.settings, c.keys, c.Endpoint()) }

func environment(dir string, s settings, keys credentials, endpoint string) map[string]string {
	env := map[string]string{
		"AWS_ENDPOINT_URL":          endpoint,
		"AWS_REGION":                s.Regions[0],
		"AWS_DEFAULT_REGION":        s.Regions[0],
		"AWS_ACCESS_KEY_ID":         keys.ID,
		"AWS_SECRET_ACCESS_KEY":     keys.Secret,
		"AWS_EC2_METADATA_DISABLED": "true", // the host is no instance: do not look for its role
		"UNDERSTUDY_CERTIFICATES":   filepath.Join(dir, authority.RootFile),
		"UNDERSTUDY_RESOLVER":       resolver(s.Number),
		"UNDERSTUDY_PORT_SHIFT":     strconv.Itoa(address.HostPort(80) - 80),
		"UNDERSTUDY_SPEED":          strconv.FormatFloat(s.Speed, 'g', -1, 64),
	}
	if s.LeastTimeout != 0 {
		env["UNDERSTUDY_LEAST_TIMEOUT"] = s.LeastTimeout.String()
	}
	return env
}

// Process is one of the cloud's own processes.
type Process struct {
	Name  string `json:"name"`
	State string `json:"state"` // up, down, or refused: it does not work with the state that it found
	PID   int    `json:"pid,omitempty"`
	// RSS and PSS are resident memory in bytes; PSS counts a page that n processes share as an n-th.
	RSS    int64  `json:"rss,omitempty"`
	PSS    int64  `json:"pss,omitempty"`
	Reason string `json:"reason,omitempty"` // why it is not up
	Hint   string `json:"hint,omitempty"`   // what to do about it
}

// Status is the state of a cloud.
type Status struct {
	Endpoint  string    `json:"endpoint"`
	Resolver  string    `json:"resolver"`
	Dir       string    `json:"dir"`
	Account   string    `json:"account"`
	Speed     float64   `json:"speed"`
	Regions   []string  `json:"regions"`
	Processes []Process `json:"processes"`
	Faults    []InForce `json:"faults"` // what goes wrong on purpose
}
