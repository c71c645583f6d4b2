package routing

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata/latency.txt anew")

func TestPlacesRefuseWhatIsNoPlace(t *testing.T) {
	for line, want := range map[string]string{
		"198.18.1.0/24 EU DE":                               "line 2: has 3 fields, want the seven",
		"198.18.1.7/24 EU DE - 50 8 -":                      `line 2: "198.18.1.7/24" is no network`,
		"everywhere EU DE - 50 8 -":                         `line 2: "everywhere" is no network`,
		"198.18.1.0/24 EU DE - 91 8 -":                      "line 2: 91 8 are no latitude",
		"198.18.1.0/24 EU DE - x 8 -":                       "line 2: x 8 are no latitude",
		"198.18.1.0/24 EU DE - NaN 8 -":                     "line 2: NaN 8 are no latitude",
		"198.18.1.0/24 EU DE - 50 -181 -":                   "line 2: 50 -181 are no latitude",
		"198.18.1.0/24 EU DE - 50 8 eu-nowhere-1":           `line 2: "eu-nowhere-1" is no AWS region`,
		"10.0.0.0/8 EU DE - 50 8 -\n10.0.0.0/8 - - - 0 0 -": "line 3: 10.0.0.0/8 is there twice",
	} {
		if _, err := ReadPlaces(strings.NewReader("# a table\n" + line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", line, err, want)
		}
	}
}

// The longest prefix counts, and the scope keeps apart all that have another place: both by a walk through the table.
func TestPlacesAgreeWithAWalkThroughThem(t *testing.T) {
	network := rapid.Custom(func(t *rapid.T) netip.Prefix {
		// Few bits, so that many share some.
		addr := netip.AddrFrom4([4]byte{10, rapid.Byte().Draw(t, "b") & 0x83, rapid.Byte().Draw(t, "c") & 0x81, rapid.Byte().Draw(t, "d") & 3})
		return netip.PrefixFrom(addr, rapid.IntRange(0, 32).Draw(t, "bits")).Masked()
	})
	rapid.Check(t, func(t *rapid.T) {
		p := &Places{places: map[netip.Prefix]Place{}}
		for i, n := range rapid.SliceOfN(network, 1, 12).Draw(t, "table") {
			p.places[n] = Place{Country: fmt.Sprint(i), known: true}
		}
		p.index()
		client := network.Draw(t, "client")
		var want Place
		scope := uint8(0)
		longest := -1
		for prefix, place := range p.places {
			if holds(prefix, client) && prefix.Bits() > longest {
				want, longest = place, prefix.Bits()
			}
			scope = max(scope, uint8(min(common(prefix.Addr(), client.Addr())+1, prefix.Bits())))
		}
		if got := p.of(client); got != want {
			t.Fatalf("%s is at %v, want %v", client, got, want)
		}
		s := &search{view: &View{places: p}, client: Client{Subnet: client}}
		s.place()
		if s.answer.Scope != scope {
			t.Fatalf("%s has scope %d, want %d", client, s.answer.Scope, scope)
		}
	})
}

// The file latency.txt shows what is estimated; go test -update writes it.
func TestLatencyTable(t *testing.T) {
	var b bytes.Buffer
	names := slices.Sorted(maps.Keys(regions))
	fmt.Fprintln(&b, "# Round trips between AWS regions in milliseconds, estimated as of 23 November 2026 from the great circles between the")
	fmt.Fprintln(&b, "# places that regions are named after, at 0.014 ms a kilometre (see regions.go). They are not measured.")
	for i, from := range names {
		for _, to := range names[:i] {
			fmt.Fprintf(&b, "%s %s %.0f\n", from, to, placeOf(from).latency(to))
			if there, back := placeOf(from).latency(to), placeOf(to).latency(from); there-back > 1e-9 || back-there > 1e-9 {
				t.Errorf("from %s to %s %g ms, back %g ms", from, to, there, back)
			}
		}
	}
	const file = "testdata/latency.txt"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if is, err := os.ReadFile(file); err != nil || !bytes.Equal(is, b.Bytes()) {
		t.Errorf("%s is not what is estimated (%v): go test -update", file, err)
	}
}
