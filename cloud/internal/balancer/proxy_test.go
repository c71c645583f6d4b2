package balancer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func settle() {
	time.Sleep(5 * time.Second) // in a bubble: past every first check
	synctest.Wait()
}

func TestRequestsGoToHealthyTargetsInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var ill atomic.Bool
		w.serve(t, "10.0.1.5:80", says("a"))
		w.serve(t, "10.0.1.6:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/health" && ill.Load() {
				rw.WriteHeader(500)
			}
			_, _ = io.WriteString(rw, "b")
		})
		w.configure([]Group{group(at("10.0.1.5:80"), at("10.0.1.6:80"), at("10.0.1.7:80"))})
		settle()
		count := map[string]int{}
		for range 20 {
			_, body := w.get("/")
			count[body]++
		}
		if count["a"] != 10 || count["b"] != 10 {
			t.Errorf("shares of requests: %v", count)
		}
		ill.Store(true)
		time.Sleep(60 * time.Second)
		for range 20 {
			if _, body := w.get("/"); body != "a" {
				t.Fatalf("unhealthy target answered %q", body)
			}
		}
	})
}

func TestAllUnhealthyFailsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/health" {
				rw.WriteHeader(500)
			}
		})
		g := group(at("10.0.1.5:80"))
		w.configure([]Group{g})
		time.Sleep(40 * time.Second)
		if s := w.b.Health("g", g.Targets[0]).State; s != Unhealthy {
			t.Fatalf("state %s", s)
		}
		if status, _ := w.get("/"); status != 200 {
			t.Errorf("status %d", status)
		}
	})
}

func TestLeastOutstanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		hold := make(chan struct{})
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-hold
			}
			_, _ = io.WriteString(rw, "a")
		})
		w.serve(t, "10.0.1.6:80", says("b"))
		g := group(at("10.0.1.5:80"), at("10.0.1.6:80"))
		g.Algorithm = LeastOutstanding
		w.configure([]Group{g})
		settle()
		done := make(chan string)
		go func() { _, body := w.get("/slow"); done <- body }()
		synctest.Wait()
		for range 6 {
			if _, body := w.get("/"); body != "b" {
				t.Errorf("busy target answered")
			}
		}
		close(hold)
		<-done
	})
}

func TestAnswersOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.drop("10.0.1.6:80", true)
		w.serve(t, "10.0.1.7:80", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		w.serve(t, "10.0.1.8:80", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		for _, c := range []struct {
			target string
			status int
			after  time.Duration
		}{
			{"", 503, 0}, {"10.0.1.5:80", 502, 0}, {"10.0.1.6:80", 504, 10 * time.Second}, {"10.0.1.7:80", 504, 60 * time.Second}, {"10.0.1.8:80", 502, 0},
		} {
			g := group()
			if c.target != "" {
				g = group(at(c.target))
			}
			w.configure([]Group{g})
			begin := time.Now()
			if status, _ := w.get("/"); status != c.status || time.Since(begin) != c.after {
				t.Errorf("target %q: status %d after %s, want %d after %s", c.target, status, time.Since(begin), c.status, c.after)
			}
		}
		req, _ := http.NewRequest("TRACE", "http://hello/", nil)
		resp, err := w.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 405 || resp.Header.Get("Server") != "awselb/2.0" {
			t.Errorf("TRACE: %d from %s", resp.StatusCode, resp.Header.Get("Server"))
		}
	})
}

func TestHeadersForTheTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var got *http.Request
		w.serve(t, "10.0.1.5:80", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/health" {
				got = r
			}
		})
		w.configure([]Group{group(at("10.0.1.5:80"))})
		settle()
		req, _ := http.NewRequest("GET", "http://Hello.Example/a%2Fb?q=1;2", nil)
		req.Header.Set("X-Forwarded-For", "203.0.113.9")
		req.Header.Set("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678")
		resp, err := w.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		for name, want := range map[string]string{
			"X-Forwarded-For": "203.0.113.9, 192.0.2.1", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "80",
		} {
			if v := got.Header.Get(name); v != want {
				t.Errorf("%s: %q, want %q", name, v, want)
			}
		}
		shape := regexp.MustCompile(`^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678$`)
		if id := got.Header.Get("X-Amzn-Trace-Id"); !shape.MatchString(id) {
			t.Errorf("trace id %q", id)
		}
		if got.Host != "hello.example" || got.RequestURI != "/a%2Fb?q=1;2" {
			t.Errorf("target saw %s %s", got.Host, got.RequestURI)
		}
	})
}

