package machine

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/profile"
)

// addRole adds the instance profile and its role's credentials to the tree, which is read at a path. Away from them it
// adds only that they are there, so that credentials are made for nobody who does not ask for them.
func (d Document) addRole(t tree, path string) error {
	const m = "meta-data/iam/"
	if d.ProfileARN == "" {
		return nil
	}
	t[m+"info"] = ""
	if !strings.HasPrefix(path+"/", m) {
		return nil
	}
	c, err := d.Credentials()
	gone := errors.Is(err, profile.ErrMissing)
	if err != nil && !gone {
		return err
	}
	t[m+"info"] = info(d, c, gone)
	if !gone {
		t[m+"security-credentials/"+c.Role] = document(c)
	}
	return nil
}

// info is the document iam/info ("Troubleshooting IAM and Amazon EC2", IAM user guide, has its codes).
func info(d Document, c profile.Credentials, gone bool) string {
	doc := struct {
		Code, Message                         string `json:",omitempty"`
		LastUpdated                           string `json:",omitempty"`
		InstanceProfileArn, InstanceProfileId string
	}{Code: profile.Success, InstanceProfileArn: d.ProfileARN, InstanceProfileId: d.ProfileID}
	if gone {
		doc.Code, doc.Message = "InstanceProfileNotFound", "Instance Profile with Id "+d.ProfileID+" cannot be found, or has no role."
	} else {
		doc.LastUpdated = stamp(c.Issued)
	}
	return indented(doc)
}

// document is what iam/security-credentials/ROLE has ("Retrieve security credentials from instance metadata", EC2 user guide).
func document(c profile.Credentials) string {
	doc := struct {
		Code                                            string
		Message                                         string `json:",omitempty"`
		LastUpdated                                     string
		Type                                            string `json:",omitempty"`
		AccessKeyId, SecretAccessKey, Token, Expiration string `json:",omitempty"`
	}{Code: c.Code, LastUpdated: stamp(c.Issued)}
	if c.Code != profile.Success {
		doc.Message = "EC2 cannot assume the role " + c.Role + ": its trust policy does not allow ec2.amazonaws.com to."
		return indented(doc)
	}
	doc.Type, doc.AccessKeyId, doc.SecretAccessKey, doc.Token, doc.Expiration = "AWS-HMAC", c.Key, c.Secret, c.Token, stamp(c.Expires)
	return indented(doc)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func indented(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}
