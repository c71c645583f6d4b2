package console

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed page
var files embed.FS

// Server is a console. Its exported fields are set before Serve.
type Server struct {
	Panels   []Panel
	Actions  []Action
	Commands *Commands
	// Reads are what the page asks for once, by name, with parameters. They change nothing.
	Reads map[string]func(context.Context, url.Values) (any, error)
	// Documents returns a page of its own by its name, whole, or fs.ErrNotExist.
	Documents func(name string) ([]byte, error)
	// Folder is this user's, for the file that leads a browser here.
	Folder string

	board    *board
	sessions *sessions
	run      string // names this run in the ids of events
	pulse    time.Duration
	ending   chan struct{}
}

// Listen returns a listener for a console: on loopback, or an error that says so.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%s: want HOST:PORT, for example 127.0.0.1:8088", address)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" {
		ip, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
		address = strings.Replace(address, "localhost", ip.String(), 1)
	}
	if err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s is no loopback address: a console is for this machine alone; `ssh -L` brings it to another", host)
	}
	return net.Listen("tcp", address)
}

// Serve answers on a listener until ctx ends. Ready is called with the console's address and the file that leads a browser to it.
func (s *Server) Serve(ctx context.Context, l net.Listener, ready func(at, file string)) error {
	address, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return err
	}
	at := "http://" + address.String() + "/"
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return err
	}
	file := filepath.Join(s.Folder, "console.html")
	defer os.Remove(file)
	var failed error
	s.begin(fmt.Sprint(address.Port()), func(key string) { failed = errors.Join(failed, lead(file, at, key)) })
	if failed != nil {
		return failed
	}
	server := &http.Server{
		Handler: guard(address, s.routes()), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		// The streams end with the console, and not with the requests' own contexts alone.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	ready(at, file)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	close(s.ending)
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), sending)
	defer cancel()
	return server.Shutdown(finish)
}

// begin makes what a server needs to answer. Name tells consoles on one host apart.
func (s *Server) begin(name string, issued func(key string)) {
	s.run, s.ending = rand.Text()[:8], make(chan struct{})
	if s.pulse == 0 {
		s.pulse = pulse
	}
	panels := append(s.Panels[:len(s.Panels):len(s.Panels)],
		Panel{Name: "actions", Every: time.Hour, Read: func(context.Context) (any, error) {
			return map[string]any{"all": s.Actions, "refused": s.Commands.ReadOnly}, nil
		}},
		Panel{Name: "commands", Every: 300 * time.Millisecond, Read: s.Commands.shown})
	s.board = newBoard(panels)
	s.Commands.changed = func() { s.board.refresh("commands") }
	s.Commands.finished = func() {
		for _, p := range panels {
			s.board.refresh(p.Name)
		}
	}
	s.sessions = newSessions(name, issued)
}

// lead writes a file that leads a browser to the console with a key. Opening it shows the key to nobody: the command line of a browser has the
// file's name, and a fragment stays in the browser.
func lead(file, at, key string) error {
	text := fmt.Sprintf("<!doctype html>\n<meta charset=\"utf-8\">\n<title>understudy</title>\n<meta http-equiv=\"refresh\" content=\"0; url=%[1]s\">\n"+
		"<p><a href=\"%[1]s\">understudy's console</a></p>\n", html.EscapeString(at+"#key="+key))
	fresh := file + ".new"
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	mux.Handle("GET /", http.FileServerFS(page))
	mux.HandleFunc("POST /enter", s.enter)
	mux.HandleFunc("GET /session", s.known(func(w http.ResponseWriter, _ *http.Request) { give(w, struct{}{}) }))
	mux.HandleFunc("GET /events", s.known(s.stream))
	mux.HandleFunc("GET /read/{name}", s.known(s.read))
	mux.HandleFunc("GET /document/{name}", s.known(s.document))
	mux.HandleFunc("POST /refresh", s.known(s.refresh))
	mux.HandleFunc("POST /start", s.known(s.start))
	mux.HandleFunc("POST /stop", s.known(s.stop))
	return mux
}

// known lets requests of sessions pass.
func (s *Server) known(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.sessions.has(r) {
			fail(w, http.StatusUnauthorized, errors.New("this browser has no session, or it has ended: open the console's file again"))
			return
		}
		next(w, r)
	}
}

func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Key string }
	if !take(w, r, &asked) {
		return
	}
	cookie, ok := s.sessions.enter(asked.Key)
	if !ok {
		fail(w, http.StatusForbidden, errors.New("the key is not the console's, or was used: open the console's file again, which has a new one"))
		return
	}
	http.SetCookie(w, cookie)
	give(w, struct{}{})
}

func (s *Server) read(w http.ResponseWriter, r *http.Request) {
	read, ok := s.Reads[r.PathValue("name")]
	if !ok {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no %q to read", r.PathValue("name")))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	value, err := read(ctx, r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadGateway, err)
		return
	}
	give(w, value)
}

// document answers with a page of its own. It has its own policy inside, and the answer's keeps it from all that the console may.
func (s *Server) document(w http.ResponseWriter, r *http.Request) {
	b, err := s.Documents(r.PathValue("name"))
	if errors.Is(err, fs.ErrNotExist) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b)
}

func (s *Server) refresh(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Panel string }
	if !take(w, r, &asked) {
		return
	}
	if !s.board.refresh(asked.Panel) {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no panel %q", asked.Panel))
		return
	}
	give(w, struct{}{})
}

func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Action  string
		Options map[string][]string
	}
	if !take(w, r, &asked) {
		return
	}
	if s.Commands.ReadOnly != "" {
		fail(w, http.StatusForbidden, errors.New(s.Commands.ReadOnly))
		return
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Name != asked.Action {
			continue
		}
		args, err := a.arguments(asked.Options)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		id, err := s.Commands.start(a, args)
		if err != nil {
			fail(w, http.StatusConflict, fmt.Errorf("%s: %w", a.Title, err))
			return
		}
		give(w, map[string]int{"id": id})
		return
	}
	fail(w, http.StatusNotFound, fmt.Errorf("there is no action %q", asked.Action))
}

func (s *Server) stop(w http.ResponseWriter, r *http.Request) {
	var asked struct{ ID int }
	if !take(w, r, &asked) {
		return
	}
	if err := s.Commands.stop(asked.ID); err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	give(w, struct{}{})
}

// take reads a request's body, JSON of at most 4 KiB. A form of another page cannot send that type.
func take(w http.ResponseWriter, r *http.Request, into any) bool {
	if r.Header.Get("Content-Type") != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, errors.New("want application/json"))
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(into); err != nil {
		fail(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func give(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
