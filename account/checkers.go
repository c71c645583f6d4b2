package account

// Passes tells whether Route 53 takes an endpoint for healthy that so many of its checkers find healthy: more than 18 % must ("How Amazon
// Route 53 determines whether a health check is healthy" in the Amazon Route 53 Developer Guide).
func Passes(healthy, checkers int) bool { return healthy*100 > checkers*18 }
