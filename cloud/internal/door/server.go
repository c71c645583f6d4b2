package door

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer returns a server for a cloud's endpoint.
func NewServer(c Config) *http.Server { return ServerOf(New(c), c.Log) }

// ServerOf returns a server of what New has made. It bounds how long clients may take to send their requests, and passes
// every request to the door, also OPTIONS *, which net/http would answer by itself. A nil log discards.
func ServerOf(door http.Handler, log *slog.Logger) *http.Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Handler:           door,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),

		DisableGeneralOptionsHandler: true,
	}
}
