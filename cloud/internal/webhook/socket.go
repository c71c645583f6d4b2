package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/understudy/understudy/cloud/internal/socket"
)

// Path is where the front door takes messages.
const Path = "/webhook"

// Handler posts for regions. It is for a socket that only the cloud's own processes reach.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		status, err := Post(r.Context(), m)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(status) // the region has gone away
	})
}

// Client has a front door post.
type Client struct{ Socket string }

// Post is Post by the front door.
func (c Client) Post(ctx context.Context, m Message) (status int, err error) {
	b, err := json.Marshal(m)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://door"+Path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	if b, err = socket.Ask(c.Socket, "the front door", r); err != nil {
		return 0, err
	}
	return status, json.Unmarshal(b, &status)
}
