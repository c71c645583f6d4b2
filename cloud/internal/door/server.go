package door

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer returns a server for a cloud's endpoint. It bounds how long clients may take to send their requests, and passes
// every request to the door, also OPTIONS *, which net/http would answer by itself.
func NewServer(c Config) *http.Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Handler:           New(c),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),

		DisableGeneralOptionsHandler: true,
	}
}
