// Package console serves a web page on loopback that shows a stack live and carries out commands on it.
//
// It knows nothing of stacks or clouds. Its caller gives it panels, which are values that it reads again and again while
// somebody looks, and actions, which are commands of this program that buttons start. All that the page shows comes by one
// stream of numbered events (stream.go), and all that it changes is done by the very command that it shows (commands.go), with that
// command's checks, journal and locks.
//
// Who may ask is decided in this order (guard.go, session.go), since each step alone has a hole that the next one closes:
//
//  1. The listener is on loopback.
//  2. The Host header is one of an exact list: the listener's address and localhost, with its port. A name that somebody else's name server
//     leads to loopback (DNS rebinding) is not on it, and neither are the names that a local cloud's own name server answers.
//  3. A request that another origin's page makes is refused (net/http's CrossOriginProtection).
//  4. All but the page's own files needs a session: a cookie that is given once for a key. The key is in a file that only its owner can read, and
//     travels in a URL's fragment, which no browser sends and no process list shows.
//  5. GET changes nothing.
package console
