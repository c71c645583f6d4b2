package hello

import (
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
)

func TestSocketSaysWhoServesAndAnswersPings(t *testing.T) {
	s := newServer("")
	s.settle(here)
	server := httptest.NewServer(s.routes())
	defer server.Close()
	conn, _, err := websocket.Dial(t.Context(), server.URL+"/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if _, text, err := conn.Read(t.Context()); err != nil || string(text) != "us-east-1 us-east-1a i-1" {
		t.Errorf("%q, %v", text, err)
	}
	reading := conn.CloseRead(t.Context())
	for range 2 {
		if err := conn.Ping(reading); err != nil {
			t.Error(err)
		}
	}
}
