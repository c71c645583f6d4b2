//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"io"
)

// askTLS counts whole handshakes of TLS 1.3, each of a new connection without a session before it, with one request and its answer. The key
// exchange is X25519, which all know.
func askTLS(_ context.Context, o options) error {
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519}}
	request := "GET / HTTP/1.1\r\nHost: " + o.at + "\r\nConnection: close\r\n\r\n"
	return o.repeat(func() (func() error, func(), error) {
		ask := func() error {
			c, err := tls.Dial("tcp", o.at, config)
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := io.WriteString(c, request); err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, c)
			return err
		}
		return ask, func() {}, nil
	})
}
