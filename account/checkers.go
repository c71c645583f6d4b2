package account

import "math"

// Passes tells whether Route 53 takes an endpoint for healthy that so many of its checkers find healthy: more than 18 % must ("How Amazon
// Route 53 determines whether a health check is healthy" in the Amazon Route 53 Developer Guide).
func Passes(healthy, checkers int) bool { return healthy*100 > checkers*18 }

// mostDraws bounds how often a name server is asked at a time.
const mostDraws = 200

// Draws is how often a name server that draws by weight has to be asked until a share, above 0 and at most 1, is missed once in a thousand times;
// 200 times at the most.
func Draws(share float64) int {
	if share >= 1 {
		return 1
	}
	return min(mostDraws, int(math.Ceil(math.Log(0.001)/math.Log(1-share))))
}
