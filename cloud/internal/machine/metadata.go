package machine

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/profile"
)

// Document is what the metadata service tells an instance about itself.
type Document struct {
	AccountID    string // twelve digits
	InstanceID   string // i-...
	ImageID      string // ami-...
	InstanceType string
	Region       string
	Zone         string // us-east-1a
	ZoneID       string // use1-az1; may be empty
	Reservation  string // r-...
	LaunchIndex  int
	Architecture string // x86_64 or arm64
	LaunchTime   time.Time

	PrivateName string // ip-10-0-1-23.ec2.internal
	PrivateIP   netip.Addr
	PublicName  string     // empty where it has none
	PublicIP    netip.Addr // the zero value where it has none

	VPC     string // vpc-...
	VPCCIDR netip.Prefix
	VPCIPv6 []netip.Prefix
	Groups  []string // the names of its security groups
	Devices []Device // its network interfaces, the first one first

	UserData  []byte
	KeyName   string            // of its key pair; empty where it has none
	PublicKey string            // a line of OpenSSH's
	Tags      map[string]string // nil unless the instance allows its tags in metadata

	ProfileARN, ProfileID string // of its instance profile; empty where it has none
	// Credentials are those of the profile's role at present. It is asked where the profile is asked for.
	Credentials func() (profile.Credentials, error)

	TokensRequired bool // IMDSv2 only (HttpTokens)
	Disabled       bool // HttpEndpoint
}

// Device is what the metadata service tells of one network interface.
type Device struct {
	Number      int
	MAC         string
	Interface   string // eni-...
	PrivateName string
	PublicName  string      // empty where it has none
	Addresses   [][2]string // private and public ones; no public one is empty
	Subnet      string      // subnet-...
	SubnetCIDR  netip.Prefix
	IPv6        []netip.Addr
	SubnetIPv6  netip.Prefix // the zero value where it has none
	Groups      []string     // the security groups' names
	GroupIDs    []string
}

// versions are the versions that the service answers besides latest; each has the whole tree.
var versions = []string{
	"1.0", "2007-01-19", "2008-02-01", "2009-04-04", "2011-01-01", "2012-01-12", "2014-02-25", "2016-09-02",
	"2018-09-24", "2019-10-01", "2020-10-27", "2021-01-03", "2021-03-23", "2021-07-15", "2022-09-24", "2023-11-21", "2024-04-11",
}

// NewMetadata returns the instance metadata service, which answers at 169.254.169.254 port 80. For the source address
// of a request, lookup returns the instance's document. Tokens are valid only for this
// handler.
//
// See the EC2 user guide, "Use the Instance Metadata Service to access instance metadata".
func NewMetadata(lookup func(netip.Addr) (Document, bool)) http.Handler {
	return &metadata{lookup: lookup, tokens: newTokens()}
}

type metadata struct {
	lookup func(netip.Addr) (Document, bool)
	tokens tokens
}

func (s *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "EC2ws")
	doc, ok := s.whoAsks(r)
	switch {
	case !ok:
		refuse(w, http.StatusNotFound)
	case doc.Disabled:
		refuse(w, http.StatusForbidden)
	case r.Method == http.MethodPut && strings.TrimSuffix(r.URL.Path, "/") == "/latest/api/token":
		s.grant(w, r, doc)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "OPTIONS, GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
	case s.admit(w, r, doc):
		answer(w, r, doc)
	}
}

func (s *metadata) whoAsks(r *http.Request) (Document, bool) {
	source, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return Document{}, false
	}
	return s.lookup(source.Addr().Unmap())
}

// grant answers a request for a token. A request that came through a proxy is refused, so that an open proxy on an
// instance does not give others access (EC2 user guide, "How Instance Metadata Service Version 2 works").
func (s *metadata) grant(w http.ResponseWriter, r *http.Request, doc Document) {
	if len(r.Header.Values("X-Forwarded-For")) > 0 {
		refuse(w, http.StatusForbidden)
		return
	}
	seconds, err := strconv.Atoi(r.Header.Get(ttlHeader))
	if err != nil || seconds < 1 || seconds > maxTokenSeconds {
		refuse(w, http.StatusBadRequest)
		return
	}
	w.Header().Set(ttlHeader, strconv.Itoa(seconds))
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprint(w, s.tokens.issue(doc.InstanceID, time.Duration(seconds)*time.Second))
}

// admit checks the token, if there is one or one is required.
func (s *metadata) admit(w http.ResponseWriter, r *http.Request, doc Document) bool {
	token := r.Header.Get(tokenHeader)
	if token == "" && !doc.TokensRequired {
		return true
	}
	left, ok := s.tokens.check(doc.InstanceID, token)
	if !ok {
		refuse(w, http.StatusUnauthorized)
		return false
	}
	w.Header().Set(ttlHeader, strconv.Itoa(int(left.Seconds())))
	return true
}

func answer(w http.ResponseWriter, r *http.Request, doc Document) {
	path := strings.Trim(r.URL.Path, "/")
	if path == "" {
		plain(w, strings.Join(versions, "\n")+"\nlatest")
		return
	}
	version, rest, _ := strings.Cut(path, "/")
	if !known(version) {
		refuse(w, http.StatusNotFound)
		return
	}
	if rest == "user-data" {
		if len(doc.UserData) == 0 {
			refuse(w, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(doc.UserData)
		return
	}
	tree := doc.tree()
	if err := doc.addRole(tree, rest); err != nil {
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	text, ok := tree.read(rest)
	if !ok {
		refuse(w, http.StatusNotFound)
		return
	}
	plain(w, text)
}

func known(version string) bool {
	if version == "latest" {
		return true
	}
	for _, v := range versions {
		if v == version {
			return true
		}
	}
	return false
}

func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	fmt.Fprint(w, text)
}

// refuse answers an error in the page that the service sends, which some clients show.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
	"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>%[1]d - %[2]s</title>
 </head>
 <body>
  <h1>%[1]d - %[2]s</h1>
 </body>
</html>
`, status, http.StatusText(status))
}
