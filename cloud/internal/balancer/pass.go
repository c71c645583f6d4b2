package balancer

import (
	"errors"
	"io"
	"strconv"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// pass writes the answer to the client as it comes.
func (x *exchange) pass(body *http1.Body) error {
	framing := x.p.Framing
	framed := x.q.Minor > 0 && x.stream == nil // by chunks, if need be
	bare := framing.Kind == http1.Chunked && !framed
	wrap := framing.Kind == http1.UntilClose && framed
	x.last = x.last || x.q.Minor == 0 && (bare || framing.Kind == http1.UntilClose)
	if x.stream != nil {
		body.Wait = x.stream.flush
	}
	out := x.appendAnswer(x.out[:0], wrap, bare)
	for first := true; ; first = false {
		var part []byte
		var err error
		switch {
		case first && len(x.link.r.Buffered()) == 0 && !body.Ended(): // the head goes first where the body is not here yet
		case bare:
			part, err = body.NextData()
		default:
			part, err = body.Next()
		}
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		x.answers = true
		if first || wrap {
			out = appendPart(out, part, wrap, ended)
			switch x.keepRoom(out); {
			case len(out) == 0:
			case first && x.p.Framing.Kind != http1.Chunked: // of which what is here may be less than one that can be passed on
				x.putNow(out)
			default:
				x.put(out)
			}
		} else if len(part) > 0 {
			x.put(part)
		}
		if x.failed {
			return errClientGone
		}
		if ended || body.Ended() && !wrap {
			x.stream.trail(body.Trailer())
			return nil
		}
		out = x.out[:0]
		x.patience()
	}
}

// errClientGone means that the client takes no more of the answer.
var errClientGone = errors.New("the client has gone")

// appendPart adds a part of the body, as a chunk if the target's answer has no frame that the client could read.
func appendPart(out, part []byte, wrap, ended bool) []byte {
	if !wrap {
		return append(out, part...)
	}
	if len(part) > 0 {
		out = append(strconv.AppendInt(out, int64(len(part)), 16), "\r\n"...)
		out = append(append(out, part...), "\r\n"...)
	}
	if ended {
		out = append(out, "0\r\n\r\n"...)
	}
	return out
}

// appendAnswer writes the head of the target's answer for the client.
func (x *exchange) appendAnswer(out []byte, wrap, bare bool) []byte {
	p := &x.p
	if x.q.Simple {
		return out
	}
	out = append(append(append(out, "HTTP/1.1 "...), p.Text...), "\r\n"...)
	reframed := p.Framing.Kind != http1.Empty
	for f := range lasting(p.Fields) {
		_, replaced := x.answer.Fields.Get(f.Name)
		if !replaced && (!reframed || !bodyField.has(f.Name)) {
			out = appendField(out, f.Name, f.Value)
		}
	}
	x.begin(x.routes)
	out = append(appendFields(out, x.answer.Fields), x.cookies...)
	switch {
	case wrap:
		out = appendFraming(out, http1.Framing{Kind: http1.Chunked})
	case !bare:
		out = appendFraming(out, p.Framing)
	}
	return append(append(out, x.connection()...), "\r\n"...)
}
