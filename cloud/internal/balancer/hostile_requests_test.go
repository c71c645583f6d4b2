package balancer

import (
	"strings"
	"testing"
	"testing/synctest"
)

// effects are what becomes of a request in the modes monitor, defensive and strictest: the statuses of the answers, and closed where the
// client's connection ends.
type effects [3]string

// What becomes of requests by their class
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#desync-mitigation-mode).
var (
	compliant  = effects{"200", "200", "200"}
	acceptable = effects{"200", "200", "400 closed"}
	ambiguous  = effects{"200", "200 closed", "400 closed"}
	severe     = effects{"200", "400 closed", "400 closed"}
)

// What becomes of requests that the load balancer would not pass on anyway, or not by one that stays
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
var (
	malformed   = always3("400 closed")
	undecoded   = always3("501 closed")
	unspoken    = always3("505 closed")
	uncoded     = effects{"501 closed", "400 closed", "400 closed"}
	ambiguously = effects{"501 closed", "501 closed", "400 closed"}
	simple      = effects{"ok closed", "ok closed", "page closed"}
)

func always3(effect string) effects { return effects{effect, effect, effect} }

const (
	get    = "GET / HTTP/1.1\r\nHost: a\r\n"
	head   = "HEAD / HTTP/1.1\r\nHost: a\r\n"
	post   = "POST / HTTP/1.1\r\nHost: a\r\n"
	coded  = post + "Transfer-Encoding: chunked\r\n"
	noData = "\r\n0\r\n\r\n" // the end of a head and a body without data
)

