package balancer

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/patience"
)

func TestTrafficIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(100 * time.Millisecond)
			if r.URL.Path == "/missing" {
				rw.WriteHeader(404)
			}
			_, _ = io.WriteString(rw, "a")
		})
		g, down := group(at("10.0.1.5:80")), group(at("10.0.1.7:80"))
		down.ID = "down"
		when := func(path string, a Action) Rule {
			return Rule{Conditions: []Condition{{Field: "path-pattern", Values: []string{path}}}, Action: a}
		}
		w.configure([]Group{g, down}, when("/fixed", Action{Fixed: &FixedResponse{Status: 404}}), when("/moved", Action{Redirect: &Redirect{Status: 301}}),
			when("/down", Action{Forward: []Weighted{{down.ID, 1}}}), Rule{Action: Action{Forward: []Weighted{{g.ID, 1}}}})
		settle()
		w.traffic()
		for _, path := range []string{"/", "/", "/missing", "/fixed", "/moved", "/down"} {
			w.get(path)
		}
		got := w.traffic()
		if got.Connections == 0 || got.Active == 0 || got.Bytes < 6*50 {
			t.Errorf("connections %d, of them %d there now, and %d bytes", got.Connections, got.Active, got.Bytes)
		}
		// Three rules were asked for "/", "/" and "/missing", and for "/down"; one for "/fixed", two for "/moved".
		if got.Fixed != 1 || got.Redirects != 1 || got.Evaluations != 4*3+1+2 {
			t.Errorf("%d fixed, %d redirects, %d rules asked", got.Fixed, got.Redirects, got.Evaluations)
		}
		if len(got.Own) != 3 || got.Own[404] != 1 || got.Own[301] != 1 || got.Own[502] != 1 {
			t.Errorf("answers of its own: %v", got.Own)
		}
		of := got.Groups[g.ID]
		if of.Requests != 3 || of.Answers != [6]uint64{2: 2, 4: 1} || of.Failed != 0 {
			t.Errorf("the group: %+v", of)
		}
		if len(of.Times) != 1 || of.Times[0].Count != 3 || of.Times[0].Time < 90*time.Millisecond || of.Times[0].Time > 110*time.Millisecond {
			t.Errorf("times: %v, want 3 of about 100 ms", of.Times)
		}
		if of := got.Groups[down.ID]; of.Requests != 1 || of.Failed != 1 {
			t.Errorf("the group that is down: %+v", of)
		}
		if again := w.traffic(); again.Bytes != 0 || again.Groups[g.ID].Requests != 0 || len(again.Own) != 0 {
			t.Errorf("a second time: %+v", again)
		}
	})
}

// What is not as it should be is counted where AWS has a metric for it.
func TestOddRequestsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "a") })
		g := group(at("10.0.1.5:80"))
		g.Sticky = Stickiness{For: time.Hour}
		w.configure([]Group{g})
		w.get("/") // before a check has passed
		settle()
		const start = "GET / HTTP/1.1\r\nHost: a\r\n"
		for _, raw := range []string{start + "X_Y: 1\r\n\r\n", start + "X_Y: 1\r\nX_Z: 1\r\n\r\n", start + "Content-Length: 0\r\n\r\n"} {
			w.ask(raw)
		}
		got := w.traffic()
		if of := got.Groups[g.ID]; of.Requests != 4 || of.Open != 1 || of.IPv6 != 0 {
			t.Errorf("the group: %+v", of)
		}
		if got.Invalid != 2 || got.Dropped != 0 || got.Unstuck != 4 || got.Unlike == 0 {
			t.Errorf("%+v", got)
		}
		w.headers.DropInvalid = true
		w.configure([]Group{g})
		w.ask(start + "X_Y: 1\r\n\r\n")
		if got := w.traffic(); got.Invalid != 0 || got.Dropped != 1 {
			t.Errorf("where invalid fields are left out: %+v", got)
		}
		n := w.b.nodes["eni-1"]
		six := &client{node: n, from: netip.MustParseAddrPort("[2001:db8::1]:1000")}
		six.bytes().Add(7)
		six.countRequest(n.targets[g.ID][g.Targets[0].key()], false)
		if got := w.traffic(); got.Bytes != 7 || got.IPv6Bytes != 7 || got.Groups[g.ID].IPv6 != 1 {
			t.Errorf("over IPv6: %+v", got)
		}
	})
}

// Connections that cannot be secured are counted apart from those that cannot be made.
func TestFailedTLSIsCounted(t *testing.T) {
	w := newWorld(t)
	defer w.b.Close()
	w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, _ *http.Request) {})
	g := group(at("10.0.1.5:80"))
	g.Secure = true
	w.secure(&TLS{Default: certificate(t, ecKey(t), "a.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13}, g)
	if conn, err := w.shake(&tls.Config{MaxVersion: tls.VersionTLS11}); err == nil {
		conn.Close()
		t.Fatal("TLS 1.1 is spoken")
	}
	conn, err := w.shake(&tls.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if answer, _ := io.ReadAll(conn); !strings.HasPrefix(string(answer), "HTTP/1.1 502 ") {
		t.Errorf("%q", answer)
	}
	got := w.traffic()
	clients := got.TLSErrors
	for end := time.Now().Add(patience.Limit); clients == 0 && time.Now().Before(end); {
		clients += w.traffic().TLSErrors // a client knows that it is refused before that is counted
	}
	if of := got.Groups[g.ID]; clients != 1 || of.TLSErrors != 1 || of.Failed != 0 {
		t.Errorf("%d clients, and of the group %+v", clients, of)
	}
}

// Who finds no place for long is rejected, and counted.
func TestRejectedConnectionsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.b.nodes["eni-1"] = newNode(Node{ID: "eni-1", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory}, tempo.At(1), w.b.log, func() {})
		w.b.nodes["eni-1"].shares = &descriptors.Shares{Accepted: semaphore.NewWeighted(1), Targets: semaphore.NewWeighted(1)}
		w.configure(nil, Rule{Action: Action{Fixed: &FixedResponse{Status: 200}}})
		var clients []net.Conn
		for range 3 {
			c, err := w.DialContext(t.Context(), "tcp", entry)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			clients = append(clients, c)
		}
		time.Sleep(placePatience + time.Second)
		if got := w.traffic(); got.Rejected != 2 || got.Connections != 1 {
			t.Errorf("%d rejected, %d not", got.Rejected, got.Connections)
		}
		clients[0].Close()
		time.Sleep(time.Second)
		if status, _ := w.get("/"); status != 200 {
			t.Errorf("with a place again: %d", status)
		}
	})
}

func (w *world) traffic() Traffic { return w.b.Traffic()["eni-1"] }

// A time is told within an eighth.
func TestTimesAreTold(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 8, 9, 15, 16, 1000, time.Microsecond, 999 * time.Microsecond, time.Second, time.Hour, 100 * 24 * time.Hour} {
		got := timeOf(timeSlot(d))
		if diff := (got - max(d, fractions)).Abs(); diff > max(d, fractions)/fractions {
			t.Errorf("%v is told as %v", d, got)
		}
	}
}
