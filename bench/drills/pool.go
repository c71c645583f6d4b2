package main

import (
	"math"

	"github.com/understudy/understudy/drill"
)

// pool is what as many users felt in each of several drills, in milliseconds. A prediction is of users of hundreds of outages: it is held against the
// users of all drills together, since those of one have their outage in common and differ little.
type pool []drill.Spread

// quantile is the time that a share of all users were without service at the most, and its standard error by leaving out one drill after the other
// (the jackknife).
func (p pool) quantile(share float64) (value, err float64) {
	value = p.at(share)
	if len(p) < 2 {
		return value, 0
	}
	without, mean := make([]float64, len(p)), 0.0
	for i := range p {
		rest := append(append(pool{}, p[:i]...), p[i+1:]...)
		without[i] = rest.at(share)
		mean += without[i] / float64(len(p))
	}
	for _, v := range without {
		err += (v - mean) * (v - mean)
	}
	return value, math.Sqrt(err * float64(len(p)-1) / float64(len(p)))
}

// at looks for a quantile by halves, to a tenth of a millisecond.
func (p pool) at(share float64) float64 {
	low, high := 0.0, 0.0
	for _, s := range p {
		high = max(high, s.Max)
	}
	for high-low > 0.1 {
		if middle := (low + high) / 2; p.below(middle) < share {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// below is the share of all users who were without service no longer than that.
func (p pool) below(ms float64) (share float64) {
	for _, s := range p {
		share += below(s, ms) / float64(len(p))
	}
	return share
}

// below is the share of a drill's users, by the quantiles that its report has, and lines between them.
func below(s drill.Spread, ms float64) float64 {
	shares := []float64{0, 0.5, 0.9, 0.95, 0.99, 1}
	values := []float64{s.Min, s.P50, s.P90, s.P95, s.P99, s.Max}
	for i := len(values) - 1; i >= 0; i-- {
		switch {
		case ms < values[i]:
		case i == len(values)-1:
			return 1
		default:
			return shares[i] + (shares[i+1]-shares[i])*(ms-values[i])/(values[i+1]-values[i])
		}
	}
	return 0
}
