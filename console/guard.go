package console

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
)

// policy lets the page use its own files and nothing else: no script or style in the page, no frame around it, no other origin.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// guard refuses requests that are not for this console or that another origin's page makes, and sets the headers of all answers.
func guard(listener netip.AddrPort, next http.Handler) http.Handler {
	hosts := hostsOf(listener)
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !slices.Contains(hosts, r.Host) {
			text := fmt.Sprintf("This console answers at http://%s/ only, by that name: asked for as %q it would answer any page on the web.", listener, r.Host)
			http.Error(w, text, http.StatusMisdirectedRequest)
			return
		}
		// CrossOriginProtection lets every GET pass. Another page's GET can do no harm, but nothing needs it but a link to the page itself.
		if site := r.Header.Get("Sec-Fetch-Site"); (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			http.Error(w, "This console answers its own page only.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostsOf are the values of the Host header that a console answers to. A name server can lead every name but these to loopback
// (RFC 6761, section 6.3, keeps localhost for it).
func hostsOf(listener netip.AddrPort) []string {
	port := fmt.Sprint(listener.Port())
	hosts := []string{listener.String(), net.JoinHostPort("localhost", port), net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
