package understudy

// Balancer is how a load balancer treats connections, beside where it sends them.
type Balancer struct {
	Kind               BalancerKind
	IdleTimeout        int // of a connection, in seconds; a network load balancer's at its listeners of TCP
	HTTP2              bool
	DropInvalidHeaders bool
	Desync             string // what becomes of requests that servers read differently, as AWS names it
	CrossZone          bool   // requests go to targets in all zones, not only in that of the address that a user asked
	DeletionProtection bool
	AccessLogs         Logs
	ConnectionLogs     Logs
}

// Logs are where a load balancer's logs go: a bucket of each region's, nil for none.
type Logs struct {
	Buckets map[Side]string
	Prefix  string
}

// Declared tells whether logs are kept.
func (l Logs) Declared() bool { return len(l.Buckets) > 0 }