// hostile are requests that two programs could read differently, or that are none, as AWS's load balancers treat them, with the class and
// the reason that their access logs have.
var hostile = []struct {
	name, raw, class string
	effects          effects
}{
	{"plain", get + "\r\n", "", compliant},
	{"two at once", get + "\r\n" + get + "\r\n", "", always3("200 200")},
	{"empty lines first", "\r\n\r\n" + get + "\r\n", "", compliant},
	{"lines that end in LF", "GET / HTTP/1.1\nHost: a\n\n", "", compliant},
	{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "", always3("200 closed")},
	{"HTTP/1.0 kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", compliant},
	{"closed by the client's wish", get + "Connection: close\r\n\r\n", "", always3("200 closed")},
	{"the server as a whole", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "", compliant},
	{"a whole target", "GET http://b/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "", compliant},
	{"a target with all that is visible", "GET /a:b@c;d,e!$&'()*+=~`^{}[]|\\\"<>?f#g HTTP/1.1\r\nHost: a\r\n\r\n", "", compliant},
	{"a target beyond ASCII", "GET /grüße/你好 HTTP/1.1\r\nHost: a\r\n\r\n", "", compliant},
	{"controls in a target, encoded", "GET /%00%09%0A%0D%20 HTTP/1.1\r\nHost: a\r\n\r\n", "", compliant},
	{"a name of all that names may have", get + "X_.!#$%&'*+^`|~09: 1\r\n\r\n", "", compliant},
	{"a value beyond ASCII", get + "X: \tü\t\x85\xa0\r\n\r\n", "", compliant},
	{"half a head", "GET / HTTP/1.1\r\nHost:", "", always3("")},

	{"a length", post + "Content-Length:  1 \t\r\n\r\nx", "", compliant},
	{"chunks", coded + noData, "", compliant},
	{"chunks in another case", post + "tRANSFER-eNCODING: ChUnKeD\r\n" + noData, "", compliant},
	{"chunks with a parameter", post + "Transfer-Encoding: \tchunked ; x=y;\t\r\n" + noData, "", compliant},
	{"identity", post + "Transfer-Encoding: identity\r\n\r\n", "", compliant},
	{"identity and chunks", post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n" + noData, "", compliant},
	{"a framing in a value", post + "X: Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\nx", "", compliant},
	{"a name with more letters than a framing's", post + "Transfer-Encoding1: a\r\nX-Content-Length: a\r\nContent-Lengths: a\r\n\r\n", "", compliant},
	{"the words of a framing without a hyphen", post + "TransferEncoding_: chunked\r\nContentLength: 1\r\n\r\n", "", compliant},
	{"a known coding", post + "Transfer-Encoding: gzip\r\n\r\n", "", undecoded},
	{"known codings before chunks", post + "Transfer-Encoding: gzip;q=1 , deflate\r\nTransfer-Encoding: compress, chunked\r\n" + noData, "", undecoded},

	{"zero length of a GET", get + "Content-Length: 0\r\n\r\n", "Acceptable GetHeadZeroContentLength", acceptable},
	{"zero length of a HEAD", head + "Content-Length: 0\r\n\r\n", "Acceptable GetHeadZeroContentLength", acceptable},
	{"a control character in a value", get + "X: a\x01\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"a control character before a value", get + "X: \x7fa\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"a control character in a name", get + "\x01X: 1\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"a name beyond ASCII", get + "Grüße: 1\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"space before the colon", get + "X : 1\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"space before the colon, and a length", post + "X\t: 1\r\nContent-Length: 1\r\n\r\nx", "Acceptable NonCompliantHeader", acceptable},
	{"space in a name", get + "X Y: 1\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"a line that goes on", get + "X: a\r\n b\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"a line that goes on with a field", get + "X: a\r\n\tY: b\r\n\r\n", "Acceptable NonCompliantHeader", acceptable},
	{"a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "Acceptable SpaceInUri", acceptable},
	{"two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "Acceptable SpaceInUri", acceptable},
	{"a version in the target", "GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", "Acceptable SpaceInUri", acceptable},
	{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "Acceptable NonCompliantVersion", acceptable},
	{"space after the version", "GET / HTTP/1.1 \t\r\nHost: a\r\n\r\n", "Acceptable NonCompliantVersion", acceptable},
	{"HTTP/0.9", "GET / HTTP/0.9\r\n\r\n", "Acceptable NonCompliantVersion", simple},
	{"no version", "GET /\r\n\r\n", "Acceptable NonCompliantVersion", simple},

	{"both framings", post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n" + noData, "Ambiguous BothTeClPresent", ambiguous},
	{"both framings the other way round", coded + "Content-Length: 6\r\n" + noData, "Ambiguous BothTeClPresent", ambiguous},
	{"identity with a length", post + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", "Ambiguous BothTeClPresent", ambiguous},
	{"a known coding with a length", post + "Transfer-Encoding: deflate\r\nContent-Length: 1\r\n\r\nx", "Ambiguous BothTeClPresent", ambiguously},
	{"the same length twice", post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "Ambiguous DuplicateContentLength", ambiguous},
	{"a GET with a body", get + "Content-Length: 1\r\n\r\nx", "Ambiguous UndefinedContentLengthSemantics", ambiguous},
	{"a GET with chunks", get + "Transfer-Encoding: chunked\r\n" + noData, "Ambiguous UndefinedTransferEncodingSemantics", ambiguous},
	{"a GET with both", get + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" + noData, "Ambiguous UndefinedTransferEncodingSemantics", ambiguous},
	{"a HEAD with a body", head + "Content-Length: 1\r\n\r\nx", "Ambiguous UndefinedContentLengthSemantics", ambiguous},
	{"a HEAD with chunks", head + "Transfer-Encoding: chunked\r\n" + noData, "Ambiguous UndefinedTransferEncodingSemantics", ambiguous},
	{"HTTP/1.0 with chunks", "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n" + noData,
		"Ambiguous UndefinedTransferEncodingSemantics", ambiguous},
	{"HTTP/0.9 with chunks", "POST / HTTP/0.9\r\nTransfer-Encoding: chunked\r\n" + noData, "Ambiguous UndefinedTransferEncodingSemantics", simple},
	{"no version and a length", "POST /\r\nContent-Length: 1\r\n\r\nx", "Ambiguous UndefinedContentLengthSemantics", simple},
	{"a field without a name", get + ": x\r\n\r\n", "Ambiguous EmptyHeader", ambiguous},
	{"a field that begins with a colon", get + ":X: y\r\n\r\n", "Ambiguous EmptyHeader", ambiguous},
	{"a name of spaces", get + " \t : y\r\n\r\n", "Ambiguous EmptyHeader", ambiguous},
	{"a line of spaces", get + " \t \r\n\r\n", "Ambiguous EmptyHeader", ambiguous},
	{"a control character in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "Ambiguous AmbiguousUri", ambiguous},
	{"DEL in the target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", "Ambiguous AmbiguousUri", ambiguous},
	{"a tab and a version in the target", "GET /\tHTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", "Ambiguous AmbiguousUri", ambiguous},
	{"a GET with a body, beside less", "GET /\t HTTP/1.2\r\nHost: a\r\nX: \x01\r\nContent-Length: 1\r\n\r\nx",
		"Ambiguous UndefinedContentLengthSemantics", ambiguous},
	{"a folded framing that has a value", coded + " x\r\n" + noData, "Acceptable NonCompliantHeader", acceptable},
	{"a masked length like the other", post + "Content_Length: 1\r\nContent-Length: 1\r\n\r\nx", "Ambiguous SuspiciousHeader", ambiguous},
	{"a masked coding that is known", post + "Transfer_Encoding: gzip\r\n\r\n", "Ambiguous SuspiciousHeader", ambiguous},
	{"a masked coding beside a length", post + "Transfer-Encoding : chunked\r\nContent-Length: 1\r\n\r\nx", "Ambiguous SuspiciousHeader", ambiguous},

	{"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "Severe MultipleContentLength", severe},
	{"another masked length", post + "Content-Length : 2\r\nContent-Length: 1\r\n\r\nx", "Severe MultipleContentLength", severe},
	{"another length on a line that goes on", post + "X: a\r\n Content-Length: 2\r\nContent-Length: 1\r\n\r\nx", "Severe MultipleContentLength", severe},
	{"a list of lengths", post + "Content-Length: 1,1\r\n\r\n", "Severe BadContentLength", severe},
	{"a negative length", post + "Content-Length: -1\r\n\r\n", "Severe BadContentLength", severe},
	{"a length with a sign", post + "Content-Length: +1\r\n\r\n", "Severe BadContentLength", severe},
	{"a length with a space", post + "Content-Length: 1 1\r\n\r\n", "Severe BadContentLength", severe},
	{"a length with a point", post + "Content-Length: 1.0\r\n\r\n", "Severe BadContentLength", severe},
	{"a length with a control character", post + "Content-Length: 1\x11\r\n\r\n", "Severe BadContentLength", severe},
	{"a length after a wide space", post + "Content-Length: \u00a01\r\n\r\n", "Severe BadContentLength", severe},
	{"an endless length", post + "Content-Length: 18446744073709551616\r\n\r\n", "Severe BadContentLength", severe},
	{"no length after its name", post + "Content-Length:\r\n\r\n", "Severe BadContentLength", severe},
	{"chunked twice", coded + "Transfer-Encoding: chunked\r\n" + noData, "Severe MultipleTransferEncodingChunked", severe},
	{"chunked twice in a list", post + "Transfer-Encoding: chunked,chunked\r\n" + noData, "Severe MultipleTransferEncodingChunked", severe},
	{"chunked twice, once masked", coded + "Transfer_Encoding: chunked\r\n" + noData, "Severe MultipleTransferEncodingChunked", severe},
	{"an unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n", "Severe BadTransferEncoding", uncoded},
	{"an unknown coding beside chunks", coded + "Transfer-Encoding: cow\r\nContent-Length: 6\r\n" + noData, "Severe BadTransferEncoding", uncoded},
	{"a coding with a control character", post + "Transfer-Encoding: chunked\x11\r\n\r\n", "Severe BadTransferEncoding", uncoded},
	{"a coding after a wide space", post + "Transfer-Encoding: \u00a0chunked\r\n\r\n", "Severe BadTransferEncoding", uncoded},
	{"a coding that goes on", post + "Transfer-Encoding:\r\n chunked\r\n\r\n", "Severe BadTransferEncoding", uncoded},
	{"a wrong coding before a wrong length", post + "Transfer-Encoding: chunked\x80\r\nContent-Length: $9\r\n\r\n", "Severe BadTransferEncoding", uncoded},
	{"a NUL in a value", get + "X: a\x00b\r\n\r\n", "Severe BadHeader", severe},
	{"a NUL in a name", get + "X\x00: a\r\n\r\n", "Severe BadHeader", severe},
	{"a NUL before a framing", post + "\x00Transfer-Encoding: chunked\r\n\r\n", "Severe BadHeader", severe},
	{"a NUL in a framing", post + "Transfer-Encoding: \x00chunked\r\n\r\n", "Severe BadHeader", severe},
	{"a NUL after what is less", get + "X : \x01a\x00\r\nTransfer-Encoding : chunked\r\n\r\n", "Severe BadHeader", severe},
	{"CR in a value", get + "X: a\rContent-Length: 1\r\n\r\n", "Severe BadHeader", severe},
	{"CR in a name", get + "X\r: a\r\n\r\n", "Severe BadHeader", severe},
	{"CR before a framing", post + "\rContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "Severe BadHeader", severe},
	{"CR at a line's end", get + "X: a\r\r\n\r\n", "Severe BadHeader", severe},
	{"a NUL in the target", "GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", "Severe BadUri", malformed},
	{"CR in the target", "GET /\rHTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", "Severe BadUri", malformed},
	{"a method that is none", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "Severe BadMethod", malformed},
	{"a method with a control character", "GET\x01 / HTTP/1.1\r\nHost: a\r\n\r\n", "Severe BadMethod", malformed},
	{"tabs in place of spaces", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "Severe BadMethod", malformed},
	{"another protocol", "GET / SPDY/3\r\nHost: a\r\n\r\n", "Severe BadVersion", malformed},
	{"more after the version", "GET / HTTP/1.1 привет\r\nHost: a\r\n\r\n", "Severe BadVersion", malformed},
	{"a version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", "Severe BadVersion", malformed},

	{"HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", unspoken},
	{"HTTP/2 in lines", "GET / HTTP/2\r\nHost: a\r\nX: \x00\r\n\r\n", "", unspoken},
	{"no colon", get + "nonsense\r\n\r\n", "", malformed},
	{"no host", "GET / HTTP/1.1\r\n\r\n", "", malformed},
	{"two hosts", get + "Host: b\r\n\r\n", "", malformed},
	{"a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "", malformed},
	{"a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "", malformed},
	{"a target with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "", malformed},
	{"a way through", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "", malformed},
	{"a target that is none", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", "", malformed},
	{"an empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", "", malformed},
	{"an echo", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "", always3("405")},
	{"a long line", "GET /" + strings.Repeat("x", 16<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", "", always3("414 closed")},
	{"a long field", get + "X: " + strings.Repeat("x", 16<<10) + "\r\n\r\n", "", malformed},
	{"a long head", get + strings.Repeat("X: "+strings.Repeat("x", 8<<10)+"\r\n", 8) + "\r\n", "", malformed},
	{"many hops", get + "X-Forwarded-For: " + strings.Repeat("192.0.2.9, ", 30) + "192.0.2.9\r\n\r\n", "", always3("463")},

	{"a size that is none", coded + "\r\nx\r\n", "", malformed},
	{"a size with a sign", coded + "\r\n-1\r\n", "", malformed},
	{"a size that overflows", coded + "\r\n10000000000000000\r\n", "", malformed},
	{"a chunk longer than its size", coded + "\r\n1\r\nxx\r\n0\r\n\r\n", "", malformed},
}

// masks are names that some programs read as one that frames a body, and others do not.
var masks = []string{
	"Transfer-Encoding ", "Transfer-Encoding\t", " Transfer-Encoding", "\x01Transfer-Encoding", "\x01\x02Transfer-Encoding\x0c", "Transfer-Encoding\x01",
	"Transfer- Encoding", "T r\tansfer-Encod ing", "Transfer_Encoding", "TRANSFER.ENCODING", "Transfer---Encoding", "Transfer___Encoding",
	"Transfer-Encoding x", "transfer-encoding XY", "Transfer-Encoding \x01",
	"Tran\u017ffer-Encoding", "Transfer-Encod\u0131ng", "Transfer\u2015Encoding", "Transfer\u058aEncoding", "\u3000Transfer-Encoding\u00a0",
	"Transfer-Encoding\x88",
	"Content_Length", "Content-Length ", "\x01Content-Length", "Content-Length\x01", "Content-Length\u2003", "\xa0Content-Length",
}

func TestHostileRequests(t *testing.T) {
	all := hostile
	for _, name := range masks {
		value := "chunked"
		if strings.Contains(strings.ToLower(name), "length") {
			value = "0"
		}
		all = append(all, hostile[0])
		row := &all[len(all)-1]
		row.name, row.raw, row.class, row.effects = name, post+name+": "+value+"\r\n\r\n", "Ambiguous SuspiciousHeader", ambiguous
	}
	for _, x := range all {
		t.Run(x.name, func(t *testing.T) {
			for i, mode := range []Desync{Monitor, Defensive, Strictest} {
				synctest.Test(t, func(t *testing.T) { judged(t, x.raw, x.class, x.effects[i], mode) })
			}
		})
	}
}

// judged asks in a mode, and compares what comes back, what the target hears of it and on which connections, what the access log has and
// what is counted.
func judged(t *testing.T, raw, class, effect string, mode Desync) {
	t.Helper()
	var log lines
	target := &scripted{answer: plainOK}
	w := target.inFront(t, func(w *world) { w.headers.Desync, w.logs.Access = mode, &log })
	w.traffic()
	got, stays := w.ask(raw)
	if now := effectOf(got, stays); now != effect {
		t.Errorf("%s: %q, want %q; got %q", mode, now, effect, got)
	}
	reached := strings.HasPrefix(effect, "200") || strings.HasPrefix(effect, "ok")
	if heard, _ := target.take(); (heard != "") != reached {
		t.Errorf("%s: the target heard %q", mode, heard)
	}
	if status := statuses(got); status != "" && status[0] != '2' && !strings.Contains(got, "\r\nServer: awselb/2.0\r\n") {
		t.Errorf("%s: whose answer is %q", mode, got)
	}
	want := "- -"
	if class != "" {
		want = class
	}
	for _, entry := range log.take() {
		if fields := readEntry(t, entry); fields["class"]+" "+fields["reason"] != want {
			t.Errorf("%s: the access log has %s %s, want %s", mode, fields["class"], fields["reason"], want)
		}
	}
	if unlike := w.traffic().Unlike; (unlike != 0) != (class != "") {
		t.Errorf("%s: %d are counted that are not compliant", mode, unlike)
	}
	w.ask(get + "\r\n") // on a connection that has been used, if there is one that may be
	_, conns := target.take()
	severed := reached && strings.HasPrefix(class, "Ambiguous") && mode != Monitor
	if again := conns == 0; again != (reached && !severed) {
		t.Errorf("%s: the next request is on a connection that was used: %v", mode, again)
	}
}

// effectOf tells what a client got, by the statuses of answers or, of one without a head, by what it is.
func effectOf(got string, stays bool) string {
	effect := statuses(got)
	switch {
	case strings.HasPrefix(got, "<html>"):
		effect = "page"
	case got == "ok":
		effect = "ok"
	}
	if !stays {
		effect += " closed"
	}
	return effect
}
