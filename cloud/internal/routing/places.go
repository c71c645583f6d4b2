package routing

import (
	"bufio"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Place is the location of a client. The zero Place is unknown.
type Place struct {
	Continent, Country, Subdivision string // codes as ListGeoLocations has them: NA, US, CA
	Latitude, Longitude             float64
	// Region is the AWS region that the client is in, or "".
	Region string
	known  bool
}

// Places are the locations of networks.
type Places struct {
	places   map[netip.Prefix]Place
	lengths  []int          // that prefixes have, the longest first
	prefixes []netip.Prefix // in the order of addresses, shorter ones first
}

//go:embed places.txt
var defaultPlaces string

// DefaultPlaces is a small invented table for tests and rehearsals, in the address range for benchmarks (RFC 2544), whose
// addresses nobody has. It is in the file places.txt.
func DefaultPlaces() *Places {
	p, err := ReadPlaces(strings.NewReader(defaultPlaces))
	if err != nil {
		panic(err)
	}
	return p
}

// ReadPlaces reads a table of a line a network: PREFIX CONTINENT COUNTRY SUBDIVISION LATITUDE LONGITUDE REGION,
// where - stands for none and a # begins a comment. An error names the line.
func ReadPlaces(r io.Reader) (*Places, error) {
	p := &Places{places: map[netip.Prefix]Place{}}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		prefix, place, err := readPlace(fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if _, twice := p.places[prefix]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", n, prefix)
		}
		p.places[prefix] = place
	}
	p.index()
	return p, lines.Err()
}

func (p *Places) index() {
	p.prefixes = slices.SortedFunc(maps.Keys(p.places), comparePrefixes)
	for _, prefix := range p.prefixes {
		p.lengths = append(p.lengths, prefix.Bits())
	}
	slices.Sort(p.lengths)
	p.lengths = slices.Compact(p.lengths)
	slices.Reverse(p.lengths)
}

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

func readPlace(fields []string) (netip.Prefix, Place, error) {
	const names = "PREFIX CONTINENT COUNTRY SUBDIVISION LATITUDE LONGITUDE REGION"
	if len(fields) != 7 {
		return netip.Prefix{}, Place{}, fmt.Errorf("has %d fields, want the seven %s", len(fields), names)
	}
	prefix, err := netip.ParsePrefix(fields[0])
	if err != nil || prefix != prefix.Masked() {
		return prefix, Place{}, fmt.Errorf("%q is no network such as 198.18.1.0/24", fields[0])
	}
	for i, f := range fields {
		if f == "-" {
			fields[i] = ""
		}
	}
	place := Place{Continent: fields[1], Country: fields[2], Subdivision: fields[3], Region: fields[6], known: true}
	var errs [2]error
	place.Latitude, errs[0] = strconv.ParseFloat(fields[4], 64)
	place.Longitude, errs[1] = strconv.ParseFloat(fields[5], 64)
	if errs[0] != nil || errs[1] != nil || !(math.Abs(place.Latitude) <= 90 && math.Abs(place.Longitude) <= 180) { // nor NaN
		return prefix, place, fmt.Errorf("%s %s are no latitude (-90 to 90) and longitude (-180 to 180)", fields[4], fields[5])
	}
	if _, known := regions[place.Region]; !known && place.Region != "" {
		return prefix, place, fmt.Errorf("%q is no AWS region that is known here", place.Region)
	}
	return prefix, place, nil
}

// of returns the place of a network: that of the longest prefix that contains the whole network.
func (p *Places) of(client netip.Prefix) Place {
	for _, length := range p.lengths {
		if length > client.Bits() {
			continue
		}
		prefix, err := client.Addr().Prefix(length)
		if place, ok := p.places[prefix]; ok && err == nil {
			return place
		}
	}
	return Place{}
}

// near are the prefixes on which a network's scope depends: in their order, the one before and the one after the address.
// No other prefix shares more bits with it, unless it contains the address.
func (p *Places) near(client netip.Addr) []netip.Prefix {
	whole := netip.PrefixFrom(client, client.BitLen())
	at, found := slices.BinarySearchFunc(p.prefixes, whole, comparePrefixes)
	if found {
		at++
	}
	return p.prefixes[max(at-1, 0):min(at+1, len(p.prefixes))]
}

func holds(block, client netip.Prefix) bool {
	return client.IsValid() && block.Bits() <= client.Bits() && block.Contains(client.Addr())
}

// longest returns the length of the longest block that contains the client.
func longest(blocks []netip.Prefix, client netip.Prefix) (found int, ok bool) {
	for _, b := range blocks {
		if holds(b, client) && (!ok || b.Bits() > found) {
			found, ok = b.Bits(), true
		}
	}
	return found, ok
}

// place returns where the client is, and marks that the answer depends on it.
func (s *search) place() Place {
	s.answer.Depends |= OnPlace
	if region, _, ok := strings.Cut(s.client.VPC, "/"); ok {
		return placeOf(region)
	}
	client := s.network()
	s.widen(s.view.places.near(client.Addr()))
	return s.view.places.of(client)
}

// network is the client's network: its Subnet, or its address alone.
func (s *search) network() netip.Prefix {
	if s.client.Subnet.IsValid() {
		return s.client.Subnet.Masked()
	}
	addr := s.client.Addr.Unmap()
	if !addr.IsValid() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(addr, addr.BitLen())
}

// widen makes the answer's scope long enough to exclude all networks that would have got another answer by these
// blocks.
func (s *search) widen(blocks []netip.Prefix) {
	if !s.client.Subnet.IsValid() {
		return
	}
	client := s.network().Addr()
	for _, b := range blocks {
		if b.Addr().Is4() == client.Is4() {
			s.answer.Scope = max(s.answer.Scope, uint8(min(common(b.Addr(), client)+1, b.Bits())))
		}
	}
}

// common is how many leading bits two addresses of one family share.
func common(a, b netip.Addr) int {
	x, y := a.AsSlice(), b.AsSlice()
	n := 0
	for i := range min(len(x), len(y)) {
		if d := x[i] ^ y[i]; d != 0 {
			return n + bits.LeadingZeros8(d)
		}
		n += 8
	}
	return n
}
