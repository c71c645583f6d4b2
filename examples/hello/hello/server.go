package hello

import (
	"embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

//go:embed page.html
var pages embed.FS

var page = template.Must(template.ParseFS(pages, "page.html"))

type server struct {
	failFile string
	started  time.Time
	place    atomic.Pointer[Place] // nil until learnt or given up
	requests atomic.Int64

	mu        sync.Mutex
	failUntil time.Time // the zero value: healthy
}

func newServer(failFile string) *server {
	return &server{failFile: failFile, started: time.Now()}
}

func (s *server) settle(p Place) { s.place.Store(&p) }

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /socket", s.socket)
	mux.HandleFunc("POST /healthz/fail", s.fail)
	mux.HandleFunc("POST /healthz/pass", s.pass)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.place.Load(); p != nil {
			w.Header().Set("X-Served-By-Region", p.Region)
			w.Header().Set("X-Served-By-Zone", p.Zone)
			w.Header().Set("X-Served-By-Instance", p.Instance)
		}
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// view is what the page shows and the JSON form holds.
type view struct {
	Place
	Requests int64  `json:"requests"`
	Uptime   string `json:"uptime"`
	Healthy  bool   `json:"healthy"`
	Hue      int    `json:"-"`
}

func (s *server) home(w http.ResponseWriter, r *http.Request) {
	v := view{Requests: s.requests.Add(1), Uptime: time.Since(s.started).Round(time.Second).String(), Healthy: s.sick() == ""}
	if p := s.place.Load(); p != nil {
		v.Place = *p
	}
	v.Hue = hue(v.Region)
	if r.URL.Query().Get("format") == "json" || strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	page.Execute(w, v)
}

// hues are colours for the regions people pair most, as angles on the colour wheel, well apart within each pair.
var hues = map[string]int{
	"us-east-1": 212, "us-east-2": 265, "us-west-1": 330, "us-west-2": 24,
	"eu-west-1": 160, "eu-central-1": 290, "ap-southeast-2": 45, "ap-northeast-1": 350,
}

// hue gives a region its colour, so that a failover is seen at a glance.
func hue(region string) int {
	if h, ok := hues[region]; ok {
		return h
	}
	h := fnv.New32a()
	h.Write([]byte(region))
	return int(h.Sum32() % 360)
}

func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if why := s.sick(); why != "" {
		http.Error(w, why, http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// sick says why the service is unhealthy, or nothing.
func (s *server) sick() string {
	if s.place.Load() == nil {
		return "starting"
	}
	s.mu.Lock()
	until := s.failUntil
	s.mu.Unlock()
	if time.Now().Before(until) {
		return "told to fail"
	}
	if _, err := os.Stat(s.failFile); s.failFile != "" && err == nil {
		return "told to fail by " + s.failFile
	}
	return ""
}

// fail makes the service unhealthy for a time, or for good without one.
func (s *server) fail(w http.ResponseWriter, r *http.Request) {
	until := time.Now().AddDate(100, 0, 0)
	if text := r.URL.Query().Get("for"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			http.Error(w, fmt.Sprintf("for=%s: want a duration over zero such as 30s", text), http.StatusBadRequest)
			return
		}
		until = time.Now().Add(d)
	}
	s.setFailUntil(until)
	fmt.Fprintln(w, "failing")
}

func (s *server) pass(w http.ResponseWriter, r *http.Request) {
	s.setFailUntil(time.Time{})
	fmt.Fprintln(w, "passing")
}

func (s *server) setFailUntil(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failUntil = t
}
