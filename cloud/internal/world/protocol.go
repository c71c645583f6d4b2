// Package world starts and ends a local cloud's processes.
//
// The world is PID 1 of fresh user, network, mount, PID, IPC and UTS namespaces, started by the front door
// on the host. Its network namespace is the internet, which has no uplink. It starts and reaps the route53
// process and the regions' processes, each region in its own PID and mount namespaces, and carries out
// the front door's orders, which come over one socket. When that socket closes, the world ends, and the kernel kills
// everything in it: however the front door ends, no process is left.
//
// All processes run this same program; argv[0] is the role. See [Main].
package world

import (
	"path/filepath"

	"github.com/understudy/understudy/cloud/internal/socket"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// The roles, as in argv[0].
const (
	RoleWorld   = "understudy-world"
	RoleRoute53 = "understudy-route53"
	RoleRegion  = "understudy-region"
)

// Config is what a cloud's processes get at their start.
type Config struct {
	Dir     string `json:"dir"`
	Cloud   int    `json:"cloud"` // its number on this machine
	Account string `json:"account"`
	// Endpoint is the URL of the front door, as clients on the host reach it.
	Endpoint string `json:"endpoint"`
	tempo.Pace
	// DefaultVPC has each region's first start make a default VPC.
	DefaultVPC bool `json:"default_vpc"`
	// Quotas are those of regions that are other than usual, by their codes in Service Quotas.
	Quotas map[string]int `json:"quotas,omitempty"`
	// Authority has the certificates, in PEM, of who certifies the names at which the API answers inside, and of who certifies what
	// Certificate Manager issues.
	Authority string `json:"authority"`
	// Temporary means that Dir is removed when the world ends.
	Temporary bool `json:"temporary"`
	// NameServers is how many datagram sockets, and after them as many listeners, the host has opened for
	// the name servers' loopback twins.
	NameServers int `json:"name_servers"`
}

// Route53 is the name of Route 53's process; all others are named like their regions.
const Route53 = "route53"

// Order is a message from the front door to the world.
type Order struct {
	Do   string `json:"do"` // start, kill or stop
	Name string `json:"name,omitempty"`
	// Index is where in the address plan a region's public range is that is to be started.
	Index int `json:"index,omitempty"`
}

// Event is a message from the world to the front door.
type Event struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	PID   int    `json:"pid,omitempty"` // as the host sees it
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"` // what to do about the error
}

// State is a process's.
type State string

// The states. A process that ended is Down if it was killed, crashed or never became ready, and Refused if it refused
// its stored state.
const (
	Up      State = "up"
	Down    State = "down"
	Refused State = "refused"
)

// Identity is the name of IAM and STS, which the front door's own process answers: credentials are as available as it is.
const Identity = "identity"

// Home is the folder of route53, identity or a region.
func Home(dir, name string) string {
	if name == Route53 || name == Identity {
		return filepath.Join(dir, name)
	}
	return filepath.Join(dir, "regions", name)
}

// Kept is the folder of the marks and copies of its state, see package store. It is outside Home, so that it remains if Home
// is lost.
func Kept(dir, name string) string { return filepath.Join(dir, "kept", name) }

// StateFiles are the stores of route53, identity or a region.
func StateFiles(dir, name string) []string {
	if name == Identity {
		return []string{filepath.Join(Home(dir, name), "identity.db")}
	}
	files := []string{filepath.Join(Home(dir, name), "state.db")}
	if name == Route53 {
		files = append(files, filepath.Join(Home(dir, name), "controls.db"))
	}
	return files
}

// hostFolder is for what lies between the host's files and the images, for the instances of all regions.
func hostFolder(dir string) string { return filepath.Join(dir, "host") }

// Socket is where the control plane of route53 or a region serves the AWS API.
func Socket(dir, name string) string { return socketPath(dir, name+".sock") }

// PeerSocket is where a region serves other regions: images for CopyImage.
func PeerSocket(dir, name string) string { return socketPath(dir, name+"-peer.sock") }

// BeaconSocket is where route53 receives the regions' reports.
func BeaconSocket(dir string) string { return socketPath(dir, "beacon.sock") }

// ResolverSocket is where the resolvers of all VPCs ask route53.
func ResolverSocket(dir string) string { return socketPath(dir, "resolver.sock") }

// IdentitySocket is where the regions ask the front door: IAM about the roles of instances, and for other regions.
func IdentitySocket(dir string) string { return socketPath(dir, "identity.sock") }

// DoorSocket is where the front door opens loopback addresses for others.
func DoorSocket(dir string) string { return socketPath(dir, "door.sock") }

// APISocket is where the cloud's processes lend the front door the listeners at which it answers inside.
func APISocket(dir string) string { return socketPath(dir, "api.sock") }

// ControlSocket is where other processes of the same user control the cloud.
func ControlSocket(dir string) string { return socketPath(dir, "control.sock") }

func socketPath(dir, name string) string { return socket.Path(filepath.Join(dir, "run", name)) }
