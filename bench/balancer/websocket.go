//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
)

// message is one of 128 bytes, as a client frames it (RFC 6455, 5.2): final, binary, masked, with a length of two bytes. Its mask is zero, so
// that the payload that is echoed without a mask is the same.
func message() []byte {
	frame := append([]byte{0x82, 0x80 | 126}, binary.BigEndian.AppendUint16(nil, 128)...)
	return append(append(frame, 0, 0, 0, 0), bytes.Repeat([]byte{'x'}, 128)...)
}

const (
	frameHead = 4 // of a frame of that length, without the mask
	maskSize  = 4
)

// switched is a server's consent; the key that it accepts is that of every client here, which RFC 6455 (1.3) has as its example.
const (
	key      = "dGhlIHNhbXBsZSBub25jZQ=="
	switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

// echo is a target that sends back every message, and answers any other request.
func echo(ctx context.Context, o options) error {
	l, err := net.Listen("tcp", o.at)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			_ = echoTo(c)
		}()
	}
}

func echoTo(c net.Conn) error {
	r := bufio.NewReader(c)
	for {
		q, err := http.ReadRequest(r)
		if err != nil {
			return err
		}
		if q.Header.Get("Upgrade") != "" {
			break
		}
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c, switched); err != nil {
		return err
	}
	for frame := message(); ; {
		if _, err := io.ReadFull(r, frame); err != nil {
			return err
		}
		bare := append([]byte{frame[0], frame[1] &^ 0x80, frame[2], frame[3]}, frame[frameHead+maskSize:]...)
		if _, err := c.Write(bare); err != nil {
			return err
		}
	}
}

// askWebSocket counts messages that come back, each sent when the one before it has.
func askWebSocket(_ context.Context, o options) error {
	return o.repeat(func() (func() error, func(), error) {
		c, err := net.Dial("tcp", o.at)
		if err != nil {
			return nil, nil, err
		}
		_, err = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", o.at, key)
		if err != nil {
			return nil, nil, err
		}
		r := bufio.NewReader(c)
		answer, err := http.ReadResponse(r, nil)
		if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
			return nil, nil, fmt.Errorf("no WebSocket: %v", err)
		}
		sent, back := message(), make([]byte, frameHead+128)
		ask := func() error {
			if _, err := c.Write(sent); err != nil {
				return err
			}
			_, err := io.ReadFull(r, back)
			return err
		}
		return ask, func() { c.Close() }, nil
	})
}
