package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	profilePath     = "/profile"
	credentialsPath = "/credentials"
)

// patience is how long an answer may take. IAM has everything in memory; who asks may be somebody's launch.
const patience = 5 * time.Second

// Handler lets regions ask IAM. It is for a socket that only the cloud's own processes reach.
func Handler(s Source) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+profilePath, func(w http.ResponseWriter, r *http.Request) {
		p, err := s.InstanceProfile(r.Context(), Ref{Name: r.FormValue("name"), ARN: r.FormValue("arn")})
		answer(w, p, err)
	})
	mux.HandleFunc("POST "+credentialsPath, func(w http.ResponseWriter, r *http.Request) {
		c, err := s.InstanceCredentials(r.Context(), r.FormValue("profile"), r.FormValue("instance"))
		answer(w, c, err)
	})
	return mux
}

func answer(w http.ResponseWriter, v any, err error) {
	switch {
	case errors.Is(err, ErrMissing):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	default:
		_ = json.NewEncoder(w).Encode(v) // the region has gone away
	}
}

// Client asks IAM behind a unix socket.
type Client struct{ Socket string }

var _ Source = Client{}

// InstanceProfile implements Source.
func (c Client) InstanceProfile(ctx context.Context, ref Ref) (p Profile, err error) {
	return p, c.ask(ctx, http.MethodGet, profilePath, url.Values{"name": {ref.Name}, "arn": {ref.ARN}}, &p)
}

// InstanceCredentials implements Source.
func (c Client) InstanceCredentials(ctx context.Context, profile, instance string) (made Credentials, err error) {
	return made, c.ask(ctx, http.MethodPost, credentialsPath, url.Values{"profile": {profile}, "instance": {instance}}, &made)
}

func (c Client) ask(ctx context.Context, method, path string, about url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://iam"+path+"?"+about.Encode(), nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // IAM may be another process's the next time
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", c.Socket)
		},
	}}
	got, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("ask IAM: %w", err)
	}
	defer got.Body.Close()
	switch got.StatusCode {
	case http.StatusOK:
		return json.NewDecoder(got.Body).Decode(into)
	case http.StatusNotFound:
		return ErrMissing
	}
	return errUnavailable
}
