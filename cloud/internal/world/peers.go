package world

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/socket"
)

// regionsPath is where a region asks the front door for the cloud's others, at IdentitySocket: GET lists them, and POST below it
// asks for one.
const regionsPath = "/regions"

// ServeRegions lets regions ask for each other.
func ServeRegions(mux *http.ServeMux, regions door.Regions) {
	mux.HandleFunc("GET "+regionsPath, func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(regions.List()) // who asked has gone away
	})
	mux.HandleFunc("POST "+regionsPath+"/{name}", func(w http.ResponseWriter, r *http.Request) {
		if err := regions.Ask(r.Context(), r.PathValue("name")); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
}

// peers are a region's view of the cloud's others, whose number grows.
type peers struct {
	dir, self string

	mu    sync.Mutex
	found map[string]bool // once found, a region stays one of the cloud's
}

// list returns the names of the other regions.
func (p *peers) list(ctx context.Context) (names []string, err error) {
	answer, err := p.ask(ctx, http.MethodGet, regionsPath)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(answer, &names)
	return slices.DeleteFunc(names, func(name string) bool { return name == p.self }), err
}

// socket tells where another region serves its peers.
func (p *peers) socket(ctx context.Context, region string) (string, error) {
	p.mu.Lock()
	found := p.found[region]
	p.mu.Unlock()
	if !found {
		if _, err := p.ask(ctx, http.MethodPost, regionsPath+"/"+url.PathEscape(region)); err != nil {
			return "", err
		}
		p.mu.Lock()
		p.found[region] = true
		p.mu.Unlock()
	}
	return PeerSocket(p.dir, region), nil
}

func (p *peers) ask(ctx context.Context, method, path string) ([]byte, error) {
	q, err := http.NewRequestWithContext(ctx, method, "http://door"+path, nil)
	if err != nil {
		return nil, err
	}
	return socket.Ask(IdentitySocket(p.dir), "for other regions", q)
}
