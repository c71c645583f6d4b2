package parameters

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// The data types of values.
const (
	text        = "text"
	image       = "aws:ec2:image"
	integration = "aws:ssm:integration"
)

// The sizes of values, in bytes: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html.
const (
	maxStandard = 4096
	maxAdvanced = 8192
)

// setTier sets the tier that is asked for, or leaves it: Intelligent-Tiering is what the value needs.
func (v *versionRow) setTier(asked ssmtypes.ParameterTier) error {
	standard, advanced := ssmtypes.ParameterTierStandard, ssmtypes.ParameterTierAdvanced
	switch {
	case asked == standard && v.Tier == advanced:
		return invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the " +
			"standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
	case asked == advanced, asked == ssmtypes.ParameterTierIntelligentTiering && len(v.Value) > maxStandard:
		v.Tier = advanced
	}
	return nil
}

// checkValue checks a value before it is sealed. No error has the value, which may be a secret.
func (v versionRow) checkValue() error {
	switch {
	case v.Value == "":
		return invalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.")
	case strings.Contains(v.Value, "{{") && strings.Contains(v.Value, "}}"):
		return invalid(`Parameter value can't nest another parameter. Do not use "{{}}" in the value.`)
	case len(v.Value) > maxStandard && v.Tier == ssmtypes.ParameterTierStandard:
		return invalid("Standard tier parameters support a maximum parameter value of %d characters. To create a larger parameter value, upgrade the "+
			"parameter to use the advanced-parameter tier. For more information, see "+
			"https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html", maxStandard)
	case len(v.Value) > maxAdvanced:
		return invalid("Advanced tier parameters support a maximum parameter value of %d characters.", maxAdvanced)
	}
	if err := v.checkDataType(); err != nil {
		return err
	}
	return v.checkPattern()
}

func (v versionRow) checkDataType() error {
	switch {
	case v.DataType == integration:
		return wire.Errorf("UnsupportedOperation", "The data type '%s' is not supported here.", integration)
	case v.DataType != text && v.DataType != image:
		return invalid("The following data type is not supported: %s (Data type names are all lowercase.)", v.DataType)
	case v.DataType == image && v.Type != ssmtypes.ParameterTypeString:
		return invalid("The data type %s is supported for parameters of the type String only.", image)
	}
	return nil
}

// javaOnly are the errors of what Java's regular expressions have and Go's do not: lookaround, backreferences, possessive
// quantifiers.
var javaOnly = []syntax.ErrorCode{syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatOp}

// checkPattern holds the value against the allowed pattern, which has to match all of it: \d{1,4} allows one to four digits
// (Systems Manager user guide, "Creating a Parameter Store parameter using the AWS CLI").
func (v versionRow) checkPattern() error {
	if v.AllowedPattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(`\A(?:` + v.AllowedPattern + `)\z`)
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		for _, code := range javaOnly {
			if wrong.Code == code {
				return wire.Errorf("UnsupportedOperation", "The allowed pattern %s is not supported here: %s.", v.AllowedPattern, wrong.Code)
			}
		}
		return wire.Errorf("InvalidAllowedPatternException", "The request does not meet the regular expression requirement: %s.", wrong.Code)
	}
	if !pattern.MatchString(v.Value) {
		return wire.Errorf("ParameterPatternMismatchException", "Parameter value, cannot be validated against allowedPattern: %s", v.AllowedPattern)
	}
	return nil
}
