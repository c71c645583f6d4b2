package balancer

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lines keeps the entries of a log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Add(entry []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(entry))
}

func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.all = nil }()
	return l.all
}

// athena reads an entry, as AWS has its users do it
// (https://docs.aws.amazon.com/athena/latest/ug/create-alb-access-logs-table.html).
var athena = regexp.MustCompile(`^([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ` +
	`([-0-9]*) ([-0-9]*) "([^ ]*) (.*) (- |[^ ]*)" "([^"]*)" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^"]*)" ([-.0-9]*) ` +
	`([^ ]*) "([^"]*)" "([^"]*)" "([^ ]*)" "([^\s]+?)" "([^\s]+)" "([^ ]*)" "([^ ]*)" ?([^ ]*)? ?( .*)?\n$`)

// The fields of an entry, by what Athena finds.
var athenaFields = strings.Fields(`type time elb client_ip client_port target_ip target_port request_time target_time response_time elb_status
	target_status received sent verb url proto agent cipher protocol group trace domain certificate priority created actions redirect error
	targets target_statuses class reason conn rest`)

func readEntry(t *testing.T, line string) map[string]string {
	t.Helper()
	found := athena.FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("no entry of AWS's: %s", line)
	}
	fields := map[string]string{}
	for i, name := range athenaFields {
		fields[name] = found[i+1]
	}
	return fields
}

// logging configures the world's load balancer with logs.
func (w *world) logging(l Logs, listener Listener, groups ...Group) {
	w.t.Helper()
	listener.Port = 80
	if err := w.b.Configure(Config{
		Name: "app/hello/50dc6c495c0c9188", DNSName: "hello-1.us-east-1.elb.amazonaws.com", Groups: groups, Listeners: []Listener{listener},
		Nodes: []Node{{ID: "eni-1", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory, Logs: l}},
	}); err != nil {
		w.t.Fatal(err)
	}
}

// raw sends bytes on a connection of its own and reads until the other end closes it.
func (w *world) raw(sent string) {
	w.t.Helper()
	conn, err := w.DialContext(w.t.Context(), "tcp", entry)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, sent) }()
	_, _ = io.Copy(io.Discard, conn)
}

func TestAccessLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(120 * time.Millisecond)
			rw.WriteHeader(404)
			_, _ = io.WriteString(rw, "hello")
		})
		g, none := group(at("10.0.1.5:80")), group()
		none.ID = "none"
		path := func(priority int, path string, a Action) Rule {
			return Rule{Priority: priority, Conditions: []Condition{{Field: "path-pattern", Values: []string{path}}}, Action: a}
		}
		var log lines
		w.logging(Logs{Access: &log}, Listener{Rules: []Rule{
			path(10, "/fixed", Action{Fixed: &FixedResponse{Status: 202, Body: "four"}}),
			path(20, "/moved", Action{Redirect: &Redirect{Status: 301, Path: "/there"}}),
			path(30, "/none", Action{Forward: []Weighted{{"none", 1}}}), {Action: Action{Forward: []Weighted{{"g", 1}}}},
		}}, g, none)
		settle()
		const end = " HTTP/1.1\r\nHost: Hello.example:8080\r\nUser-Agent: a \"b\" \\\xff\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
		for _, c := range []struct {
			name, sent string
			want       map[string]string
		}{
			{"forward", "GET /a?b=c" + end, map[string]string{
				"type": "http", "elb": "app/hello/50dc6c495c0c9188",
				"client_ip": "192.0.2.1", "client_port": "5000", "target_ip": "10.0.1.5", "target_port": "80",
				"request_time": "0.000", "target_time": "0.120", "response_time": "0.000", "elb_status": "404", "target_status": "404", "verb": "GET",
				"url": "http://Hello.example:80/a?b=c", "proto": "HTTP/1.1", "agent": `a \x22b\x22 \x5C\xFF`, "cipher": "-", "protocol": "-", "group": "g",
				"domain": "-", "certificate": "-", "priority": "0", "actions": "forward", "redirect": "-", "error": "-", "targets": "10.0.1.5:80",
				"target_statuses": "404", "class": "Acceptable", "reason": "GetHeadZeroContentLength", "rest": ` "-" "-" - 10.0.0.10`,
			}},
			{"fixed", "POST /fixed HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", map[string]string{
				"elb_status": "202", "target_status": "-", "target_ip": "", "request_time": "-1", "target_time": "-1", "response_time": "-1", "priority": "10",
				"actions": "fixed-response", "group": "-", "targets": "-", "target_statuses": "-", "agent": "-", "class": "-", "reason": "-",
			}},
			{"redirect", "GET /moved" + end, map[string]string{
				"elb_status": "301", "redirect": "http://Hello.example:80/there", "priority": "20", "actions": "redirect",
			}},
			{"no target", "GET /none" + end, map[string]string{"elb_status": "503", "target_ip": "", "priority": "30", "actions": "forward"}},
			{"refused", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", map[string]string{
				"elb_status": "400", "priority": "-", "actions": "-", "class": "Severe", "reason": "BadContentLength", "verb": "GET",
			}},
			{"no request", "nonsense\r\n\r\n", map[string]string{
				"elb_status": "400", "verb": "-", "url": "http://hello-1.us-east-1.elb.amazonaws.com:80-", "proto": "-", "priority": "-",
			}},
			{"half a head", "GET / HTTP/1.1\r\nHo", map[string]string{"elb_status": "408", "verb": "-", "received": "18"}},
		} {
			w.raw(c.sent)
			synctest.Wait()
			got := log.take()
			if len(got) != 1 {
				t.Errorf("%s: %d entries: %q", c.name, len(got), got)
				continue
			}
			fields := readEntry(t, got[0])
			for name, want := range c.want {
				if fields[name] != want {
					t.Errorf("%s: %s is %q, want %q", c.name, name, fields[name], want)
				}
			}
			if !strings.HasPrefix(fields["trace"], "Root=1-") || !strings.HasPrefix(fields["conn"], "TID_") ||
				c.name != "fixed" && fields["received"] != strconv.Itoa(len(c.sent)) { // its body was not read
				t.Errorf("received %s, trace %s, connection %s", fields["received"], fields["trace"], fields["conn"])
			}
		}
	})
}

