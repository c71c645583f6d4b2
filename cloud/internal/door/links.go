package door

import (
	"net/http"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/fault"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// followed returns a request by a link that a message of SNS has (SubscribeURL, UnsubscribeURL) as a call of the region whose topic it is about,
// or no region. It is not signed: who has the token or the subscription's ARN may follow it ("ConfirmSubscription" and "Unsubscribe", Amazon SNS
// API reference).
func followed(r *http.Request) (_ *http.Request, region string) {
	q := r.URL.Query()
	if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || q.Has("X-Amz-Credential") {
		return r, ""
	}
	arn := ""
	switch q.Get("Action") {
	case "ConfirmSubscription":
		arn = q.Get("TopicArn")
	case "Unsubscribe":
		arn = q.Get("SubscriptionArn")
	}
	parts := strings.Split(arn, ":")
	if len(parts) < 6 || parts[2] != wire.SNS.SigningName || parts[3] == "" {
		return r, ""
	}
	r = r.Clone(r.Context())
	// The region learns from a credential scope which service is asked.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=-/-/"+parts[3]+"/"+wire.SNS.SigningName+"/aws4_request")
	return r, parts[3]
}

// follow carries out a call that needs no signature, in a region that is there already.
func (d *door) follow(w http.ResponseWriter, r *http.Request, body []byte, region string) {
	if !slices.Contains(d.Regions.List(), region) {
		refuse(w, r, wire.SNS, d.unknownRegion(wire.SNS, region))
		return
	}
	c := call{Call: fault.Call{Service: wire.SNS.SigningName, Region: region}, service: wire.SNS, r: r, body: body}
	c.handle = func(w http.ResponseWriter, r *http.Request, body []byte) { d.forward(w, r, body, wire.SNS, region) }
	d.meddle(w, c)
}