func TestDrainingLetsRequestsFinishAndTakesNoNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		hold := make(chan struct{})
		slow := func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				select {
				case <-hold:
				case <-r.Context().Done():
				}
			}
			_, _ = io.WriteString(rw, "a")
		}
		w.serve(t, "10.0.1.5:80", slow)
		a, b := at("10.0.1.5:80"), at("10.0.1.6:80")
		w.configure([]Group{group(a)})
		settle()
		type answer struct {
			status int
			body   string
		}
		ask := func() chan answer {
			c := make(chan answer, 1)
			go func() { s, b := w.get("/slow"); c <- answer{s, b} }()
			synctest.Wait()
			return c
		}
		first := ask()
		w.serve(t, "10.0.1.6:80", says("b"))
		a.Draining = true
		w.configure([]Group{group(a, b)})
		for range 4 {
			if _, body := w.get("/"); body != "b" {
				t.Errorf("draining target answered a new request")
			}
		}
		hold <- struct{}{}
		if got := <-first; got != (answer{200, "a"}) {
			t.Errorf("request under way got %v", got)
		}

		a.Draining = false
		w.configure([]Group{group(a)})
		settle()
		second := ask()
		w.configure([]Group{group(b)}) // the delay has elapsed
		if got := <-second; got.status != 502 {
			t.Errorf("request past the delay got %v", got)
		}
	})
}

func TestNewIdleTimeDisturbsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		hold := make(chan struct{})
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-hold
			}
		})
		g := group(at("10.0.1.5:80"))
		w.configure([]Group{g})
		settle()
		done := make(chan int)
		go func() { status, _ := w.get("/slow"); done <- status }()
		synctest.Wait()
		w.idle = 20 * time.Second
		w.configure([]Group{g})
		w.wantHealth(g, 0, Health{State: Healthy})
		time.Sleep(30 * time.Second)
		hold <- struct{}{}
		if status := <-done; status != 200 {
			t.Errorf("request under way got %d", status)
		}
		begin := time.Now()
		if status, _ := w.get("/slow"); status != 504 || time.Since(begin) != 20*time.Second {
			t.Errorf("with the new idle time: %d after %s", status, time.Since(begin))
		}
		close(hold)
	})
}

// Whatever the order of registrations and drains, no request is lost while one target stays.
func TestNoRequestLostWhileTargetsDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		addresses := []string{"10.0.1.1:80", "10.0.1.2:80", "10.0.1.3:80", "10.0.1.4:80"}
		for _, a := range addresses {
			w.serve(t, a, func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/health" {
					time.Sleep(700 * time.Millisecond)
				}
				_, _ = io.WriteString(rw, "ok")
			})
		}
		var all []Target
		for _, a := range addresses {
			all = append(all, at(a))
		}
		w.configure([]Group{group(all...)})
		settle()
		ctx, cancel := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		var served atomic.Int64
		for range 12 {
			clients.Go(func() {
				for ctx.Err() == nil {
					if status, body := w.get("/"); status != 200 || body != "ok" {
						t.Errorf("lost: %d %q", status, body)
						return
					}
					served.Add(1)
				}
			})
		}
		for step := range 60 {
			left := map[int]bool{step % 4: true, (step * 7 % 5) % 4: true}
			var now []Target
			for i, x := range all {
				x.Draining = !left[i]
				now = append(now, x)
			}
			w.configure([]Group{group(now...)})
			time.Sleep(330 * time.Millisecond)
		}
		cancel()
		clients.Wait()
		if served.Load() < 100 {
			t.Errorf("only %d requests", served.Load())
		}
	})
}

func TestStreamsPassAtOnceAndUpgradesPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		next := make(chan struct{})
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/stream":
				_, _ = io.WriteString(rw, "one ")
				_ = http.NewResponseController(rw).Flush()
				<-next
				_, _ = io.WriteString(rw, "two")
			case "/echo":
				conn, rw, err := http.NewResponseController(rw).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
				_, _ = io.CopyN(conn, rw, 5)
				_ = conn.Close()
			}
		})
		w.configure([]Group{group(at("10.0.1.5:80"))})
		settle()
		resp, err := w.client.Get("http://hello/stream")
		if err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 4)
		if _, err := io.ReadFull(resp.Body, part); err != nil || string(part) != "one " {
			t.Fatalf("first part %q, %v", part, err)
		}
		close(next)
		if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "two" {
			t.Errorf("rest %q, %v", rest, err)
		}
		_ = resp.Body.Close()
		if got, err := upgrade(w); err != nil || got != "hello" {
			t.Errorf("echo %q, %v", got, err)
		}
	})
}

func upgrade(w *world) (string, error) {
	req, _ := http.NewRequest("GET", "http://hello/echo", nil)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := w.client.Do(req)
	if err != nil {
		return "", err
	}
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || resp.StatusCode != 101 {
		return "", errors.Join(errors.New(resp.Status), resp.Body.Close())
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return "", err
	}
	b := make([]byte, 5)
	_, err = io.ReadFull(conn, b)
	return string(b), err
}
