package balancer

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A connection to a target is kept for the idle time after the last request, not after the first.
func TestIdleConnectionsToTargetsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.idle = time.Minute
		w.serve(t, "10.0.1.10:80", says("hello"))
		w.configure([]Group{group(at("10.0.1.10:80"))})
		links := func() int {
			synctest.Wait()
			return w.b.nodes["eni-1"].upstream.count()
		}
		for range 3 {
			if status, _ := w.get("/"); status != 200 {
				t.Fatal(status)
			}
			time.Sleep(40 * time.Second)
		}
		if n := links(); n != 1 {
			t.Errorf("%d connections 40 s after the last request", n)
		}
		time.Sleep(20*time.Second - time.Millisecond)
		if n := links(); n != 1 {
			t.Errorf("%d connections just before the idle time's end", n)
		}
		time.Sleep(2 * time.Millisecond)
		if n := links(); n != 0 {
			t.Errorf("%d connections after the idle time", n)
		}
	})
}

// A target has the idle time for each part of its answer, however little of one has come.
func TestAnswersMayStopWithinAChunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := &scripted{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2", rest: []string{"\r\nok\r\n0", "\r\n\r\n"}}
		w := target.inFront(t)
		if got, _ := w.ask(get + "\r\n"); statuses(got) != "200" || !strings.HasSuffix(got, "2\r\nok\r\n0\r\n\r\n") {
			t.Errorf("got %q", got)
		}
	})
}

// A target that takes no request has the idle time for it once.
func TestTargetsThatReadNothingTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l, err := w.memory.Listen("tcp", "10.0.1.5:80")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				defer c.Close()
			}
		}()
		w.idle = 10 * time.Second
		w.configure([]Group{group(at("10.0.1.5:80"))})
		settle()
		began := time.Now()
		if got, _ := w.ask("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); statuses(got) != "504" || time.Since(began) >= 11*time.Second {
			t.Errorf("got %q after %v", got, time.Since(began))
		}
	})
}
