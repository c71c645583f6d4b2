package network_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/patience"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// twoDevices is the example whose host-a has a second interface in a private subnet, and further addresses on both.
func twoDevices() network.VPC {
	spec := exampleVPC()
	spec.Interfaces[2].Secondary = []network.Address{{Private: addr("10.0.0.21"), Public: addr("198.51.100.22")}, {Private: addr("10.0.0.22")}}
	spec.Interfaces = append(spec.Interfaces, network.Interface{
		ID: "eni-second", Within: "eni-host-a", Device: 1, Address: addr("10.0.3.20"), Subnet: netip.MustParsePrefix("10.0.3.0/24"),
		RouteTable: "rtb-public", Groups: []string{"sg-front"}, Public: addr("198.51.100.23"),
		Secondary: []network.Address{{Private: addr("10.0.3.21")}},
	})
	return spec
}

// from dials with a source address and returns what the server saw.
func from(t *testing.T, n *network.Namespace, source, to string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience.Limit)
	defer cancel()
	c, err := n.DialFrom(ctx, "tcp", addr(source), to)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	c.SetDeadline(patience.Deadline())
	line := make([]byte, 32)
	k, err := c.Read(line)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(line[:k]))
}

// Each address is reached under the groups of its interface, and answers by it, so that the check of sources lets it pass.
func TestInterfaceBesideAnother(t *testing.T) {
	spec := twoDevices()
	f := newFabric(t, spec)
	host, out := at(t, f, "host-a"), internet(t)
	serve(t, host, "80")
	serve(t, host, "8080")
	serve(t, out, "8888")
	serve(t, at(t, f, "app-b"), "8080")
	user := address.HostUser.String()
	for _, to := range []string{"10.0.0.20", "10.0.0.21", "10.0.0.22"} { // of the first interface, whose group lets in at 8080 from sg-front
		expect(t, at(t, f, "lb-a"), to+":8080", "10.0.0.10")
		expect(t, at(t, f, "lb-a"), to+":80", "timeout")
	}
	for _, to := range []string{"10.0.3.20", "10.0.3.21"} { // of the second, whose group lets in at 80 from anywhere
		expect(t, at(t, f, "lb-a"), to+":80", "10.0.0.10")
		expect(t, at(t, f, "lb-a"), to+":8080", "timeout")
	}
	expect(t, out, "198.51.100.23:80", user)
	expect(t, out, "198.51.100.22:8080", "timeout")
	for source, want := range map[string]string{"10.0.0.20": "198.51.100.20", "10.0.0.21": "198.51.100.22", "10.0.3.20": "198.51.100.23"} {
		if got := from(t, host, source, "192.0.2.1:8888"); got != want {
			t.Errorf("from %s the internet sees %s, want %s", source, got, want)
		}
	}
	expect(t, host, "192.0.2.1:8888", "198.51.100.20")        // the default route
	expect(t, host, "10.0.3.10:8080", "10.0.3.20")            // its neighbour there, by the interface that is in that subnet
	expect(t, at(t, f, "app-a"), "10.0.0.21:8080", "timeout") // not of sg-front

	before := look(t, host)
	apply(t, f, twoDevices())
	if after := look(t, host); after != before {
		t.Errorf("applied again: was\n%s\nis\n%s", before, after)
	}
}

func TestInterfaceIsAttachedAndDetached(t *testing.T) {
	spec := twoDevices()
	less := twoDevices()
	less.Interfaces = less.Interfaces[:6]
	less.Interfaces[2].Secondary = nil
	f := newFabric(t, less)
	host := at(t, f, "host-a")
	bare := look(t, host)
	serve(t, host, "80")
	serve(t, host, "8080")
	lb := at(t, f, "lb-a")
	for _, id := range []string{"eni-second", "eni-third"} { // another one takes the device
		expect(t, lb, "10.0.3.20:80", "timeout")
		spec.Interfaces[6].ID = id
		apply(t, f, spec)
		expect(t, lb, "10.0.3.20:80", "10.0.0.10")
		expect(t, lb, "10.0.0.21:8080", "10.0.0.10")
		apply(t, f, less)
		if after := look(t, host); withoutIndexes(after) != withoutIndexes(bare) {
			t.Errorf("detached: was\n%s\nis\n%s", bare, after)
		}
	}
	expect(t, lb, "10.0.0.20:8080", "10.0.0.10")
	expect(t, lb, "10.0.0.21:8080", "timeout")
}

// withoutIndexes leaves out what comes with each new link.
func withoutIndexes(s string) string {
	lines := strings.Split(s, "\n")
	for n, l := range lines {
		if _, rest, ok := strings.Cut(l, ": eth"); ok {
			lines[n] = "eth" + rest
		}
	}
	return strings.Join(lines, "\n")
}

// An address moves from one interface to another in one step.
func TestSecondaryAddressMoves(t *testing.T) {
	spec := twoDevices()
	f := newFabric(t, spec)
	serve(t, at(t, f, "lb-a"), "80")
	serve(t, at(t, f, "host-a"), "8080")
	lb := at(t, f, "lb-b")
	expect(t, lb, "10.0.0.21:8080", "10.0.1.10")
	moved := spec.Interfaces[2].Secondary[0]
	spec.Interfaces[2].Secondary = nil
	spec.Interfaces[0].Secondary = []network.Address{moved}
	apply(t, f, spec)
	expect(t, lb, "10.0.0.21:80", "10.0.1.10")
	expect(t, internet(t), "198.51.100.22:80", address.HostUser.String())
	expect(t, lb, "10.0.0.21:8080", "timeout")
}

// The namespace goes with its first interface, and whatever else is in it.
func TestInterfaceGoesWithItsNamespace(t *testing.T) {
	spec := twoDevices()
	f := newFabric(t, spec)
	less := twoDevices()
	less.Interfaces = append(less.Interfaces[:2:2], less.Interfaces[3:6]...)
	apply(t, f, less)
	for _, id := range []string{"eni-host-a", "eni-second"} {
		if _, err := f.Interface(id); !errors.Is(err, network.ErrNotFound) {
			t.Errorf("%s: %v, want not found", id, err)
		}
	}
	apply(t, f, spec)
	serve(t, at(t, f, "host-a"), "80")
	expect(t, at(t, f, "lb-a"), "10.0.3.20:80", "10.0.0.10")
}

func TestMisplacedInterfacesAreRefused(t *testing.T) {
	f := newFabric(t)
	for name, change := range map[string]func(*network.VPC){
		"beside nobody":        func(s *network.VPC) { s.Interfaces[6].Within = "eni-nobody" },
		"as eth0":              func(s *network.VPC) { s.Interfaces[6].Device = 0 },
		"alone as eth1":        func(s *network.VPC) { s.Interfaces[6].Within = "" },
		"beside a second one":  func(s *network.VPC) { s.Interfaces[5].Within, s.Interfaces[5].Device = "eni-second", 1 },
		"twice eth1":           func(s *network.VPC) { s.Interfaces[5].Within, s.Interfaces[5].Device = "eni-host-a", 1 },
		"with another's":       func(s *network.VPC) { s.Interfaces[6].Secondary[0].Private = addr("10.0.3.10") },
		"of another subnet":    func(s *network.VPC) { s.Interfaces[6].Secondary[0].Private = addr("10.0.2.99") },
		"a NAT gateway beside": func(s *network.VPC) { s.Interfaces[6].NAT = &network.NAT{} },
	} {
		spec := twoDevices()
		change(&spec)
		if err := f.Apply(spec); err == nil {
			t.Errorf("%s: applied", name)
		}
	}
}
