package balancer

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// serverName is the Server header of the load balancer's own answers, as on AWS.
const serverName = "awselb/2.0"

// Status codes that only AWS's load balancers have
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
const (
	statusClientClosed     = 460
	statusTooManyForwarded = 463
)

// refuse answers with the load balancer's own page.
func refuse(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	switch status {
	case http.StatusServiceUnavailable:
		text = "Service Temporarily Unavailable"
	case http.StatusGatewayTimeout:
		text = "Gateway Time-out"
	case http.StatusMethodNotAllowed:
		text = "Not Allowed"
	}
	title := strings.TrimSpace(fmt.Sprintf("%d %s", status, text))
	body := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n"
	respond(w, status, "text/html", body)
}

func respond(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Server", serverName)
	if body != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a client that has gone needs no answer
}

func (f *FixedResponse) serve(w http.ResponseWriter) {
	contentType := f.ContentType
	if contentType == "" {
		contentType = "text/plain; charset=utf-8"
	}
	respond(w, f.Status, contentType, f.Body)
}

// location builds the Location of a redirect. AWS always writes the port.
func (d *Redirect) location(r *http.Request, port string) string {
	fill := func(s, fallback string) string {
		if s == "" {
			s = fallback
		}
		return strings.NewReplacer("#{protocol}", "http", "#{host}", hostOf(r.Host), "#{port}", port,
			"#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"), "#{query}", r.URL.RawQuery).Replace(s)
	}
	at := strings.ToLower(fill(d.Protocol, "#{protocol}")) + "://" + fill(d.Host, "#{host}") + ":" + fill(d.Port, "#{port}") + fill(d.Path, "/#{path}")
	if q := fill(d.Query, "#{query}"); q != "" {
		at += "?" + q
	}
	return at
}

func (d *Redirect) serve(w http.ResponseWriter, r *http.Request, port string) {
	w.Header().Set("Location", d.location(r, port))
	refuse(w, d.Status)
}
