package balancer

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// A listener's own fields are in every answer, the load balancer's and the target's, in place of the target's; and the load balancer
// need not say who it is.
func TestAnswersHaveTheListenersFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("x-frame-options", "SAMEORIGIN")
			rw.Header().Set("Server", "target")
			says("a")(rw, r)
		})
		g := group(at("10.0.1.5:80"))
		fixed := Rule{Conditions: []Condition{{Field: "path-pattern", Values: []string{"/fixed"}}}, Action: Action{Fixed: &FixedResponse{Status: 200}}}
		w.answers = Answers{Fields: http1.Fields{{Name: "X-Frame-Options", Value: "DENY"}}}
		header := func(path string) http.Header {
			resp, err := w.client.Get("http://hello.example" + path)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return resp.Header
		}
		for _, anonymous := range []bool{false, true} {
			w.answers.Anonymous = anonymous
			w.configure([]Group{g}, fixed, Rule{Action: Action{Forward: []Weighted{{g.ID, 1}}}})
			settle()
			own := map[bool]string{false: serverName}[anonymous]
			for path, server := range map[string]string{"/": "target", "/fixed": own} {
				h := header(path)
				if got := h.Values("X-Frame-Options"); len(got) != 1 || got[0] != "DENY" {
					t.Errorf("%s: X-Frame-Options is %q", path, got)
				}
				if h.Get("Server") != server {
					t.Errorf("%s, anonymous %t: the server is %q, want %q", path, anonymous, h.Get("Server"), server)
				}
			}
		}
	})
}
