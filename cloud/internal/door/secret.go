package door

import (
	"encoding/json"
	"strings"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// hidden stands for a secret.
const hidden = "HIDDEN"

// withoutSecret is the body of a call without the secret that it may carry: the value of a parameter of Systems Manager that is
// not said to be a plain one, and the private key of a certificate. A new version of a secret need not say that it is one. Of a body that
// is no JSON nothing is left.
func withoutSecret(c call) []byte {
	secret := ""
	switch {
	case c.service == wire.SSM && c.Operation == "PutParameter":
		secret = "Value"
	case c.service == wire.ACM && c.Operation == "ImportCertificate":
		secret = "PrivateKey"
	default:
		return c.body
	}
	var members map[string]any
	if err := json.Unmarshal(c.body, &members); err != nil {
		return nil
	}
	plain := members["Type"] == string(ssmtypes.ParameterTypeString) || members["Type"] == string(ssmtypes.ParameterTypeStringList)
	if secret == "Value" && plain {
		return c.body
	}
	for name := range members {
		if strings.EqualFold(name, secret) {
			members[name] = hidden
		}
	}
	body, err := json.Marshal(members)
	if err != nil {
		panic(err) // it was JSON before
	}
	return body
}
