package balancer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// Stickiness keeps a client at the target that served it first, while that is healthy, by a cookie of the load balancer
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions). The zero
// value is none.
type Stickiness struct {
	For       time.Duration // after the last answer, as the cookie's value says
	AppCookie string        // the cookie of the application with which it begins; "" for any answer
}

// The load balancer's cookies. Each but the application's has a twin that a page of another site may send too.
const (
	targetCookie = "AWSALB"
	appCookie    = "AWSALBAPP-0"
	groupCookie  = "AWSALBTG"
)

// mark is what a cookie says of a target or a target group: a few bytes of a hash of its name.
type mark [8]byte

func markOf(name string) (m mark) {
	sum := sha256.Sum256([]byte(name))
	copy(m[:], sum[:])
	return m
}

const macSize = 16

// seal makes a cookie's value: whose it is, until when, and a proof that the load balancer made it.
func (s *routes) seal(cookie string, m mark, until time.Time) string {
	b := binary.BigEndian.AppendUint64(m[:], uint64(until.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, s.proof(cookie, b)...))
}

// open reads a cookie's value, unless it is over or another's.
func (s *routes) open(cookie, value string, now time.Time) (m mark, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) != len(m)+8+macSize {
		return m, false
	}
	said, proof := b[:len(m)+8], b[len(m)+8:]
	if !hmac.Equal(proof, s.proof(cookie, said)) || now.Unix() >= int64(binary.BigEndian.Uint64(said[len(m):])) {
		return m, false
	}
	copy(m[:], said)
	return m, true
}

func (s *routes) proof(cookie string, said []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(cookie))
	h.Write(said)
	return h.Sum(nil)[:macSize]
}

// cookie returns the value of a cookie of the request.
func cookie(fields http1.Fields, name string) (string, bool) {
	for line := range fields.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			if n, v, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && n == name {
				return v, true
			}
		}
	}
	return "", false
}

// stuck returns whose a cookie of the request is.
func (c *client) stuck(s *routes, name string) (mark, bool) {
	value, ok := cookie(c.q.Fields, name)
	if !ok {
		return mark{}, false
	}
	return s.open(name, value, time.Now())
}

// cookieLife is how long clients keep the load balancer's cookies, however long stickiness lasts
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions).
const cookieLife = 7 * 24 * time.Hour

// stick has the answer set a cookie, and its twin for pages of other sites.
func (c *client) stick(s *routes, name string, m mark, length time.Duration) {
	now := time.Now()
	expires := now.Add(cookieLife).UTC().Format(http.TimeFormat)
	set := func(name, value, more string) {
		c.cookies = appendField(c.cookies, "Set-Cookie", name+"="+value+"; Expires="+expires+"; Path=/"+more)
	}
	value := s.seal(name, m, now.Add(length))
	set(name, value, "")
	if name == appCookie {
		return
	}
	secure := ""
	if c.secured != nil {
		secure = "; Secure"
	}
	set(name+"CORS", value, "; SameSite=None"+secure)
}

// choose chooses the target of a request: where its cookies say it belongs, or anew. It is nil where there is none.
func (c *client) choose(s *routes, a Action) *target {
	p := c.chooseGroup(s, a)
	if p == nil {
		return nil
	}
	c.pool = p
	name := p.sticky.cookie()
	if name == "" {
		return p.pick()
	}
	t, kept := c.keptTarget(s, p)
	if !kept {
		c.node.counters.unstuck.Add(1)
		t = p.pick()
	}
	if t != nil && (kept || p.sticky.AppCookie == "") {
		c.stick(s, name, t.mark, p.sticky.For)
	}
	return t
}

func (c *client) chooseGroup(s *routes, a Action) *pool {
	if a.Sticky == 0 {
		return s.groups[s.share(a.Forward)]
	}
	group := ""
	if m, ok := c.stuck(s, groupCookie); ok {
		for _, w := range a.Forward {
			if w.Weight > 0 && markOf(w.Group) == m {
				group = w.Group
			}
		}
	}
	if group == "" {
		group = s.share(a.Forward)
	}
	c.stick(s, groupCookie, markOf(group), a.Sticky)
	return s.groups[group]
}

// keptTarget is the target that the request's cookies name, while it is well.
func (c *client) keptTarget(s *routes, p *pool) (*target, bool) {
	if app := p.sticky.AppCookie; app != "" {
		if _, ok := cookie(c.q.Fields, app); !ok {
			return nil, false
		}
	}
	m, ok := c.stuck(s, p.sticky.cookie())
	if !ok {
		return nil, false
	}
	for _, t := range p.now().targets {
		if t.mark == m && t.health().State == Healthy {
			return t, true
		}
	}
	return nil, false
}

// cookie is the name of the load balancer's cookie; "" without stickiness.
func (s Stickiness) cookie() string {
	switch {
	case s.For == 0:
		return ""
	case s.AppCookie != "":
		return appCookie
	}
	return targetCookie
}

// begin makes the client stay where it is when the application's answer sets its cookie.
func (x *exchange) begin(s *routes) {
	sticky := x.pool.sticky
	if sticky.AppCookie == "" || sticky.For == 0 || len(x.cookies) > 0 && strings.Contains(string(x.cookies), appCookie+"=") {
		return
	}
	for line := range x.p.Fields.Values("Set-Cookie") {
		if name, _, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == sticky.AppCookie {
			x.stick(s, appCookie, x.target.mark, sticky.For)
			return
		}
	}
}
