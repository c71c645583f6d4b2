package door

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The key and the time of AWS's signing test suite (aws-sig-v4-test-suite of the SigV4 documentation,
// kept in awslabs/aws-c-auth, tests/aws-signing-test-suite/v4).
const (
	suiteKey    = "AKIDEXAMPLE"
	suiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	suiteDate   = "20150830T123600Z"
)

func suiteVerifier() *Verifier {
	at, _ := time.Parse(isoBasic, suiteDate)
	return &Verifier{AccessKey: suiteKey, Secret: suiteSecret, Now: func() time.Time { return at }}
}

// vectors are requests of the suite by their names there, with the signatures that AWS computed. In those
// whose name ends in "unnormalized" the path is signed as sent; in those before it is cleaned first.
// Left out: get-header-value-multiline, since folded headers (RFC 9112, 5.2) reach no handler as such.
var vectors = []struct {
	name, target, headers string // headers: "Name:value" lines, all signed
	signature             string
}{
	{"get-header-value-trim", "/", "My-Header1: value1\nMy-Header2: \"a   b   c\"",
		"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"get-header-key-duplicate", "/", "My-Header1:value2\nMy-Header1:value2\nMy-Header1:value1",
		"c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{"get-utf8", "/ሴ", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	{"get-space-normalized", "/example space/", "", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
	{"get-unreserved", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "",
		"07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{"get-vanilla-query-order-encoded", "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "",
		"371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
	{"get-vanilla-query-unreserved",
		"/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=" +
			"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "",
		"9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{"get-vanilla-query-order-key-case", "/?Param2=value2&Param1=value1", "",
		"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{"get-vanilla-utf8-query", "/?ሴ=bar", "", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{"get-slashes-normalized", "//example//", "", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	{"get-slashes-unnormalized", "//example//", "", "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"},
	{"get-relative-relative-normalized", "/example1/example2/../..", "",
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash-pointless-dot-normalized", "/./example", "", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
}

// suiteRequest makes a request as a server receives it, before its signature is added.
func suiteRequest(target, headers string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://example.amazonaws.com/", nil)
	r.RequestURI = target
	_, r.URL.RawQuery, _ = strings.Cut(target, "?")
	for line := range strings.Lines(headers) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		r.Header.Add(name, value)
	}
	return r
}

func TestHeaderVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			r := suiteRequest(v.target, v.headers)
			names := "host"
			for _, n := range []string{"My-Header1", "My-Header2"} {
				if r.Header.Get(n) != "" {
					names += ";" + strings.ToLower(n)
				}
			}
			r.Header.Set("X-Amz-Date", suiteDate)
			r.Header.Set("Authorization", algorithm+" Credential="+suiteKey+"/20150830/us-east-1/service/aws4_request, SignedHeaders="+
				names+";x-amz-date, Signature="+v.signature)
			if err := suiteVerifier().Verify(r, nil); err != nil {
				t.Errorf("refused: %v", err)
			}
			if err := suiteVerifier().Verify(r, []byte("another body")); err == nil || err.Code != "SignatureDoesNotMatch" {
				t.Errorf("with another body: %v", err)
			}
		})
	}
}

func TestBodyVector(t *testing.T) { // post-x-www-form-urlencoded
	body := "Param1=value1"
	r := suiteRequest("/", "Content-Type:application/x-www-form-urlencoded\nContent-Length:13\nX-Amz-Date:"+suiteDate+
		"\nX-Amz-Content-Sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e")
	r.Method = http.MethodPost
	r.Header.Set("Authorization", algorithm+" Credential="+suiteKey+"/20150830/us-east-1/service/aws4_request, "+
		"SignedHeaders=content-length;content-type;host;x-amz-content-sha256;x-amz-date, "+
		"Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b")
	if err := suiteVerifier().Verify(r, []byte(body)); err != nil {
		t.Errorf("refused: %v", err)
	}
	if err := suiteVerifier().Verify(r, []byte("Param1=value2")); err == nil {
		t.Error("another body of the same length is taken")
	}
}

func TestQueryVectors(t *testing.T) {
	for _, v := range []struct{ name, query, headers, signed, signature string }{
		{"get-vanilla-query", "", "", "host", "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
		{"get-vanilla-utf8-query", "ሴ=bar&", "", "host", "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600"},
		{"get-header-key-duplicate", "", "My-Header1:value2\nMy-Header1:value2\nMy-Header1:value1", "host;my-header1",
			"3349ee0b81b4b589da0ff28a395c3591e04de515651dd74f298fa992d1507a97"},
	} {
		t.Run(v.name, func(t *testing.T) {
			target := "/?" + v.query + "X-Amz-Algorithm=" + algorithm + "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=" +
				suiteDate + "&X-Amz-SignedHeaders=" + url.QueryEscape(v.signed) + "&X-Amz-Expires=3600&X-Amz-Signature="
			check := func(signature string) bool {
				return suiteVerifier().Verify(suiteRequest(target+signature, v.headers), nil) == nil
			}
			if !check(v.signature) {
				t.Error("refused")
			}
			if check(strings.Repeat("0", 64)) {
				t.Error("a signature of zeros is taken")
			}
		})
	}
}
