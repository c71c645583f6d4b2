package simulation

// Draws that depend on nothing but what they are for: so a run that skips what cannot change anything draws the same as one that does not.

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014) over several numbers.
func mix(seed uint64, of ...uint64) uint64 {
	x := seed
	for _, v := range of {
		x += 0x9e3779b97f4a7c15 + v
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}

// part is a number from 0 to 1, without 1.
func part(seed uint64, of ...uint64) float64 { return float64(mix(seed, of...)>>11) / (1 << 53) }

// What is drawn. Each has its own numbers.
const (
	drawPhase uint64 = iota
	drawLatency
	drawPropagation
	drawSilence
	drawBoot
	drawTarget
	drawUser
	drawClient
	drawCut
	drawSide
)
