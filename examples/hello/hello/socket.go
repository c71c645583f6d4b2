package hello

import (
	"net/http"

	"github.com/coder/websocket"
)

// socket is a WebSocket that says once who serves it, and then answers pings until the client ends it.
func (s *server) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	where := "starting"
	if p := s.place.Load(); p != nil {
		where = p.Region + " " + p.Zone + " " + p.Instance
	}
	if conn.Write(r.Context(), websocket.MessageText, []byte(where)) != nil {
		return
	}
	<-conn.CloseRead(r.Context()).Done()
}
