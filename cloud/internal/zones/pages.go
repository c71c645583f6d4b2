package zones

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// pageToken checks that a token came from an earlier page: tokens are the keys at which pages begin.
func pageToken(given *string, key *regexp.Regexp) (string, error) {
	if given != nil && !key.MatchString(*given) {
		return "", wire.Errorf("InvalidPaginationToken", "The value that you specified to get the second or subsequent page of results is invalid.")
	}
	return aws.ToString(given), nil
}

var (
	zoneKey  = regexp.MustCompile(`^Z[A-Z0-9]{20}$`)
	vpcKey   = regexp.MustCompile(`^[a-z0-9-]+/vpc-[0-9a-f]+$`)
	queryKey = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// results is size for the operations that call the parameter MaxResults.
func results(asked *int32, most int) (int, error) {
	if asked != nil && *asked < 1 {
		return 0, request.BadInput(
			"1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
			*asked,
		)
	}
	return request.Size(asked, most)
}
