// Package clients lists kinds of clients by how they keep DNS answers and connections. A drill sends users of them, and a prediction counts what
// they would feel: both mean the same by a name.
package clients

import "time"

// Kind is a kind of client. Times are at AWS's own speed. The sources of the figures are in docs/drills.md.
type Kind struct {
	Name, Help string
	Fresh      bool            // asks the name servers before each request
	Forever    bool            // keeps its first answer
	Floor      time.Duration   // the shortest time for which its resolver keeps an answer
	Stale      time.Duration   // for how long its resolver answers once more with what has expired
	Runtime    time.Duration   // its own cache on top of the resolver's
	Keeps      bool            // keeps its connection from one request to the next
	HTTP2      bool            // by HTTP/2, which load balancers speak over TLS alone
	Gives      time.Duration   // for how long a connection on which nothing comes is kept; 0 leaves it to the requests' time-outs
	WebSocket  bool            // by a WebSocket, which errors that new requests get do not touch; its requests are pings
	Addresses  bool            // tries the next address of an answer before the first has failed
	Tries      []time.Duration // the pauses before a failed request is repeated
	Program    string          // its resolver, which others wrote: it asks that before each request (package resolvers)
	Past       time.Duration   // for how long such a program keeps an answer beyond its TTL, by a clock of whole seconds that no speed divides
}

// Usual is the kind for whom an answer's TTL alone decides.
const Usual = "cache"

// NextAddress is after how long a client that tries several addresses tries the next one (RFC 8305, 5).
const NextAddress = 250 * time.Millisecond

// Kinds is the table of kinds.
var Kinds = []Kind{
	{Name: "stub", Help: "asks the name servers before each request", Fresh: true},
	{Name: Usual, Help: "keeps an answer for its TTL"},
	{Name: "unbound", Help: "asks a real unbound, which keeps an answer for its TTL, and a second more", Program: "unbound", Past: time.Second},
	{Name: "dnsmasq", Help: "asks a real dnsmasq, which keeps an answer for its TTL", Program: "dnsmasq"},
	{Name: "floor30", Help: "its resolver keeps an answer for 30 s at least", Floor: 30 * time.Second},
	{Name: "floor60", Help: "60 s at least, as browsers do", Floor: time.Minute},
	{Name: "floor300", Help: "five minutes at least", Floor: 5 * time.Minute},
	{Name: "stale", Help: "its resolver answers with what has expired once more, for 30 s, while it asks (RFC 8767; Unbound's serve-expired)",
		Stale: 30 * time.Second},
	{Name: "forever", Help: "keeps its first answer until it is restarted, as nginx's static proxy_pass", Forever: true},
	{Name: "runtime30", Help: "has a cache of 30 s of its own behind its resolver's, as the JVM", Runtime: 30 * time.Second},
	{Name: "pool", Help: "keeps its connection, and asks for the name only to connect, as .NET's HttpClient", Keeps: true},
	{Name: "eyeballs", Help: "tries the next address of an answer after 250 ms (RFC 8305)", Addresses: true},
	{Name: "retry", Help: "repeats a failed request three times, after 0.2, 0.4 and 0.8 s",
		Tries: []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}},
	{Name: "http2", Help: "one connection for all requests, given up after 30 s without an answer to its pings",
		Keeps: true, HTTP2: true, Gives: 30 * time.Second},
	{Name: "websocket", Help: "a WebSocket that stays; it is made again when it ends, or after 30 s without an answer to its pings",
		Keeps: true, Gives: 30 * time.Second, WebSocket: true},
}
