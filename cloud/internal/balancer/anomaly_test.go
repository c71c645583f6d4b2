package balancer

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A target that fails while its checks pass is found anomalous by its peers, gets less where mitigation is on, and its share again once it has
// recovered.
func TestAnomalousTargetGetsLess(t *testing.T) {
	for _, mitigate := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			var ill atomic.Bool
			ill.Store(true)
			targets := []Target{at("10.0.1.5:80"), at("10.0.1.6:80"), at("10.0.1.7:80")}
			sick := targets[2]
			for _, at := range targets {
				w.serve(t, at.ID, func(rw http.ResponseWriter, r *http.Request) {
					if at == sick && r.URL.Path != "/health" && ill.Load() {
						rw.WriteHeader(500)
					}
					_, _ = io.WriteString(rw, at.ID)
				})
			}
			g := group(targets...)
			g.Algorithm, g.Mitigate = WeightedRandom, mitigate
			w.configure([]Group{g})
			settle()
			// run asks for some time, and returns how often the sick one answered of the last 600 times.
			run := func(seconds int) (sicks int) {
				for s := range seconds {
					for range 20 {
						if _, body := w.get("/"); body == sick.ID && s >= seconds-30 {
							sicks++
						}
					}
					time.Sleep(time.Second)
				}
				return sicks
			}
			n := run(60)
			anomalous, mitigated := w.b.Anomaly(g.ID, sick)
			if !anomalous || mitigated != mitigate || mitigate != (n < 60) {
				t.Errorf("with mitigation %v: it answers %d of 600, anomalous %v, mitigated %v", mitigate, n, anomalous, mitigated)
			}
			for _, peer := range targets[:2] {
				if anomalous, mitigated := w.b.Anomaly(g.ID, peer); anomalous || mitigated {
					t.Errorf("its peer is anomalous %v, mitigated %v", anomalous, mitigated)
				}
			}
			ill.Store(false)
			n = run(240)
			if anomalous, mitigated := w.b.Anomaly(g.ID, sick); anomalous || mitigated || n < 120 {
				t.Errorf("recovered it answers %d of 600, anomalous %v, mitigated %v", n, anomalous, mitigated)
			}
			ill.Store(true)
			run(30)
			w.configure([]Group{group(targets[1:]...)})
			run(10)
			if anomalous, mitigated := w.b.Anomaly(g.ID, sick); anomalous || mitigated {
				t.Errorf("of two targets it is anomalous %v, mitigated %v", anomalous, mitigated)
			}
		})
	}
}

// A connection that fails counts as an error, a client that goes does not.
func TestFailedConnectionsAreAnomalies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		targets := []Target{at("10.0.1.5:80"), at("10.0.1.6:80"), at("10.0.1.7:80")}
		sick := targets[2]
		for _, at := range targets {
			w.serve(t, at.ID, func(rw http.ResponseWriter, r *http.Request) {
				if at == sick && r.URL.Path != "/health" {
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(rw, at.ID)
			})
		}
		g := group(targets...)
		w.configure([]Group{g})
		settle()
		for range 20 {
			for range 6 {
				_, _ = w.get("/")
			}
			time.Sleep(time.Second)
		}
		if anomalous, mitigated := w.b.Anomaly(g.ID, sick); !anomalous || mitigated {
			t.Errorf("it is anomalous %v, mitigated %v", anomalous, mitigated)
		}
	})
}
