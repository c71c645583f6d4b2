package network

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
)

// checking in the environment turns a process of this binary into Check's probe.
const checking = "UNDERSTUDY_CHECK_NAMESPACES"

// The probe must run before anything else of the program, in whatever binary this package is part of.
func init() {
	if os.Getenv(checking) == "" || os.Args[0] != "understudy-check" {
		return
	}
	if err := probeInside(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// probeInside tries once what the fabric needs of the kernel.
func probeInside() error {
	a, err := NewNamespace()
	if err != nil {
		return err
	}
	h, err := a.netlink()
	if err != nil {
		return err
	}
	err = h.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "check"}, PeerName: "check-peer"})
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return errors.New("the kernel has no veth: load it with `sudo modprobe veth`")
	}
	if err != nil {
		return fmt.Errorf("make a veth: %w", err)
	}
	return a.Do(func() error {
		c, err := nftables.New()
		if err != nil {
			return fmt.Errorf("the kernel has no nf_tables (%w): load it with `sudo modprobe nf_tables`", err)
		}
		c.AddTable(&nftables.Table{Name: "check", Family: nftables.TableFamilyIPv4})
		if err := c.Flush(); err != nil {
			return fmt.Errorf("the kernel has no nf_tables (%w): load it with `sudo modprobe nf_tables nf_conntrack nft_nat`", err)
		}
		return nil
	})
}
