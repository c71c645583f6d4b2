package network_test

import (
	"net"
	"testing"
)

// TestInterfaceHasItsHardwareAddress: the address that the API tells of an interface, and by which its
// metadata is found, is the one that eth0 has.
func TestInterfaceHasItsHardwareAddress(t *testing.T) {
	spec := exampleVPC()
	want := net.HardwareAddr{0x0a, 1, 2, 3, 4, 5}
	spec.Interfaces[0].MAC = want
	f := newFabric(t, spec)
	n, err := f.Interface(spec.Interfaces[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var eth0 *net.Interface
	if err := n.Do(func() (err error) { eth0, err = net.InterfaceByName("eth0"); return err }); err != nil {
		t.Fatal(err)
	}
	if eth0.HardwareAddr.String() != want.String() {
		t.Errorf("eth0 has %s, want %s", eth0.HardwareAddr, want)
	}
}
