package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
)

// GetEbsEncryptionByDefault tells that volumes are not encrypted unless asked for, as in a new account.
func (r *Room) GetEbsEncryptionByDefault(ctx context.Context, in *ec2.GetEbsEncryptionByDefaultInput) (*ec2.GetEbsEncryptionByDefaultOutput, error) {
	return &ec2.GetEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: new(false), SseType: ec2types.SSETypeNone}, room.Only(in)
}

// GetEbsDefaultKmsKeyId names the key that AWS manages for EBS, as in a new account.
func (r *Room) GetEbsDefaultKmsKeyId(ctx context.Context, in *ec2.GetEbsDefaultKmsKeyIdInput) (*ec2.GetEbsDefaultKmsKeyIdOutput, error) {
	return &ec2.GetEbsDefaultKmsKeyIdOutput{KmsKeyId: new(defaultKey)}, room.Only(in)
}
