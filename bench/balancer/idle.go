//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
)

// askIdle makes connections that each have one answer, says that it has, and keeps them until it is ended.
func askIdle(ctx context.Context, o options) error {
	var all []net.Conn
	for range o.connections {
		c, err := net.Dial("tcp", o.at)
		if err != nil {
			return err
		}
		defer c.Close()
		all = append(all, c)
		if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", o.at); err != nil {
			return err
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
	}
	fmt.Println("idle", len(all))
	<-ctx.Done()
	return nil
}
