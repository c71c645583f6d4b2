package cloud

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/understudy/understudy/cloud/internal/world"
)

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }

func (c *Cloud) serveControl() error {
	l, err := c.listenUnix(world.ControlSocket(c.dir))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Status(), nil) })
	mux.HandleFunc("GET /env", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Env(), nil) })
	mux.HandleFunc("POST /regions/{name}/kill", func(w http.ResponseWriter, r *http.Request) {
		answer(w, nil, c.KillRegion(r.Context(), r.PathValue("name")))
	})
	mux.HandleFunc("POST /regions/{name}/start", func(w http.ResponseWriter, r *http.Request) {
		answer(w, nil, c.StartRegion(r.Context(), r.PathValue("name")))
	})
	mux.HandleFunc("POST /restore/{name}", func(w http.ResponseWriter, r *http.Request) {
		done, err := c.restore(r.Context(), r.PathValue("name"), r.FormValue("empty") != "")
		answer(w, done, err)
	})
	mux.HandleFunc("POST /images/{region}", c.forwardImage)
	mux.HandleFunc("GET /images/{region}/{id}", c.forwardExport)
	c.controlFaults(mux)
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, nil, nil)
		go c.Close()
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	return nil
}

// controlFaults adds what the faults are steered by.
func (c *Cloud) controlFaults(mux *http.ServeMux) {
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Faults(), nil) })
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		err := json.NewDecoder(r.Body).Decode(&f)
		if err == nil {
			f, err = c.AddFault(f)
		}
		answer(w, f, err)
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, r *http.Request) {
		answer(w, nil, c.RemoveFaults(r.URL.Query()["id"]...))
	})
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Calls(), nil) })
	mux.HandleFunc("DELETE /calls", func(w http.ResponseWriter, _ *http.Request) {
		c.ForgetCalls()
		answer(w, nil, nil)
	})
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
