package parameters

import (
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// publicRow is one of AWS's parameters as a row. Those of images are of the data type text (GetParametersByPath of
// /aws/service/ami-amazon-linux-latest, as AWS answered it in 2025).
func publicRow(p Public) parameterRow {
	return parameterRow{Name: p.Name, public: true, Versions: []versionRow{{
		Number: 1, Type: ssmtypes.ParameterTypeString, Value: p.Image, Tier: ssmtypes.ParameterTierStandard, DataType: text, Modified: p.Made,
	}}}
}

func (r *Room) findPublic(name string) (parameterRow, bool) {
	if !hasPrefix(name, "/aws/") {
		return parameterRow{}, false
	}
	for _, p := range r.images.PublicParameters() {
		if p.Name == name {
			return publicRow(p), true
		}
	}
	return parameterRow{}, false
}

// below are the parameters of a hierarchy: the account's, or AWS's own where the path is theirs.
func (r *Room) below(path string, recursive bool) (rows []parameterRow) {
	all := r.parameters.All()
	if hasPrefix(path, "/aws") {
		for _, p := range r.images.PublicParameters() {
			all = append(all, publicRow(p))
		}
	}
	for _, p := range all {
		if under(p.Name, path, recursive) {
			rows = append(rows, p)
		}
	}
	return rows
}

// Image is the image that a parameter names for EC2, by the name, the version or the label after resolve:ssm: in an ImageId. The
// account's own need the data type of images. The words are EC2's, of CreateLaunchTemplate and RunInstances.
func (r *Room) Image(reference string) (id string, err error) {
	p, v, _, err := r.lookUp(reference)
	switch {
	case err != nil:
		return "", wire.Errorf("SsmInvalidParameter", "The following aliases are invalid: %s", reference)
	case !p.public && v.DataType != image:
		return "", wire.Errorf("SsmInvalidParameter", "Unsupported data type. The following parameter data types are supported: %s", image)
	}
	return v.Value, nil
}
