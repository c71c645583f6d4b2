package network_test

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

var allowAll = network.ACLRule{Allow: true, Protocol: "-1", Prefix: anywhere}

func tcp(allow bool, from, to int, prefix string) network.ACLRule {
	return network.ACLRule{Allow: allow, Protocol: "6", FromPort: from, ToPort: to, Prefix: netip.MustParsePrefix(prefix)}
}

// guarded is the example whose public subnet A is under one ACL and whose other subnets are under the default one.
func guarded(acl network.NetworkACL) network.VPC {
	spec := exampleVPC()
	acl.ID = "acl-own"
	spec.NetworkACLs = []network.NetworkACL{{ID: "acl-default", Ingress: []network.ACLRule{allowAll}, Egress: []network.ACLRule{allowAll}}, acl}
	for n, i := range spec.Interfaces {
		spec.Interfaces[n].NetworkACL = "acl-default"
		if i.Subnet == netip.MustParsePrefix("10.0.0.0/24") {
			spec.Interfaces[n].NetworkACL = "acl-own"
		}
	}
	return spec
}

func TestNetworkACLJudgesBothWays(t *testing.T) {
	in, out := tcp(true, 80, 80, "0.0.0.0/0"), tcp(true, 1024, 65535, "0.0.0.0/0")
	user := address.HostUser.String()
	for name, c := range map[string]struct {
		acl  network.NetworkACL
		want string
	}{
		"request and reply":      {network.NetworkACL{Ingress: []network.ACLRule{in}, Egress: []network.ACLRule{out}}, user},
		"no ephemeral ports out": {network.NetworkACL{Ingress: []network.ACLRule{in}, Egress: []network.ACLRule{in}}, "timeout"},
		"nothing in":             {network.NetworkACL{Egress: []network.ACLRule{out}}, "timeout"},
		"the first that matches": {
			network.NetworkACL{Ingress: []network.ACLRule{tcp(false, 80, 80, "192.0.2.0/24"), allowAll}, Egress: []network.ACLRule{allowAll}},
			"timeout",
		},
		"the first, of another address": {
			network.NetworkACL{Ingress: []network.ACLRule{tcp(false, 80, 80, "203.0.113.0/24"), allowAll}, Egress: []network.ACLRule{out}}, user,
		},
		"another protocol": {
			network.NetworkACL{Ingress: []network.ACLRule{{Allow: true, Protocol: "17", ToPort: 65535, Prefix: anywhere}}, Egress: []network.ACLRule{out}},
			"timeout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFabric(t, guarded(c.acl))
			serve(t, at(t, f, "lb-a"), "80")
			expect(t, internet(t), "198.51.100.10:80", c.want)
		})
	}
}

// What an ACL keeps its subnet from says nothing of other subnets, of what stays within, and of the router's services.
func TestNetworkACLIsOfItsSubnetsBorder(t *testing.T) {
	f := newFabric(t, guarded(network.NetworkACL{}))
	serve(t, at(t, f, "host-a"), "8080")
	serve(t, at(t, f, "app-a"), "8080")
	serve(t, at(t, f, "lb-b"), "80")
	r, err := f.Router("vpc-a")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, r, "53")
	expect(t, at(t, f, "lb-a"), "10.0.0.20:8080", "10.0.0.10")
	expect(t, at(t, f, "lb-a"), "10.0.2.10:8080", "timeout")
	expect(t, at(t, f, "lb-b"), "10.0.2.10:8080", "10.0.1.10")
	expect(t, internet(t), "198.51.100.11:80", address.HostUser.String())
	expect(t, at(t, f, "lb-a"), "10.0.0.2:53", "10.0.0.10")
}

func TestNetworkACLCutsEstablishedConnections(t *testing.T) {
	open := network.NetworkACL{Ingress: []network.ACLRule{allowAll}, Egress: []network.ACLRule{allowAll}}
	f := newFabric(t, guarded(open))
	serve(t, at(t, f, "app-a"), "8080")
	c, err := at(t, f, "lb-a").DialContext(t.Context(), "tcp", "10.0.2.10:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	line := make([]byte, len("10.0.0.10\n"))
	c.SetDeadline(patience.Deadline())
	if _, err := io.ReadFull(c, line); err != nil {
		t.Fatal(err)
	}
	apply(t, f, guarded(network.NetworkACL{}))
	io.WriteString(c, "lost")
	c.SetReadDeadline(time.Now().Add(refusal))
	if n, err := c.Read(line); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("an established connection goes on: %q, %v", line[:n], err)
	}
	apply(t, f, guarded(open)) // TCP sends again what got lost
	c.SetReadDeadline(patience.Deadline())
	if n, err := c.Read(line); string(line[:n]) != "lost" {
		t.Errorf("after the ACL allows it again: %q, %v", line[:n], err)
	}
}

func TestNetworkACLJudgesICMPByType(t *testing.T) {
	python := judge.Need(t, "/usr/bin/python3")
	echo := network.ACLRule{Allow: true, Protocol: "1", FromPort: 8, ToPort: -1, Prefix: anywhere}
	reply := echo
	reply.FromPort = 0
	all := network.Rule{Protocol: "icmp", FromPort: -1, ToPort: -1, Prefixes: []netip.Prefix{anywhere}}
	for name, c := range map[string]struct {
		egress network.ACLRule
		want   string
	}{"reply allowed": {reply, "answered"}, "reply kept back": {echo, "silent"}} {
		t.Run(name, func(t *testing.T) {
			spec := guarded(network.NetworkACL{Ingress: []network.ACLRule{echo}, Egress: []network.ACLRule{c.egress}})
			spec.SecurityGroups[0].Ingress = append(spec.SecurityGroups[0].Ingress, all)
			newFabric(t, spec)
			cmd := exec.Command(python, "-c", ping, "198.51.100.10")
			if c.want == "silent" {
				cmd.Args = append(cmd.Args, refusal.String()[:len(refusal.String())-len("ms")])
			}
			said, err := cmd.CombinedOutput()
			if err != nil || strings.TrimSpace(string(said)) != c.want {
				t.Errorf("ping says %q, %v", said, err)
			}
		})
	}
}

// ping sends an ICMP echo request (RFC 792) and waits for the reply: as many milliseconds as are given, or until it comes.
const ping = `
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.settimeout(int(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 60)
s.connect((sys.argv[1], 0))
s.send(struct.pack("!BBHHH", 8, 0, 0xffff - 0x0800 - 7 - 1, 7, 1))
try:
    while s.recv(2048)[20] != 0: pass
    print("answered")
except TimeoutError:
    print("silent")
`

// Nothing is asked of packets where every ACL allows everything, so such a VPC is as fast as one without.
func TestNetworkACLThatAllowsEverythingCostsNothing(t *testing.T) {
	f := newFabric(t, guarded(network.NetworkACL{Ingress: []network.ACLRule{allowAll}, Egress: []network.ACLRule{allowAll}}))
	r, err := f.Router("vpc-a")
	if err != nil {
		t.Fatal(err)
	}
	if rules := look(t, r); strings.Contains(rules, "acl-") {
		t.Errorf("the ACL is in the packet filter:\n%s", rules)
	}
	apply(t, f, guarded(network.NetworkACL{Ingress: []network.ACLRule{tcp(true, 80, 81, "10.0.0.0/8")}}))
	rules := look(t, r)
	for _, want := range []string{"chain acl-ingress", "chain acl-egress", "ip saddr 10.0.0.0/8", "tcp dport"} {
		if !strings.Contains(rules, want) {
			t.Errorf("nft does not list %q:\n%s", want, rules)
		}
	}
}
