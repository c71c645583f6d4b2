package network

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// /proc/sys/net shows each thread the settings of its own network namespace, so these functions act on
// the namespace of the calling thread.

func setSysctl(name, value string) error {
	path := "/proc/sys/net/" + name
	if now, err := os.ReadFile(path); err == nil && string(now) == value+"\n" {
		return nil
	}
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		return fmt.Errorf("set net/%s to %s: %w", name, value, err)
	}
	return nil
}

// disableIPv6 turns IPv6 off for all new links. On a kernel without IPv6 it does nothing.
func disableIPv6() error {
	for _, which := range []string{"all", "default"} {
		err := setSysctl("ipv6/conf/"+which+"/disable_ipv6", "1")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// trustLinks turns reverse-path filtering off, which does not work with policy routing, and redirects; the packet filter of
// the router checks source addresses instead. It is for links that are made afterwards.
func trustLinks() error {
	for _, link := range []string{"all", "default"} {
		for _, name := range []string{"rp_filter", "send_redirects"} {
			if err := setSysctl("ipv4/conf/"+link+"/"+name, "0"); err != nil {
				return err
			}
		}
	}
	return nil
}

// forward turns forwarding on or off.
func forward(on bool) error {
	return setSysctl("ipv4/ip_forward", map[bool]string{true: "1", false: "0"}[on])
}
