//go:build linux

package world

import (
	"log/slog"
	"net/http"
	"os"

	"github.com/understudy/understudy/cloud/internal/wire"
)

func runRoute53(cfg Config) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	return serve(map[string]http.Handler{Socket(cfg.Dir, Route53): wire.NewMux(log)})
}