// A client that does not wait for the answer is status 460's; one that asks nothing has no entry.
func TestAccessLogOfImpatientClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/health" {
				<-r.Context().Done()
			}
		})
		var log lines
		w.logging(Logs{Access: &log}, Listener{Rules: []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}}, group(at("10.0.1.5:80")))
		settle()
		for _, sent := range []string{"", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"} {
			conn, err := w.DialContext(t.Context(), "tcp", entry)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, sent); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			conn.Close()
			synctest.Wait()
		}
		got := log.take()
		if len(got) != 1 {
			t.Fatalf("entries: %q", got)
		}
		if fields := readEntry(t, got[0]); fields["elb_status"] != "460" || fields["target_status"] != "-" || fields["target_time"] != "-1" {
			t.Errorf("entry: %v", fields)
		}
		if own := w.traffic().Own; own[460] != 1 {
			t.Errorf("answers: %v", own)
		}
	})
}

// Requests one after the other on a connection have their own bytes, and the connection's id.
func TestAccessLogOfOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", says("hello"))
		var log lines
		w.logging(Logs{Access: &log}, Listener{Rules: []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}}, group(at("10.0.1.5:80")))
		settle()
		first, second := "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345", "GET / HTTP/1.1\r\nHost: abc\r\nConnection: close\r\n\r\n"
		w.raw(first + second)
		synctest.Wait()
		got := log.take()
		if len(got) != 2 {
			t.Fatalf("entries: %q", got)
		}
		a, b := readEntry(t, got[0]), readEntry(t, got[1])
		if a["received"] != strconv.Itoa(len(first)) || b["received"] != strconv.Itoa(len(second)) || a["conn"] != b["conn"] || a["trace"] == b["trace"] {
			t.Errorf("entries:\n%v\n%v", a, b)
		}
	})
}

func TestLogsOfTLS(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n12345678")
		_, _ = io.Copy(io.Discard, conn)
	})
	fallback, named := certificate(t, ecKey(t), "default.example.com"), certificate(t, ecKey(t), "www.example.com")
	s := &TLS{
		ARNs:    map[*x509.Certificate]string{fallback.Leaf: "arn:default", named.Leaf: "arn:named"},
		Default: fallback, Certificates: []tls.Certificate{named}, Min: tls.VersionTLS12, Max: tls.VersionTLS12,
	}
	var access, connections lines
	w.logging(Logs{Access: &access, Connections: &connections},
		Listener{TLS: s, Rules: []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}}, group(at("10.0.1.5:80")))
	cache := tls.NewLRUClientSessionCache(1)
	for _, c := range []struct{ knows, domain, certificate string }{
		{"www.example.com", "www.example.com", "arn:named"}, {"www.example.com", "www.example.com", sessionReused}, {"other.example.com", "-", "arn:default"},
	} {
		conn, err := w.shake(&tls.Config{ServerName: c.knows, ClientSessionCache: cache, MaxVersion: tls.VersionTLS12})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET /chat HTTP/1.1\r\nHost: www.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 101 {
			t.Fatalf("%v, %v", resp, err)
		}
		conn.Close()
	}
	if _, err := w.shake(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("an old version was taken")
	}
	w.b.Close() // which waits for the connections
	got := access.take()
	if len(got) != 3 {
		t.Fatalf("entries: %q", got)
	}
	for i, want := range [][2]string{{"www.example.com", "arn:named"}, {"www.example.com", sessionReused}, {"-", "arn:default"}} {
		at := slices.IndexFunc(got, func(l string) bool { return strings.Contains(l, `"`+want[0]+`" "`+want[1]+`"`) })
		if at < 0 {
			t.Errorf("no entry with %q among %q", want, got)
			continue
		}
		e := readEntry(t, got[at])
		if e["type"] != "wss" || e["protocol"] != "TLSv1.2" || !strings.HasPrefix(e["cipher"], "ECDHE-ECDSA-") || e["elb_status"] != "101" ||
			e["url"] != "https://www.example.com:80/chat" {
			t.Errorf("entry %d: %v", i, e)
		}
	}
	var failed int
	for _, line := range connections.take() {
		words := strings.Fields(line)
		if len(words) != 13 || words[1] != "192.0.2.1" || words[3] != "80" {
			t.Errorf("connection: %q", line)
			continue
		}
		if words[10] != "Success" {
			failed++
			if words[4] != "-" || words[6] != "-" || words[10] != "Failed:UnmappedConnectionError" {
				t.Errorf("failed connection: %q", line)
			}
		}
	}
	if failed != 1 {
		t.Errorf("%d failed connections", failed)
	}
}
