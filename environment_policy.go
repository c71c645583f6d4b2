package understudy

import (
	"encoding/json"
	"strings"
)

// statement is one of a policy ("IAM JSON policy elements reference" in the IAM User Guide).
type statement struct {
	Effect    string
	Action    string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// ParametersPolicy is the policy that lets instances fetch the declared parameters, each in both regions, and nothing else; empty where none is
// declared. A parameter that is encrypted with a key of the account's own is decrypted for whoever may use the key by Parameter Store and for
// this parameter ("How AWS Systems Manager Parameter Store uses AWS KMS" in the AWS KMS Developer Guide); the key of the service needs no
// permission. The account is any: a role's own policy gives nothing of another account's.
func (d *Declaration) ParametersPolicy() string {
	names := d.Instance.Environment.Parameters()
	if len(names) == 0 {
		return ""
	}
	var arns, keys, by []string
	for _, side := range Sides {
		region := d.Regions[side].Name
		of := func(service, resource string) string {
			return "arn:" + Partition(region) + ":" + service + ":" + region + ":*:" + resource
		}
		for _, name := range names {
			arns = append(arns, of("ssm", "parameter/"+strings.TrimPrefix(name, "/")))
		}
		keys, by = append(keys, of("kms", "key/*")), append(by, "ssm."+region+".amazonaws.com")
	}
	text, _ := json.Marshal(struct { // of texts alone
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{
		{Effect: "Allow", Action: "ssm:GetParameter", Resource: arns},
		{Effect: "Allow", Action: "kms:Decrypt", Resource: keys, Condition: map[string]map[string][]string{
			"StringEquals": {"kms:ViaService": by}, "StringLike": {"kms:EncryptionContext:PARAMETER_ARN": arns},
		}},
	}})
	return string(text)
}
