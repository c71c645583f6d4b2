package parameters

import (
	"strings"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// defaultKey is the account's own key. There is no KMS here, so that there are no others.
const defaultKey = "alias/aws/ssm"

// checkKey refuses keys that do not exist, in KMS's words.
func (r *Room) checkKey(id string) error {
	arn := "arn:aws:kms:" + r.Region + ":" + r.Account + ":"
	id = strings.TrimPrefix(id, arn)
	switch name, alias := strings.CutPrefix(id, "alias/"); {
	case id == defaultKey:
		return nil
	case alias:
		return wire.Errorf("InvalidKeyId", "Alias %salias/%s is not found.", arn, name)
	default:
		return wire.Errorf("InvalidKeyId", "Key '%skey/%s' does not exist", arn, strings.TrimPrefix(id, "key/"))
	}
}

// vault seals secrets for their parameters, whose ARNs are bound to them as in KMS's encryption context PARAMETER_ARN
// (https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html).
func (r *Room) vault() room.Vault { return room.Vault{Keys: r.keys, Alias: defaultKey} }

// shown is a version's value as an answer has it: without decryption, a secret is what it is sealed as.
func (r *Room) shown(p parameterRow, v versionRow, decrypt *bool) (string, error) {
	if v.Type != ssmtypes.ParameterTypeSecureString || decrypt == nil || !*decrypt {
		return v.Value, nil
	}
	return r.vault().Reveal(nil, r.arn(p), v.Value)
}
