package identity

import (
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The policies that AWS has in every account, of which this cloud knows those that are usual in scripts for what it has. The
// documents are those of the AWS managed policy reference (docs.aws.amazon.com/aws-managed-policy/latest/reference/), as they were in
// 2024 to 2026; each file has its version and the dates. ReadOnlyAccess allows thousands of actions there, of which this one has
// those of the services that are here.
//
//go:embed of_aws/*.json
var ofAWSFiles embed.FS

// awsPolicy begins the ARNs of AWS's policies.
const awsPolicy = "arn:aws:iam::aws:policy"

// ofAWS are AWS's policies by their ARNs.
var ofAWS = readOfAWS()

type awsFile struct {
	Path, Description, Version string
	Created, Updated           time.Time
	Document                   json.RawMessage
}

func readOfAWS() map[string]entity {
	all := map[string]entity{}
	files, err := ofAWSFiles.ReadDir("of_aws")
	if err != nil {
		panic(err) // embedded, so it is there
	}
	for _, f := range files {
		text, err := ofAWSFiles.ReadFile("of_aws/" + f.Name())
		var p awsFile
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		if err != nil {
			panic(err)
		}
		name := strings.TrimSuffix(f.Name(), ".json")
		last, _ := strconv.Atoi(p.Version[1:])
		all[awsPolicy+p.Path+name] = entity{
			Kind: policies.key, Name: name, Path: p.Path, ID: idOfAWS(name), Description: p.Description, Created: p.Created, Updated: p.Updated,
			Versions: []version{{ID: p.Version, Document: string(p.Document), Created: p.Updated}}, Default: p.Version, Last: last,
		}
	}
	return all
}

// document is a policy's default version.
func (e entity) document() string { return e.Versions[e.version(e.Default)].Document }

// idOfAWS is this cloud's own id for one of AWS's policies, and the same in every cloud.
func idOfAWS(name string) string {
	sum := sha256.Sum256([]byte(name))
	return policies.prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
