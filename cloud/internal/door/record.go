package door

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"unicode/utf8"
)

// Recorder writes the requests that a door has let in, a line of JSON each, as the client sent them but for their
// signatures and for secret parameters: who reads them can judge the client without trust in what the cloud makes of its requests.
type Recorder struct {
	log *slog.Logger

	mu sync.Mutex
	to io.Writer
}

// NewRecorder returns a Recorder that writes each line at once, so that several may append to one file.
func NewRecorder(to io.Writer, log *slog.Logger) *Recorder { return &Recorder{to: to, log: log} }

// recordedHeaders are those that say how a request is to be read, and who sent it.
var recordedHeaders = []string{"Content-Type", "Content-Encoding", "Smithy-Protocol", "X-Amz-Target", "User-Agent"}

// recorded is a line.
type recorded struct {
	Service   string            `json:"service"`
	Operation string            `json:"operation"` // as the door reads it
	Region    string            `json:"region,omitempty"`
	Method    string            `json:"method"`
	URI       string            `json:"uri"`
	Header    map[string]string `json:"header"`
	Text      string            `json:"text,omitempty"`  // the body, where it is text,
	Bytes     []byte            `json:"bytes,omitempty"` // or else its bytes in base64
}

// record does nothing where the Recorder is nil.
func (r *Recorder) record(c call) {
	if r == nil {
		return
	}
	line := recorded{
		Service: c.Service, Operation: c.Operation, Region: c.Region, Method: c.r.Method, URI: unsigned(c.r.URL), Header: headers(c.r),
	}
	if body := withoutSecret(c); utf8.Valid(body) {
		line.Text = string(body)
	} else {
		line.Bytes = body
	}
	b, err := json.Marshal(line)
	if err == nil {
		r.mu.Lock()
		_, err = r.to.Write(append(b, '\n'))
		r.mu.Unlock()
	}
	if err != nil {
		r.log.Error("record a call", "service", c.Service, "operation", c.Operation, "error", err)
	}
}

// unsigned is the URI of a request without the signature that a presigned one has in its query.
func unsigned(u *url.URL) string {
	query := u.Query()
	if !query.Has("X-Amz-Signature") {
		return u.RequestURI()
	}
	query.Del("X-Amz-Signature")
	bare := *u
	bare.RawQuery = query.Encode()
	return bare.RequestURI()
}

func headers(r *http.Request) map[string]string {
	found := map[string]string{}
	for _, name := range recordedHeaders {
		if value := r.Header.Get(name); value != "" {
			found[name] = value
		}
	}
	return found
}
