package access

import (
	"encoding/json"
	"strings"
)

// certificateCall is what calls of Certificate Manager say of certificates.
type certificateCall struct {
	CertificateArn string
	Tags           []struct{ Key, Value string }
}

// certificates are the needs of a call of Certificate Manager's (Service Authorization Reference, "AWS Certificate Manager"). Requests
// and listings are about nothing of their own, an import about any certificate, or the one that it replaces.
func (q *question) certificates() ([]need, error) {
	var in certificateCall
	if json.Unmarshal(q.Body, &in) != nil {
		return []need{q.on(anything, nil)}, nil
	}
	said := map[string]string{}
	for _, t := range in.Tags {
		said[t.Key] = t.Value
	}
	if in.CertificateArn == "" {
		about := anything
		if q.Operation == "ImportCertificate" {
			about = q.arn("certificate/*")
		}
		return []need{q.on(about, tagKeys("aws", said, nil))}, nil
	}
	if !strings.Contains(q.Operation, "Tags") && q.Operation != "ImportCertificate" {
		said = nil
	}
	answer, err := q.Regions.Ask(q.ctx, q.Region, Question{Names: []string{in.CertificateArn}})
	if err != nil {
		return nil, err
	}
	return []need{q.on(in.CertificateArn, tagKeys("aws", said, answer.Things[in.CertificateArn].Tags))}, nil
}
