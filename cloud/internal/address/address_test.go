package address

import (
	"net/netip"
	"testing"
)

// Whoever knows a public address knows its twin, and no two addresses of a machine's clouds have the same one.
func TestEveryRangeHasTwins(t *testing.T) {
	owner := map[netip.Addr]netip.Addr{}
	for index := range 1 + Regions {
		r := Range(index)
		if r.Bits() != 24 {
			t.Errorf("range %d is %s: a twin has one number for the host", index, r)
		}
		for other := range index {
			if r.Overlaps(Range(other)) {
				t.Errorf("ranges %d and %d: %s, %s", index, other, r, Range(other))
			}
		}
		for _, cloud := range []int{1, 254} {
			first := r.Addr().Next()
			twin, ok := Twin(cloud, first)
			if want := netip.AddrFrom4([4]byte{127, byte(cloud), byte(index), 1}); !ok || twin != want {
				t.Errorf("twin of %s in cloud %d: %s, want %s", first, cloud, twin, want)
			}
			if had, taken := owner[twin]; taken {
				t.Errorf("%s is the twin of %s and of %s", twin, had, first)
			}
			owner[twin] = first
		}
	}
	for _, foreign := range []string{"198.18.33.1", "198.19.2.1", "198.19.9.1", "8.8.8.8", "10.0.0.1"} {
		if twin, ok := Twin(1, netip.MustParseAddr(foreign)); ok {
			t.Errorf("%s has the twin %s", foreign, twin)
		}
	}
}

// No two regions give the same block, and none gives the internet's own.
func TestBlocksOfIPv6AreRegionsOwn(t *testing.T) {
	for _, c := range []struct {
		index, n int
		want     string
	}{
		{1, 0, "2001:db8:100::/56"}, {1, 1, "2001:db8:100:100::/56"}, {1, 256, "2001:db8:101::/56"},
		{1, BlocksIPv6 - 1, "2001:db8:1ff:ff00::/56"}, {2, 0, "2001:db8:200::/56"}, {Regions, BlocksIPv6 - 1, "2001:db8:8ff:ff00::/56"},
	} {
		got := BlockIPv6(c.index, c.n)
		if got.String() != c.want || got != got.Masked() || got.Contains(HostUserIPv6) {
			t.Errorf("block %d of region %d: %s, want %s", c.n, c.index, got, c.want)
		}
	}
}
