package doctor

import (
	"strings"

	"github.com/understudy/understudy"
)

// managed tells whether a default key is AWS's own. The answer is its alias then, until somebody sets another
// (GetEbsDefaultKmsKeyId in the Amazon EC2 API Reference).
func managed(key string) bool { return key == "" || strings.HasSuffix(key, "alias/aws/ebs") }

// judgeKeys compares what encrypts new volumes in both regions. A KMS key is of one region, and an encrypted image is copied to
// another region with a key of that one ("Copy an Amazon EC2 AMI" in the Amazon EC2 User Guide).
func judgeKeys(f facts) (all []Finding) {
	p, s := f.regions[understudy.Primary], f.regions[understudy.Secondary]
	known := true
	for _, side := range understudy.Sides {
		r := f.regions[side]
		switch {
		case r.silent != nil:
			known = false
		case r.encrypts.err != nil:
			known = false
			all = append(all, unread(CheckEncryption, side, "ec2:GetEbsEncryptionByDefault", r.encrypts.err))
		case r.encrypts.value && r.key.err != nil:
			known = false
			all = append(all, unread(CheckEncryption, side, "ec2:GetEbsDefaultKmsKeyId", r.key.err))
		case r.encrypts.value && !managed(r.key.value):
			all = append(all, customerKey(side, r))
		}
	}
	if !known {
		return all
	}
	switch {
	case p.encrypts.value && !managed(p.key.value) && managed(s.key.value):
		all = append(all, Finding{
			CheckEncryption, Warning, understudy.Secondary,
			"new volumes in " + p.name + " are encrypted with the key " + p.key.value + ", and " + s.name + " has no such key for its own",
			"an image that a key of one region encrypts cannot be copied without a key of the other, and is then under a key that nobody chose",
			"aws ec2 modify-ebs-default-kms-key-id --region " + s.name + " --kms-key-id KEY, with a key of " + s.name,
		})
	case p.encrypts.value != s.encrypts.value:
		with, without := p, s
		if s.encrypts.value {
			with, without = s, p
		}
		all = append(all, Finding{
			CheckEncryption, Note, understudy.Global, with.name + " encrypts new volumes by default, and " + without.name + " does not",
			"the regions are not the same, and a rule that volumes be encrypted holds in one of them only",
			"aws ec2 enable-ebs-encryption-by-default --region " + without.name,
		})
	}
	return all
}

// customerKey: Auto Scaling launches with its service-linked role, which must be let use the key ("Required AWS KMS key policy
// for use with encrypted volumes" in the Amazon EC2 Auto Scaling User Guide).
func customerKey(side understudy.Side, r region) Finding {
	return Finding{
		CheckEncryption, Warning, side, "new volumes in " + r.name + " are encrypted with a customer's key, " + r.key.value + "; its policy is not read here",
		"if the key's policy does not let the role AWSServiceRoleForAutoScaling use it, each instance that the fleet launches ends at once",
		"aws kms get-key-policy --region " + r.name + " --policy-name default --key-id " + r.key.value,
	}
}
