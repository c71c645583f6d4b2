package door

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest returns the text whose hash is signed ("Create a canonical request", IAM user guide).
func (s *signature) canonicalRequest(r *http.Request, path, bodyHash string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + path + "\n" + s.canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range s.headers {
		b.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + bodyHash)
	return b.String()
}

// canonicalPaths returns the forms that a client may have signed for the path it sent: as it is, and
// without empty segments and dots. The guide asks for the second; Go's SDK signs the first, Python's the
// second. Either is encoded once more, as for every service but S3.
func canonicalPaths(r *http.Request) []string {
	sent, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(sent, "/") {
		sent = r.URL.EscapedPath()
	}
	if sent == "" {
		sent = "/"
	}
	clean := path.Clean(sent)
	if clean != "/" && strings.HasSuffix(sent, "/") {
		clean += "/"
	}
	forms := []string{encode(sent, true)}
	if clean != sent {
		forms = append(forms, encode(clean, true))
	}
	return forms
}

// canonicalQuery sorts the parameters by their encoded name and value. The signature in a presigned query is
// not itself signed, and left out.
func (s *signature) canonicalQuery(raw string) string {
	var pairs [][2]string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = decode(name), decode(value)
		if pair == "" || s.presigned && name == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, [2]string{encode(name, false), encode(value, false)})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	joined := make([]string, len(pairs))
	for i, p := range pairs {
		joined[i] = p[0] + "=" + p[1]
	}
	return strings.Join(joined, "&")
}

// canonicalHeader returns a header's values in the order sent, without superfluous blanks.
func canonicalHeader(r *http.Request, name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(trimmed, ",")
}

func decode(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// encode writes all but the unreserved characters of RFC 3986 as %XX, and leaves slashes in a path.
func encode(s string, slashes bool) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-._~", c) >= 0, c == '/' && slashes:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
